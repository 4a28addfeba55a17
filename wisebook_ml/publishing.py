"""Publishing entries, verdicts and treasury, as WiseBook core does: keyed by company, with CloudEvents headers."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import msgspec

from schemas import Avis, Ecriture, PositionTresorerie, Record, Tick
from schemas.marker import IMPORT
from topics import ENTRIES, FEEDBACK, TREASURY, Topic
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.pseudonyms import PseudonymError, Pseudonymiser, pseudonymised

__all__ = [
    "NOON",
    "Published",
    "Sent",
    "avis_event",
    "closing_tick",
    "entry_event",
    "entry_time",
    "position_event",
    "publish_avis",
    "publish_entries",
    "publish_positions",
]

FLUSH_EVERY = 5_000
"""Entries between two waits for delivery: what was told as published is."""

NOON = dt.time(12, tzinfo=dt.UTC)
"""Time of day of entries whose time of entry is not known (a FEC): within their day all over Europe."""

CLOSED_AFTER = dt.timedelta(days=100)
"""From the last entry of a closed year: by then everything of it has come, and whatever is missing does not."""


@dataclass(slots=True)
class Published:
    """How many entries were delivered, and why others were not."""

    entries: int = 0
    lines: int = 0
    refused: list[str] = field(default_factory=list)


def entry_time(entry: Ecriture) -> dt.datetime:
    """Return when an entry was made, as far as it is known; else noon of its date."""
    return entry.saisie_le or dt.datetime.combine(entry.ecriture_date, NOON)


def entry_event(entry: Ecriture, source: str) -> Outgoing:
    """Return the record of an entry: the same entry gives the same record, however often it is published."""
    id_ = f"{entry.societe_id}/{entry.ecriture_id}/{entry.revision}"
    headers = event_headers(entry, id_=id_, source=source, time=entry_time(entry))
    return Outgoing(ENTRIES, str(entry.societe_id).encode(), msgspec.json.encode(entry), headers)


def closing_tick(entries: Sequence[Ecriture]) -> Tick | None:
    """Return the tick that follows a file which has all entries of a year; None where it has none.

    A stream tells by what comes later that something did not come. After a closed year nothing comes.
    """
    if not entries:
        return None
    due = dt.datetime.combine(max(entry.ecriture_date for entry in entries) + CLOSED_AFTER, NOON)
    return Tick(societe_id=entries[0].societe_id, minuterie=IMPORT, echeance=due)


def tick_event(tick: Tick, source: str) -> Outgoing:
    """Return the record of a tick."""
    id_ = f"{tick.societe_id}/{tick.minuterie}/{tick.echeance.isoformat()}"
    return _event(ENTRIES, tick, tick.societe_id, id_, source, tick.echeance)


def avis_event(avis: Avis, source: str, time: dt.datetime | None = None, id_: str | None = None) -> Outgoing:
    """Return the record of a verdict: the same verdict given at the same time has the same id, however often published.

    Without a time it is given now, and the same verdict has one id. `id_` is one that whoever gives it has for it.
    """
    given = b"" if time is None else time.astimezone(dt.UTC).isoformat().encode()
    digest = hashlib.blake2b(msgspec.json.encode(avis) + given, digest_size=12).hexdigest()
    now = dt.datetime.now(dt.UTC) if time is None else time
    return _event(FEEDBACK, avis, avis.societe_id, f"{avis.societe_id}/{id_ or digest}", source, now)


def position_event(position: PositionTresorerie, source: str) -> Outgoing:
    """Return the record of a bank account's position on a day.

    Its event is at noon of that day, and never later than now: a position that lies in the future is told by that.
    """
    id_ = f"{position.societe_id}/{position.compte_num}/{position.date.isoformat()}/{position.revision}"
    time = min(dt.datetime.combine(position.date, NOON), dt.datetime.now(dt.UTC))
    return _event(TREASURY, position, position.societe_id, id_, source, time)


def _event(topic: Topic, record: Record, societe_id: int, id_: str, source: str, time: dt.datetime) -> Outgoing:
    headers = event_headers(record, id_=id_, source=source, time=time)
    return Outgoing(topic, str(societe_id).encode(), msgspec.json.encode(record), headers)


@dataclass(slots=True)
class Sent:
    """How many records were delivered, and why others were not."""

    records: int = 0
    refused: list[str] = field(default_factory=list)


def publish_avis(
    avis: Iterable[Avis | tuple[dt.datetime | None, Avis]],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
) -> Sent:
    """Publish verdicts in order, each with the moment at which it was given, as far as that is known; else now.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them.
    """
    dated = (one if isinstance(one, tuple) else (None, one) for one in avis)
    return _publish((avis_event(one, source, time) for time, one in dated), producer, "verdict", progress)


def publish_positions(
    positions: Iterable[PositionTresorerie],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
) -> Sent:
    """Publish treasury positions in order.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them.
    """
    return _publish((position_event(one, source) for one in positions), producer, "position", progress)


def _publish(records: Iterable[Outgoing], producer: EventProducer, what: str, progress: Callable[[int], None]) -> Sent:
    done = Sent()
    for number, record in enumerate(records, 1):
        try:
            producer.send(record)
        except PublishError as error:
            done.refused.append(f"{what} {number}: {error}")
            continue
        done.records += 1
        if done.records % FLUSH_EVERY == 0:
            producer.flush()
            progress(done.records)
    producer.flush()
    progress(done.records)
    return done


def publish_entries(
    entries: Iterable[Ecriture],
    producer: EventProducer,
    source: str,
    progress: Callable[[int], None] = lambda count: None,
    closing: Tick | None = None,
    pseudonymisers: Mapping[int, Pseudonymiser] = MappingProxyType({}),
) -> Published:
    """Publish entries in order.

    Parameters
    ----------
    entries : iterable of Ecriture
        What to publish.
    producer : EventProducer
        Delivers them.
    source : str
        CloudEvents source: who says so.
    progress : callable
        Told the number of entries delivered so far.
    closing : Tick, optional
        Published after them, where these are all of a year (`closing_tick`).
    pseudonymisers : mapping of int to Pseudonymiser
        Of the companies whose names do not go out in clear.

    Raises
    ------
    PublishError
        Where the brokers stopped taking them. An entry that is too large, as it is sent, is not an error but `refused`.
    """
    done, waiting = Published(), 0
    for entry in entries:
        try:
            company = pseudonymisers.get(entry.societe_id)
            sent = entry if company is None else pseudonymised(entry, company)
            producer.send(entry_event(sent, source))
        except (PublishError, PseudonymError) as error:
            done.refused.append(f"entry {entry.ecriture_id}: {error}")
            continue
        done.entries += 1
        done.lines += len(entry.lignes)
        waiting += 1
        if waiting == FLUSH_EVERY:
            producer.flush()
            progress(done.entries)
            waiting = 0
    if closing is not None:
        producer.send(tick_event(closing, source))
    producer.flush()
    progress(done.entries)
    return done
