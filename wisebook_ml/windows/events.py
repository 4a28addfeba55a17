"""What is counted, without anything that does not matter for counting. Moments are seconds since 1970, in UTC."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas import Avis, Comptage, Detection, Etat
from topics.events import Headers, RawRecord
from wisebook_ml.windows.calendar import DAY, HOUR, seconds

__all__ = ["Counted", "Detected", "Event", "Judged", "Misfit", "Slice", "Tick", "counted", "detected", "judged"]

PRINT_BYTES = 7
"""Of a hash: fits a JSON number of 64 bits; of a million, two are alike with a probability of one in 100,000."""

STATISTICS = "statistics"
"""Timer whose tick has what changed published."""

LONGEST_LATENCY = DAY * 1_000
"""Milliseconds. What is dated longer before it was detected was not live, and says nothing about how fast we are."""


class Slice(NamedTuple):
    """Entries of one hour and journal: how many, with how many lines, for how many cents, with which scores."""

    hour: int
    journal: str
    ecritures: int
    lignes: int
    cents: int
    scores: Sequence[int]


class Counted(NamedTuple):
    """A block of a company: offsets [depuis, jusque) of `entries`; `now` is the time by a clock that no publisher sets.

    None where there is no such clock.
    """

    societe_id: int
    depuis: int
    jusque: int
    now: int | None
    slices: Sequence[Slice]


class Tick(NamedTuple):
    """The signal to publish what has changed."""

    now: int | None


class Detected(NamedTuple):
    """An open detection, at the time of the event that it follows from; `latency` in ms, where that is known."""

    societe_id: int
    journal: str
    at: int
    topic: str
    offset: int
    print: int
    code: str
    severity: str
    latency: int | None


class Judged(NamedTuple):
    """A verdict, and its offset in `feedback`."""

    societe_id: int
    at: int
    print: int
    verdict: str
    offset: int


Event = Counted | Tick | Detected | Judged


class Misfit(ValueError):
    """A record that fits its schema and makes no sense; the message says why."""


def counted(record: Comptage, written: int | None) -> list[Counted | Tick]:
    """Return what a record of `counts` says; the time is that of the last tick, or when it was `written` (ms).

    The later of both: where ticks have stopped, with the role `timers`, what comes meanwhile is not ahead of the time.

    Raises
    ------
    Misfit
        Where its columns do not make rows.
    """
    times = (None if record.horloge is None else seconds(record.horloge), _seconds_of(written))
    now = max((time for time in times if time is not None), default=None)
    codes, found, before = record.journaux, list[Counted | Tick](), 0
    slices: list[Slice] = []
    try:
        for societe_id, heure, journal, ecritures, lignes, cents, scores in zip(
            record.societes,
            record.heures,
            record.journal,
            record.ecritures,
            record.lignes,
            record.centimes,
            record.scores,
            strict=True,
        ):
            if societe_id != before:
                slices, before = [], societe_id
                found.append(Counted(societe_id, record.depuis, record.jusque, now, slices))
            slices.append(Slice(heure * HOUR, codes[journal], ecritures, lignes, cents, scores or (ecritures,)))
    except (ValueError, IndexError) as error:
        raise Misfit(f"the columns of the block do not make rows: {error}") from error
    if len({one.societe_id for one in found if isinstance(one, Counted)}) < len(found):
        raise Misfit("the rows of a company are not together")
    if record.battement == STATISTICS:
        found.append(Tick(now))
    return found


def detected(record: Detection, raw: RawRecord, topic: str) -> Detected | None:
    """Return what a record of `detections` says, or None where there is nothing to count.

    That is one that is closed, and one whose event is dated in the future: its entry is in no window either.

    Parameters
    ----------
    record : Detection
        The record.
    raw : RawRecord
        As it came; its headers tell the cause and the times.
    topic : str
        The topic's full name: where the cause is not told, the record's own place stands for it.
    """
    if record.etat is not Etat.OUVERTE:
        return None
    told = told_by(raw.headers)
    made = _milliseconds(told.get("ce_time"))
    happened = _milliseconds(told.get("wb_time"))
    if happened is None:
        happened = made
    if happened is None or (made is not None and happened > made + LONGEST_LATENCY):
        return None
    latency = None if made is None or "wb_time" not in told else max(made - happened, 0)
    offset = told.get("wb_offset", "")
    cause = (told.get("wb_topic", ""), int(offset)) if offset.isdecimal() and len(offset) < 19 else ("", raw.offset)
    strongest = max(record.motifs, key=lambda motif: motif.poids, default=None)
    return Detected(
        record.societe_id,
        record.journal_code or "",
        happened // 1_000,
        cause[0] or topic,
        cause[1] if cause[0] else raw.offset,
        _print(str(record.detection_id)),
        "" if strongest is None else strongest.code.value,
        record.severite.value,
        latency if latency is not None and latency < LONGEST_LATENCY else None,
    )


def judged(record: Avis, raw: RawRecord, written: int | None) -> Judged | None:
    """Return what a record of `feedback` says; None where it has no time at all.

    One that is dated more than a day after it was written (`written`, in milliseconds) counts when it was written.
    """
    given = _milliseconds(told_by(raw.headers).get("ce_time"))
    if given is None or (written is not None and given > written + LONGEST_LATENCY):
        given = written
    if given is None:
        return None
    subject = record.detection_id or record.ecriture_id
    about = f"{subject}\n{record.verdict.value}\n{record.revision}\n{record.auteur}"
    return Judged(record.societe_id, given // 1_000, _print(about), record.verdict.value, raw.offset)


def told_by(headers: Headers) -> Mapping[str, str]:
    """Return the headers that have a value, as text; of several of a name, the last."""
    return {name: value.decode(errors="replace") for name, value in headers if value is not None}


def _milliseconds(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
        return int((time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)).timestamp() * 1_000)
    except (ValueError, OverflowError):
        return None


def _seconds_of(milliseconds: int | None) -> int | None:
    return None if milliseconds is None else milliseconds // 1_000


def _print(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=PRINT_BYTES).digest())
