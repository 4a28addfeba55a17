"""Reading detections, alerts and predictions with confluent-kafka."""

from functools import lru_cache
from typing import Any, NamedTuple, cast

from confluent_kafka import Message

from schemas import Record
from topics import Topic
from topics.events import Decoder, Headers, RawRecord

__all__ = ["Incoming", "consumer_options", "incoming"]


class Incoming(NamedTuple):
    """One record of a topic.

    Attributes
    ----------
    id : str
        ``ce_id``.
    key : str
        What the record is about, such as a detection's id.
    value : Record or None
        The typed record; None where the topic has no more to say about the key (a tombstone).
    """

    id: str
    key: str
    value: Record | None


def consumer_options(bootstrap: str, group: str) -> dict[str, Any]:
    """Return settings of a consumer that sees what is committed, from the beginning, and commits when told to."""
    return {
        "bootstrap.servers": bootstrap,
        "group.id": group,
        "isolation.level": "read_committed",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }


def incoming(topic: Topic, message: Message) -> Incoming:
    """Return a message as its typed record.

    Raises
    ------
    Undecodable
        Where it does not fit the topic; it says why. A subscriber logs it and goes on.
    """
    offset, key, value = message.offset(), message.key(), message.value()
    assert offset is not None
    headers = cast(Headers, message.headers() or ())  # the client types them more widely than it has them
    id_ = next(((content or b"").decode(errors="replace") for name, content in headers if name == "ce_id"), "")
    name = (key or b"").decode(errors="replace")
    if value is None:
        return Incoming(id_, name, None)
    return Incoming(id_, name, _decoder(topic).decode(RawRecord(offset, key, value, headers)))


@lru_cache
def _decoder(topic: Topic) -> Decoder:
    return Decoder(topic)
