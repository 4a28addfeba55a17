"""Records as they travel: bytes with CloudEvents headers, and what is wrong with those that do not fit.

Whoever publishes or reads these topics, with whichever client, goes by this.

References
----------
CloudEvents 1.0.2, Kafka protocol binding 1.0.2, section 3.2 (binary content mode).
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

from schemas import Record
from topics.topic import Topic

__all__ = [
    "Decoder",
    "Headers",
    "Outgoing",
    "RawRecord",
    "Reason",
    "Undecodable",
    "event_headers",
]

Headers = Sequence[tuple[str, bytes | None]]
"""Names may repeat, and a header may have no value: a dead letter keeps both."""

SHOWN_BYTES = 200
"""How much of a bad value a reason quotes; the whole is in the dead letter."""


class RawRecord(NamedTuple):
    """One record of a partition, as it came from Kafka. `value` is None for a tombstone."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One record to be published; `partition` None leaves the choice to the key."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None = None


class Reason:
    """Short codes of why a record is a dead letter: the header `wb_reason`."""

    NULL_VALUE = "NULL_VALUE"
    NOT_JSON = "NOT_JSON"
    SCHEMA = "SCHEMA"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    WRONG_KEY = "WRONG_KEY"
    REFUSED = "REFUSED"
    UNKNOWN_DETECTION = "UNKNOWN_DETECTION"
    CONTRADICTION = "CONTRADICTION"


class Undecodable(Exception):
    """A record that does not fit its topic's schema; `detail` says what to do about it."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Decoder:
    """Decodes the records of a topic into their types.

    Parameters
    ----------
    topic : Topic
        Its first record type is taken where the headers name none (a producer without CloudEvents).
    """

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._decoders: dict[bytes, Callable[[bytes], Record]] = {
            record.ce_type.encode(): msgspec.json.Decoder(record).decode for record in topic.records
        }
        self._default = self._decoders[topic.records[0].ce_type.encode()]

    def decode(self, raw: RawRecord) -> Record:
        """Return the typed record.

        Raises
        ------
        Undecodable
            Where it has no value, is not JSON, is of another shape, or its key contradicts it.
        """
        if raw.value is None:
            raise Undecodable(Reason.NULL_VALUE, f"a record of {self._topic.name!r} has a value; this one is null")
        decode = self._default
        for name, content in raw.headers:
            if name == "ce_type":
                type_ = content or b""
                found = self._decoders.get(type_)
                if found is None:
                    known = ", ".join(record.ce_type for record in self._topic.records)
                    raise Undecodable(
                        Reason.UNKNOWN_TYPE,
                        f"header ce_type is {type_.decode(errors='replace')!r}; {self._topic.name!r} takes {known}",
                    )
                decode = found
        try:
            record = decode(raw.value)
        except msgspec.ValidationError as error:
            raise Undecodable(Reason.SCHEMA, str(error)) from error
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            start = raw.value[:SHOWN_BYTES].decode(errors="replace")
            raise Undecodable(Reason.NOT_JSON, f"{error}; the value starts with {start!r}") from error
        self._check_key(raw, record)
        return record

    def _check_key(self, raw: RawRecord, record: Record) -> None:
        """Refuse a record without its key or with another: it stands in no order, or in another company's."""
        expected = getattr(record, self._topic.key, None)
        if expected is None or raw.key == str(expected).encode():
            return
        name = self._topic.key
        key = "missing" if raw.key is None else repr(raw.key[:SHOWN_BYTES].decode(errors="replace"))
        raise Undecodable(Reason.WRONG_KEY, f"the key is {key}, but {name} is {expected}; publish with {name} as key")


def event_headers(
    record: Record | type[Record], *, id_: str, source: str, time: dt.datetime
) -> list[tuple[str, bytes | None]]:
    """Return the CloudEvents headers of a record.

    Parameters
    ----------
    record : Record or type of Record
        Its type names the event's; a tombstone has no more than the type of what it withdraws.
    id_, source : str
        Together unique for each event (the same event sent again has the same).
    time : datetime
        When it happened; timezone-aware.
    """
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", id_.encode()),
        ("ce_source", source.encode()),
        ("ce_type", record.ce_type.encode()),
        ("ce_time", time.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
