"""What one entry leaves in a company's habits: extracted once, added, and taken out again when it is replaced."""

import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

import msgspec

from schemas import Ecriture, to_minor
from wisebook_ml.habits.histogram import amount_bin
from wisebook_ml.ledger.batch import EntryBatch, account_root
from wisebook_ml.ledger.calendar import is_off_day
from wisebook_ml.ledger.references import piece_of

__all__ = [
    "OFF_DAY_HOURS",
    "ROUND_CENTS",
    "LineTrace",
    "Trace",
    "content_digest",
    "days_until_entered",
    "habit_account",
    "identity",
    "party_of",
    "record_digest",
    "trace_of",
]

PARIS = ZoneInfo("Europe/Paris")
"""Working hours and days are those of French offices."""

OFF_DAY_HOURS = 24
"""Hours of weekends and holidays are counted apart: bins 24 to 47 of an author's day."""

ROUND_CENTS = 500_00
"""Amounts are called round from multiples of 500 euros on; smaller ones are round by chance."""

MAX_LAG = 60
"""Days from which a delay is long, however long: bounds the habit's memory."""

MAX_PAIR_ACCOUNTS = 12
"""Entries with more accounts (payroll, closing) meet so many pairs that none of them says anything."""


@dataclass(frozen=True, slots=True)
class LineTrace:
    """What one line leaves."""

    account: str
    party: str
    bin: int
    debit: bool
    round: bool
    iban: str


@dataclass(frozen=True, slots=True)
class Trace:
    """What one entry leaves. `hour` is -1 and `lag` None where the time of entry is not known."""

    journal: str
    author: str
    manual: bool
    hour: int
    off_day: bool
    has_piece: bool
    lag: int | None
    stamp: int
    lines: tuple[LineTrace, ...]
    pairs: tuple[tuple[str, str], ...]


@lru_cache(maxsize=65_536)
def habit_account(compte_num: str) -> str:
    """Return the account that habits are kept for.

    Ledgers with one account per customer or supplier (``411DUPONT``) would have no habits at account level: for
    classes 40 and 41 the habit is that of the first three digits.
    """
    return compte_num[:3] if account_root(compte_num) // 1000 in (40, 41) else compte_num


def party_of(compte_num: str, comp_aux_num: str) -> str:
    """Return the third party of a line: its auxiliary account, or an individual account of class 40 or 41."""
    if comp_aux_num:
        return comp_aux_num
    individual = compte_num[3:]
    if account_root(compte_num) // 1000 in (40, 41) and any(ch.isalpha() for ch in individual):
        return individual
    return ""


def identity(ecriture_id: str) -> int:
    """Return a 64-bit hash of an entry's id that is the same in every process."""
    return int.from_bytes(hashlib.blake2b(ecriture_id.encode(), digest_size=8).digest(), "big")


def content_digest(entry: Ecriture) -> int:
    """Return a 64-bit hash of what validation freezes: lettering and the validation itself do not count."""
    return _digest(_frozen(entry))


def record_digest(entry: Ecriture, content: int) -> int:
    """Return a 64-bit hash of all that an entry says, by its meaning: ``120`` and ``120.00`` are the same.

    `content` is its `content_digest`.
    """
    told = [
        entry.operation,
        entry.exercice,
        entry.valid_date,
        entry.saisie_par,
        entry.saisie_le and entry.saisie_le.isoformat(),  # also at the ends of the calendar
        entry.origine,
        [
            (
                line.ecriture_let,
                line.date_let,
                line.date_echeance,
                line.iban_empreinte,
                line.idevise,
                line.montant_devise,
            )
            for line in entry.lignes
        ],
    ]
    return _digest([content, told])


def _frozen(entry: Ecriture) -> list[object]:
    return [
        entry.journal_code,
        entry.ecriture_num,
        entry.ecriture_date,
        [
            (
                line.compte_num,
                line.comp_aux_num,
                line.piece_ref,
                line.piece_date,
                line.ecriture_lib,
                to_minor(line.debit),
                to_minor(line.credit),
            )
            for line in entry.lignes
        ],
    ]


def _digest(told: object) -> int:
    return int.from_bytes(hashlib.blake2b(msgspec.msgpack.encode(told), digest_size=8).digest(), "big")


def days_until_entered(entry: Ecriture) -> int | None:
    """Return the days from an entry's date to its entry into the books, by French dates; None where not known."""
    local = None if entry.saisie_le is None else _in_paris(entry.saisie_le)
    return None if local is None else (local.date() - entry.ecriture_date).days


def trace_of(batch: EntryBatch, index: int) -> Trace:
    """Extract the trace of one entry of a batch."""
    entry = batch.entries[index]
    lines = tuple(
        LineTrace(
            account=habit_account(line.compte_num),
            party=party_of(line.compte_num, line.comp_aux_num),
            bin=amount_bin(amount),
            debit=debit,
            round=amount > 0 and amount % ROUND_CENTS == 0,
            iban=line.iban_empreinte,
        )
        for line, debit, amount in zip(
            entry.lignes,
            batch.on_debit[batch.first[index] : batch.first[index + 1]].tolist(),
            batch.amount[batch.first[index] : batch.first[index + 1]].tolist(),
            strict=True,
        )
    )
    hour, stamp, lag = -1, 0, days_until_entered(entry)
    local = None if entry.saisie_le is None else _in_paris(entry.saisie_le)
    if entry.saisie_le is not None and local is not None:
        hour = local.hour + (OFF_DAY_HOURS if is_off_day(local.date()) else 0)
        stamp = int(entry.saisie_le.timestamp())
    return Trace(
        journal=entry.journal_code,
        author=entry.saisie_par,
        manual=entry.origine is None or entry.origine.value == "MANUELLE",
        hour=hour,
        off_day=is_off_day(entry.ecriture_date),
        has_piece=any(piece_of(line.piece_ref) for line in entry.lignes),
        lag=None if lag is None else max(-MAX_LAG, min(MAX_LAG, lag)),
        stamp=stamp,
        lines=lines,
        pairs=_pairs(lines),
    )


def _in_paris(moment: dt.datetime) -> dt.datetime | None:
    """Return a moment in French time; None at the ends of the calendar, which programs write for "no date"."""
    try:
        return moment.astimezone(PARIS)
    except OverflowError:
        return None


def _pairs(lines: tuple[LineTrace, ...]) -> tuple[tuple[str, str], ...]:
    """Return the accounts that meet across the entry, in alphabetical order: a credit note is the same pair."""
    debits = {line.account for line in lines if line.debit}
    credits_ = {line.account for line in lines if not line.debit}
    if len(debits) + len(credits_) > MAX_PAIR_ACCOUNTS:
        return ()
    return tuple(sorted({(min(d, c), max(d, c)) for d in debits for c in credits_ if d != c}))
