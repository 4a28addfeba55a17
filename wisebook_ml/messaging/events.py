"""What this application adds to records as they travel (`topics.events`): where they come from, and dead letters."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from schemas import Record
from topics import Topic
from topics.events import Decoder, Headers, Outgoing, RawRecord, Reason, Undecodable, event_headers
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.correlation import HEADER, correlation_of

__all__ = [
    "Decoder",
    "Headers",
    "Outgoing",
    "RawRecord",
    "Reason",
    "Undecodable",
    "dead_letter",
    "event_headers",
    "provenance",
    "record_event",
]

OUR_HEADERS = 16 * 1024
"""Room that the reason takes in a dead letter."""

SHOWN_CHARACTERS = 1_000
"""How much of a reason is kept: an error message can quote a value."""


def provenance(
    topic: str, partition: int, offset: int, time: dt.datetime | None = None, *, cause: Headers = ()
) -> list[tuple[str, bytes | None]]:
    """Return the headers that say which record another one follows from, and the time of that record's event.

    Parameters
    ----------
    topic, partition, offset
        Where that record stands.
    time : datetime, optional
        Of its event.
    cause : sequence
        Its headers: what follows from it has its correlation id.
    """
    headers: list[tuple[str, bytes | None]] = [
        ("wb_topic", topic.encode()),
        ("wb_partition", str(partition).encode()),
        ("wb_offset", str(offset).encode()),
    ]
    if time is not None:
        headers.append(("wb_time", time.isoformat().encode()))
    if (correlation := correlation_of(cause)) is not None:
        headers.append((HEADER, correlation))
    return headers


def record_event(
    topic: Topic, key: int, record: Record, id_: str, *, source: str, partition: int | None = None
) -> Outgoing:
    """Return the event of a record under a numeric key, of this moment.

    Parameters
    ----------
    topic : Topic
        Where it goes.
    key : int
        Its key: a company's or a model's number.
    record : Record
        What it says.
    id_, source : str
        Its CloudEvents id, and who says so.
    partition : int, optional
        Where the key is not to choose it.
    """
    headers = event_headers(record, id_=id_, source=source, time=utc_now())
    return Outgoing(topic, str(key).encode(), msgspec.json.encode(record), headers, partition)


def dead_letter(dead: Topic, raw: RawRecord, *, topic: str, partition: int, reason: str, detail: str) -> Outgoing:
    """Return the dead letter of a record: its bytes untouched, and where it stood and what was wrong in the headers."""
    where: Mapping[str, str] = {
        "wb_topic": topic,
        "wb_partition": str(partition),
        "wb_offset": str(raw.offset),
        "wb_reason": reason,
        "wb_detail": detail[:SHOWN_CHARACTERS],
    }
    ours = [(name, text.encode()) for name, text in where.items()]
    size = sum(len(name) + len(value or b"") for name, value in raw.headers)
    size += len(raw.key or b"") + len(raw.value or b"")
    if size > dead.max_message_bytes - OUR_HEADERS:
        # Kafka bounds the compressed batch, so a record can be larger than its topic takes; it stays where it is.
        omitted = f"{size} bytes: left out, read them at {topic} {partition} {raw.offset}"
        return Outgoing(dead, None, None, [*ours, ("wb_omitted", omitted.encode())])
    return Outgoing(dead, raw.key, raw.value, [*raw.headers, *ours])
