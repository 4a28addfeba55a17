"""Whether wisebook_ml will take an event, asked before it is sent: by the same decoder that it reads records with."""

import datetime as dt
import re
from dataclasses import replace

import msgspec

from schemas import Avis, Ecriture, PositionTresorerie, from_minor, to_minor
from topics import ENTRIES, FEEDBACK, TREASURY
from topics.events import Decoder, Outgoing, RawRecord, Reason, Undecodable
from topics.incoming import avis_event, entry_event, position_event

__all__ = ["Event", "EventRefused", "check", "record_of"]

Event = Ecriture | PositionTresorerie | Avis
"""What WiseBook publishes: an entry, a position of a bank account, a verdict of a person."""

DECODERS = {topic.name: Decoder(topic) for topic in (ENTRIES, TREASURY, FEEDBACK)}

AMOUNTS = ("debit", "credit", "solde", "entrees", "sorties")
DATES = ("ecriture_date", "valid_date", "piece_date", "date_let", "date_echeance", "date")
CORRELATION = "wb_correlation"
LONGEST_CORRELATION = 200
"""Bytes that are handed on."""

ADVICE = {
    **dict.fromkeys(AMOUNTS, 'write amounts as decimal strings with a dot and at most two decimals, such as "1234.50"'),
    **dict.fromkeys(DATES, "give a date, such as 2025-03-31"),
    "montant_devise": 'write it as a decimal string with a dot and at most four decimals, such as "1234.5000"',
    "saisie_le": "give a moment with its offset from UTC, such as 2025-03-31T09:12:00+02:00 (datetime with tzinfo)",
    "societe_id": "give the company's number in WiseBook, from 1 on",
    "ecriture_id": "give WiseBook's own id of the entry, of 1 to 200 characters; it never changes",
    "revision": "number the versions of one entry from 1 on",
    "exercice": "write the fiscal year as 2025, or as 2024-09-01/2025-08-31",
    "journal_code": "give the code of the entry's journal, of 1 to 64 characters",
    "compte_num": "give the account's number, of 1 to 64 characters",
    "lignes": "an entry has at least one line (a deleted one keeps those it had)",
    "operation": "use a member of schemas.Operation",
    "origine": "use a member of schemas.Origine, or leave it out",
    "devise": "give the currency's three letters, such as EUR",
    "verdict": "use a member of schemas.Verdict",
    "detection_id": "give the detection's id as it is in the detection",
    "auteur": "say who gives the verdict",
}
"""What to do about a field that does not fit."""

PATH = re.compile(r" - at `\$(?P<path>[^`]*)`$")
MISSING = re.compile(r"missing required field `(?P<name>\w+)`")
LAST_NAME = re.compile(r"([a-z_]+)(?:\[[^\]]*\])*$")


class EventRefused(ValueError):
    """An event that wisebook_ml would refuse; it was not sent.

    Attributes
    ----------
    subject : str
        Which event.
    field : str
        Where in it, such as ``lignes[2].debit``; empty where it is about the whole.
    reason : str
        What is wrong.
    advice : str
        What to do.
    """

    def __init__(self, subject: str, field: str, reason: str, advice: str) -> None:
        where = f", {field}" if field else ""
        super().__init__(f"{subject}{where}: {reason}; {advice}")
        self.subject = subject
        self.field = field
        self.reason = reason
        self.advice = advice


