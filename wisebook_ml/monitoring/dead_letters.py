"""Dead letters as people look at them: where each stood, why it is dead, a part of it; and sending it again."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

import topics
from topics import DEAD_LETTER, Topic
from wisebook_ml.messaging.events import Headers, Outgoing, RawRecord, Reason
from wisebook_ml.messaging.reader import end_offsets, read_partition

__all__ = ["LettreMorte", "LostLetter", "again", "find_letter", "letter_of", "read_letters"]

SHOWN_CHARACTERS = 500
"""Of the value."""

LOOKED_THROUGH = 5_000
"""Offsets from the end in which the last letters are looked for: markers, and letters of others, are among them."""

OURS = ("wb_topic", "wb_partition", "wb_offset", "wb_reason")
"""What every dead letter has behind the headers that the record had (`messaging.events.dead_letter`)."""

RETRIED = "wb_retried"
"""Header of a record that was sent again: which dead letter it was."""


class LostLetter(ValueError):
    """A dead letter that cannot be sent again; the message says why."""


class LettreMorte(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter: `partition` and `offset` say where it is, `origine` where the record stood."""

    partition: int
    offset: int
    topic: Annotated[str, Meta(description="Topic that the record was read from.")]
    partition_origine: int | None
    offset_origine: int | None
    motif: Annotated[str, Meta(description="Short code of what is wrong.")]
    detail: Annotated[str, Meta(description="What is wrong and what to repair, for a person.")]
    societe_id: Annotated[int | None, Meta(description="Company, where key and value leave no doubt.")]
    cle: str | None
    extrait: Annotated[str, Meta(description="The beginning of the value; bytes that are no text are replaced.")]
    octets: Annotated[int, Meta(description="Size of the value.")]
    heure: Annotated[dt.datetime | None, Meta(description="Time of the record's event, where it tells one.")]


def read_letters(bootstrap: str, prefix: str, companies: frozenset[int] | None, limit: int) -> Sequence[LettreMorte]:
    """Return the last dead letters that a caller may see, the latest first.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and what stands before topic names.
    companies : frozenset of int, or None
        Whose; None: all of them, those of nobody in particular included.
    limit : int
        How many.

    Raises
    ------
    ReadError
        Where the topic is missing or the brokers do not answer.
    """
    name, found = DEAD_LETTER.full_name(prefix), list[LettreMorte]()
    for partition, (start, end) in end_offsets(bootstrap, name).items():
        for run in read_partition(bootstrap, name, partition, max(start, end - LOOKED_THROUGH), end):
            letters = (letter_of(partition, raw, prefix) for raw in run)
            found += [one for one in letters if companies is None or one.societe_id in companies]
            del found[:-limit]
    return found[::-1]


def find_letter(bootstrap: str, prefix: str, partition: int, offset: int) -> RawRecord | None:
    """Return the dead letter at a place; None where there is none.

    Raises
    ------
    ReadError
        Where the topic is missing or the brokers do not answer.
    """
    name = DEAD_LETTER.full_name(prefix)
    start, end = end_offsets(bootstrap, name).get(partition, (0, 0))
    if not start <= offset < end:
        return None
    for run in read_partition(bootstrap, name, partition, offset, offset + 1):
        for raw in run:
            return raw
    return None


def letter_of(partition: int, raw: RawRecord, prefix: str) -> LettreMorte:
    """Return what is told of a dead letter."""
    told = {name: (value or b"").decode(errors="replace") for name, value in raw.headers}
    value = raw.value or b""
    return LettreMorte(
        partition=partition,
        offset=raw.offset,
        topic=told.get("wb_topic", ""),
        partition_origine=_number(told.get("wb_partition")),
        offset_origine=_number(told.get("wb_offset")),
        motif=told.get("wb_reason", ""),
        detail=told.get("wb_detail", ""),
        societe_id=_company(raw, told, prefix),
        cle=None if raw.key is None else raw.key[:200].decode(errors="replace"),
        extrait=value[:SHOWN_CHARACTERS].decode(errors="replace") or told.get("wb_omitted", ""),
        octets=len(value),
        heure=_time(told.get("ce_time")),
    )


def again(raw: RawRecord, partition: int, prefix: str) -> Outgoing:
    """Return the record of a dead letter as it was, for the place where it was.

    Raises
    ------
    LostLetter
        Where its bytes were left out, or the topic is none of ours.
    """
    headers = list(raw.headers)
    first = max((k for k, (name, _) in enumerate(headers) if name == OURS[0]), default=None)
    if first is None:
        raise LostLetter("It does not say which topic it was read from.")
    told = {name: (value or b"").decode(errors="replace") for name, value in headers[first:]}
    if "wb_omitted" in told:
        raise LostLetter(f"Its bytes were left out, since they are too many: {told['wb_omitted']}.")
    topic = _topic(told["wb_topic"], prefix)
    if topic is None:
        raise LostLetter(f"Its topic, {told['wb_topic']}, is none of this deployment.")
    before: Headers = [*headers[:first], (RETRIED, f"{partition}/{raw.offset}".encode())]
    return Outgoing(topic, raw.key, raw.value, before, _number(told.get("wb_partition")))


def _company(raw: RawRecord, told: dict[str, str], prefix: str) -> int | None:
    """Return whose a letter is: nobody's where there is any doubt, since it may hold another company's data."""
    topic = _topic(told.get("wb_topic", ""), prefix)
    key = _number((raw.key or b"").decode(errors="replace"))
    if topic is None or topic.key != "societe_id" or key is None or told.get("wb_reason") == Reason.WRONG_KEY:
        return None
    try:
        value = msgspec.json.decode(raw.value or b"null")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    inside = value.get("societe_id") if isinstance(value, dict) else None
    return key if inside == key and not isinstance(inside, bool) else None


def _topic(name: str, prefix: str) -> Topic | None:
    named = {topic.full_name(prefix): topic for topic in topics.ALL if topic is not DEAD_LETTER}
    return named.get(name)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdecimal() and len(text) <= 18 else None


def _time(text: str | None) -> dt.datetime | None:
    try:
        return None if text is None else dt.datetime.fromisoformat(text)
    except ValueError:
        return None
