"""What comes in, as records: entries, positions, verdicts, ticks; keyed by company, with ids that tell versions apart.

The same object gives the same record, however often it is published; so whoever is not sure publishes again.
"""

import datetime as dt
import hashlib

import msgspec

from schemas import Avis, Ecriture, PositionTresorerie, Record, Tick
from topics import DEAD_LETTER, ENTRIES, FEEDBACK, TREASURY, Topic
from topics.events import Outgoing, event_headers

__all__ = [
    "NOON",
    "PRODUCER_OPTIONS",
    "avis_event",
    "entry_event",
    "entry_time",
    "position_event",
    "tick_event",
]

PRODUCER_OPTIONS: dict[str, str | int | bool] = {
    "enable.idempotence": True,
    # Java's and aiokafka's choice of partition: the same key must meet the same partition everywhere.
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "message.max.bytes": DEAD_LETTER.max_message_bytes,
}
"""What all clients made with librdkafka that publish here have in common."""

NOON = dt.time(12, tzinfo=dt.UTC)
"""Time of day of entries whose time of entry is not known (a FEC): within their day all over Europe."""


def entry_time(entry: Ecriture) -> dt.datetime:
    """Return when an entry was made, as far as it is known; else noon of its date."""
    return entry.saisie_le or dt.datetime.combine(entry.ecriture_date, NOON)


def entry_event(entry: Ecriture, source: str) -> Outgoing:
    """Return the record of an entry: the same entry gives the same record, however often it is published."""
    id_ = f"{entry.societe_id}/{entry.ecriture_id}/{entry.revision}"
    headers = event_headers(entry, id_=id_, source=source, time=entry_time(entry))
    return Outgoing(ENTRIES, str(entry.societe_id).encode(), msgspec.json.encode(entry), headers)


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