def record_of(
    event: Event,
    source: str,
    *,
    time: dt.datetime | None = None,
    id_: str | None = None,
    correlation: str | None = None,
    balanced: bool = False,
) -> Outgoing:
    """Return an event as the record to publish: topic, key, value and CloudEvents headers.

    The same event gives the same record, so that publishing it again does no harm.

    Parameters
    ----------
    event : Event
        What happened.
    source : str
        Who says so (``ce_source``), such as ``/wisebook/core``.
    time : datetime, optional
        When a verdict was given; without it, now. Entries and positions tell their own time.
    id_ : str, optional
        Id of a verdict, where WiseBook has one.
    correlation : str, optional
        An id, of at most 200 bytes, that all has in common which follows from this event (``wb_correlation``), such as
        that of an import. Without it, it is the event's own id.
    balanced : bool
        Refuse an entry whose debits and credits differ. Without it such an entry is published, and wisebook_ml
        reports it (control DESEQUILIBRE): whoever keeps unbalanced entries in the books wants to know of them.

    Raises
    ------
    EventRefused
        Where wisebook_ml would not take it; it says where, why, and what to do.
    TypeError
        Where it is none of the types.
    """
    subject = _subject(event)
    try:
        record = _built(event, source, time, id_)
    except (TypeError, ValueError, AttributeError) as error:
        raise _unwritable(event, subject, error) from error
    if correlation is not None:
        record = replace(record, headers=[*record.headers, (CORRELATION, correlation.encode()[:LONGEST_CORRELATION])])
    check(record, subject)
    if balanced and isinstance(event, Ecriture):
        _weigh(event, subject)
    return record


def check(record: Outgoing, subject: str = "the record") -> None:
    """Refuse a record that its topic's readers would refuse.

    Raises
    ------
    EventRefused
        It says where, why, and what to do.
    """
    size, most = len(record.value or b""), record.topic.max_message_bytes
    if size > most:
        raise EventRefused(
            subject, "", f"it takes {size:,} bytes, and topic {record.topic.name!r} takes {most:,}", "split the entry"
        )
    try:
        DECODERS[record.topic.name].decode(RawRecord(0, record.key, record.value, record.headers))
    except Undecodable as error:
        if error.reason != Reason.SCHEMA:
            raise EventRefused(subject, "", error.detail, "publish it with `record_of`, unchanged") from error
        raise _explained(subject, error.detail) from error


def _built(event: Event, source: str, time: dt.datetime | None, id_: str | None) -> Outgoing:
    match event:
        case Ecriture():
            return entry_event(event, source)
        case PositionTresorerie():
            return position_event(event, source)
        case Avis():
            return avis_event(event, source, time, id_)


def _subject(event: Event) -> str:
    match event:
        case Ecriture():
            return f"entry {event.ecriture_id!r} of company {event.societe_id}, revision {event.revision}"
        case PositionTresorerie():
            return f"position of {event.compte_num!r} on {event.date} of company {event.societe_id}"
        case Avis():
            return f"verdict on {event.detection_id or event.ecriture_id} of company {event.societe_id}"
    raise TypeError(f"{type(event).__name__} is no event; give an Ecriture, a PositionTresorerie or an Avis")


def _explained(subject: str, detail: str) -> EventRefused:
    """Return what a decoder's message says, for a person: it names a JSON path at its end."""
    found = PATH.search(detail)
    path, reason = ("", detail) if found is None else (found["path"].lstrip("."), detail[: found.start()])
    missing = MISSING.search(detail)
    if missing is not None:
        path = f"{path}.{missing['name']}".lstrip(".")
    name = LAST_NAME.search(path)
    advice = ADVICE.get(name[1] if name else "", "correct it; schemas/json has what each field takes")
    return EventRefused(subject, path, reason[:1].lower() + reason[1:], advice)


def _unwritable(event: Event, subject: str, error: Exception) -> EventRefused:
    """Return why no record can be made of an event; a field of another type is named, where it can be told."""
    try:
        msgspec.json.decode(msgspec.json.encode(event), type=type(event))
    except msgspec.ValidationError as told:
        return _explained(subject, str(told))
    except (TypeError, ValueError):
        pass  # as the first time
    return EventRefused(subject, "", f"it cannot be written as JSON: {error}", "give each field a value of its type")


def _weigh(entry: Ecriture, subject: str) -> None:
    debits = sum(to_minor(str(line.debit)) for line in entry.lignes)
    credits = sum(to_minor(str(line.credit)) for line in entry.lignes)
    if debits != credits:
        raise EventRefused(
            subject,
            "lignes",
            f"debits are {from_minor(debits)} and credits {from_minor(credits)}: they differ by "
            f"{from_minor(abs(debits - credits))}",
            "balance the lines, or publish it as it is (balanced=False) to have it reported",
        )
