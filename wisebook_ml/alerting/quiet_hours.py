"""Quiet hours, by French clocks: until when nobody is to be disturbed.

References
----------
Directive 2000/84/EC: clocks are set at 1:00 UTC on the last Sundays of March and October.
"""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence

from schemas import HeuresCalmes, Severite
from wisebook_ml.alerting.policy import rank
from wisebook_ml.french_time import PARIS
from wisebook_ml.ledger.calendar import is_off_day

__all__ = ["LONGEST", "quiet_until"]

LONGEST = dt.timedelta(days=31)
"""How long anybody is left alone at most: settings that leave no hour to be told in would hide everything for ever."""

DAY = dt.timedelta(days=1)


def quiet_until(
    at: dt.datetime, severite: Severite, calmes: Sequence[HeuresCalmes], days_off: Collection[dt.date] = ()
) -> dt.datetime | None:
    """Return when the quiet ends that something of a severity meets; None where it may disturb at once.

    A time that clocks show twice begins the quiet the first time and ends it the second; one that they skip is the
    moment at which they are set.

    Parameters
    ----------
    at : datetime
        The moment.
    severite : Severite
        What is at least `sauf` of quiet hours disturbs in them.
    calmes : sequence of HeuresCalmes
        They add up; those that meet or overlap are one quiet.
    days_off : collection of date
        The company's own.

    Examples
    --------
    >>> night = [HeuresCalmes(debut="20:00", fin="08:00")]
    >>> evening = dt.datetime(2026, 3, 2, 21, tzinfo=dt.UTC)  # 22:00 in France
    >>> quiet_until(evening, Severite.ELEVEE, night).isoformat()
    '2026-03-03T07:00:00+00:00'
    >>> quiet_until(evening, Severite.CRITIQUE, night) is None
    True
    """
    those = [one for one in calmes if rank(severite) < rank(one.sauf)]
    if not those:
        return None
    end = at
    while end - at < LONGEST:
        later = max((stop for start, stop in _around(end, those, days_off) if start <= end < stop), default=end)
        if later == end:
            break
        end = later
    return min(end, at + LONGEST) if end > at else None


def _around(
    at: dt.datetime, calmes: Sequence[HeuresCalmes], days_off: Collection[dt.date]
) -> Iterator[tuple[dt.datetime, dt.datetime]]:
    """Yield beginning and end of what begins on the French day of a moment or on the day before."""
    today = at.astimezone(PARIS).date()
    for one in calmes:
        debut, fin = dt.time.fromisoformat(one.debut), dt.time.fromisoformat(one.fin)
        for day in (today - DAY, today):
            if not one.jours or day.isoweekday() in one.jours:
                last = day if debut < fin else day + DAY
                yield _clock(day, debut, late=False), _clock(last, fin, late=True)
        if one.feries and (today in days_off or is_off_day(today)):
            yield _clock(today, dt.time.min, late=False), _clock(today + DAY, dt.time.min, late=True)


def _clock(day: dt.date, time: dt.time, *, late: bool) -> dt.datetime:
    """Return when French clocks show a time of a day, in UTC."""
    utc = dt.datetime.combine(day, time.replace(fold=int(late)), PARIS).astimezone(dt.UTC)
    if utc.astimezone(PARIS).time() != time:  # skipped
        return dt.datetime(day.year, day.month, day.day, 1, tzinfo=dt.UTC)
    return utc
