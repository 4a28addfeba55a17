"""Event times: when what a record tells of happened, by its CloudEvents header or else by what it says itself."""

import datetime as dt
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wisebook_ml.ledger.batch import Ints
from wisebook_ml.messaging.events import RawRecord

__all__ = ["FIRST_HOUR", "LAST_HOUR", "event_hours", "event_time", "hour_of", "told_time", "utc_time"]

HOUR = 3600

FIRST_HOUR = int(dt.datetime.min.replace(tzinfo=dt.UTC).timestamp()) // HOUR
LAST_HOUR = int(dt.datetime.max.replace(microsecond=0, tzinfo=dt.UTC).timestamp()) // HOUR
"""The hours of the calendar, counted from 1970-01-01T00:00Z."""

PATTERN = np.frombuffer(b"0000-00-00T00:00:00+00:00", np.uint8)
"""A time as most producers write it, where each 0 stands for any figure and + for either sign."""

FIGURES = np.flatnonzero(PATTERN[0] == PATTERN)
SIGN = 19
BETWEEN = np.setdiff1d(np.arange(len(PATTERN)), [*FIGURES, SIGN])

FRACTION = len(".000000")
"""What may stand before the sign: a time with microseconds."""


def told_time(raw: RawRecord) -> dt.datetime | None:
    """Return the time of an event in UTC, by its header `ce_time`; None where that cannot be read.

    Without a time zone it is taken for UTC.
    """
    told = next((value for name, value in raw.headers if name == "ce_time"), None)
    if told is None:
        return None
    try:
        return _utc(dt.datetime.fromisoformat(told.decode()))
    except (ValueError, OverflowError):
        return None


def event_time(raw: RawRecord, otherwise: dt.datetime) -> dt.datetime:
    """Return the time of an event in UTC; a given one, where its headers tell none that can be read.

    Examples
    --------
    >>> noon = dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)
    >>> event_time(RawRecord(0, b"1", b"{}", [("ce_time", b"2024-03-05T09:30:00+01:00")]), noon).isoformat()
    '2024-03-05T08:30:00+00:00'
    >>> event_time(RawRecord(0, b"1", b"{}", [("ce_time", b"yesterday")]), noon) == noon
    True
    """
    told = told_time(raw)
    if told is not None:
        return told
    return utc_time(otherwise)


def utc_time(moment: dt.datetime) -> dt.datetime:
    """Return a moment in UTC, for which it is taken without a time zone; at the calendar's ends, near it."""
    try:
        return _utc(moment)
    except OverflowError:
        return moment.replace(tzinfo=dt.UTC)


def event_hours(told: Sequence[bytes | None], otherwise: Ints) -> Ints:
    """Return the hour of UTC of each event, counted from 1970 on: that of `event_time`, for many at once.

    Parameters
    ----------
    told : sequence of bytes or None
        The first header `ce_time` of each record, as far as there is one.
    otherwise : ndarray of int64, shape (n,)
        The hour of each whose header tells no time that can be read.

    Examples
    --------
    >>> told = [b"1970-01-02T00:59:59+00:00", b"1970-01-02T01:59:59.250000+01:00", None]
    >>> event_hours(told, np.array([7, 7, 7])).tolist()
    [24, 24, 7]
    """
    hours = otherwise.copy()
    known = np.zeros(len(told), np.bool_)
    lengths = np.fromiter([-1 if one is None else len(one) for one in told], np.int64, len(told))
    for length in (len(PATTERN), len(PATTERN) + FRACTION):
        where = np.flatnonzero(lengths == length)
        if len(where):
            texts = told if len(where) == len(told) else [told[k] for k in where.tolist()]
            found, valid = _plain_hours(b"".join(texts), length)  # type: ignore[arg-type]  # of that length, so bytes
            hours[where[valid]] = found[valid]
            known[where[valid]] = True
    for k in np.flatnonzero(~known).tolist():
        hours[k] = _event_hour(told[k], int(otherwise[k]))
    return hours


def _plain_hours(texts: bytes, length: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Return the hours that texts as `PATTERN`, perhaps with a fraction, tell, and which of them surely do."""
    rows = np.frombuffer(texts, np.uint8).reshape(-1, length).T
    told = np.ones(rows.shape[1], np.bool_)
    if length > len(PATTERN):
        point, *fraction = rows[SIGN : SIGN + FRACTION]
        told = (point == ord(".")) & np.all([(one >= ord("0")) & (one <= ord("9")) for one in fraction], axis=0)
        rows = np.concatenate([rows[:SIGN], rows[SIGN + FRACTION :]])
    figures = rows[FIGURES] - np.uint8(ord("0"))  # what lies before 0 wraps around
    west = rows[SIGN] == ord("-")
    valid = told & (rows[BETWEEN] == PATTERN[BETWEEN, None]).all(axis=0) & (figures <= 9).all(axis=0)
    valid &= west | (rows[SIGN] == ord("+"))
    century, year, month, day, hour, minute, second, zone, beyond = figures[::2] * np.uint8(10) + figures[1::2]
    year = century * np.int64(100) + year
    valid &= (year > 0) & (month > 0) & (month <= 12) & (day > 0)
    valid &= (hour < 24) & (minute < 60) & (second < 60) & (zone < 24) & (beyond < 60)
    months = np.where(valid, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    first, next_ = (of.astype("datetime64[D]").astype(np.int64) for of in (months, months + 1))
    valid &= day <= next_ - first
    ahead = np.where(west, -1, 1) * (zone * np.int64(60) + beyond)
    hours = ((first + day - 1) * 1440 + hour * np.int64(60) + minute - ahead) // 60
    return hours, valid & (hours >= FIRST_HOUR) & (hours <= LAST_HOUR)


def _event_hour(told: bytes | None, otherwise: int) -> int:
    if told is None:
        return otherwise
    try:
        hour = hour_of(dt.datetime.fromisoformat(told.decode()))
    except ValueError:
        return otherwise
    return hour if FIRST_HOUR <= hour <= LAST_HOUR else otherwise


def hour_of(moment: dt.datetime) -> int:
    """Return the hour of UTC in which a moment lies, counted from 1970 on; without a time zone it is taken for UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return int(moment.timestamp() // HOUR)


def _utc(moment: dt.datetime) -> dt.datetime:
    return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)
