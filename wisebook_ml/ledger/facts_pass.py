"""The compiled pass behind `wisebook_ml.ledger.facts`: from a batch's tables and bytes to tables of facts."""

import numpy as np

from schemas import Operation, Origine
from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.automaton import search
from wisebook_ml.ledger.bins import amount_bin
from wisebook_ml.ledger.characters import LETTER, code_point, kind_of
from wisebook_ml.ledger.columns import NO_TIME, entry_row, line_row
from wisebook_ml.ledger.dates import civil, fiscal_year
from wisebook_ml.ledger.hashing import hash_bytes, mix
from wisebook_ml.ledger.labels import is_piece, label_length, leading_words, normal_form, says_little
from wisebook_ml.ledger.paris import offset_at
from wisebook_ml.ledger.vocabulary import CREDIT_NOTE, GENERIC, RETURN, WATCHED
from wisebook_ml.ledger.words import WORD, word_at

__all__ = ["ENTRY", "ENTRY_FLAGS", "LINE", "LINE_FLAGS", "NO_LAG", "OFF_DAY_HOURS", "ROUND_CENTS", "read_entries"]

OFF_DAY_HOURS = 24
"""Hours of weekends and holidays are counted apart: bins 24 to 47 of an author's day."""

ROUND_CENTS = 500_00
"""Amounts are called round from multiples of 500 euros on; smaller ones are round by chance."""

NO_LAG = -(2**63)
"""Of an entry whose time of entry is not known."""

MIN_DIGITS = 3
"""Figures from which a reference is a document's number and not a month or a word."""

NUMBER_DIGITS = 15
"""Figures of a counter; what comes before them is its prefix."""

MANUAL = tuple(Origine).index(Origine.MANUELLE)
VALIDATION = tuple(Operation).index(Operation.VALIDATION)
DELETION = tuple(Operation).index(Operation.SUPPRESSION)
"""Positions in ``tuple(Origine)`` and ``tuple(Operation)``."""

FIRST_SECOND, LAST_SECOND = -62_135_596_800, 253_402_300_799
"""Ends of the calendar, which programs write for "no date": no French time is known there."""

UNIX_DAY = 719_163
"""Proleptic ordinal of 1970-01-01."""

ENTRY = (
    "key",
    "content",
    "digest",
    "journal",
    "author",
    "sequence",
    "number",
    "exercice_first",
    "exercice_last",
    "hour",
    "stamp",
    "lag",
    "month_day",
    "document",
    "label",
    "label_letters",
    "label_length",
    "piece_age",
)
ENTRY_FLAGS = ("off_day", "manual", "has_piece", "referenced", "validated", "deleted", "returned", "named")
LINE = ("account", "habit", "party", "iban", "bin", "holder", "holder_one", "holder_two")
LINE_FLAGS = ("round", "poor", "watched")
"""Rows of the tables of facts."""

(KEY, CONTENT, DIGEST, JOURNAL, AUTHOR, SEQUENCE, NUMBER, FISCAL_FIRST, FISCAL_LAST) = range(9)
(HOUR, STAMP, LAG, MONTH_DAY, DOCUMENT, LABEL, LABEL_LETTERS, LABEL_LENGTH, PIECE_AGE) = range(9, 18)
OFF_DAY, IS_MANUAL, HAS_PIECE, REFERENCED, VALIDATED, DELETED, RETURNED, NAMED = range(8)
ACCOUNT, HABIT, PARTY, IBAN, BIN, HOLDER, HOLDER_ONE, HOLDER_TWO = range(8)
ROUND, POOR, WATCHED_ = range(3)

SOCIETE, OPERATION, ORIGINE = entry_row("societe"), entry_row("operation"), entry_row("origine")
DAY, VALID, SAISIE = entry_row("day"), entry_row("valid"), entry_row("saisie")
ID, EXERCICE, CODE = entry_row("ecriture_id"), entry_row("exercice"), entry_row("journal_code")
NUM, AUTHOR_TEXT = entry_row("ecriture_num"), entry_row("saisie_par")
DEBIT, CREDIT, AMOUNT, ROOT = line_row("debit"), line_row("credit"), line_row("amount"), line_row("root")
PIECE_DATE, DATE_LET, DUE = line_row("piece_date"), line_row("date_let"), line_row("date_echeance")
COMPTE, AUX, AUX_LIB, PIECE, LIB = (
    line_row("compte_num"),
    line_row("comp_aux_num"),
    line_row("comp_aux_lib"),
    line_row("piece_ref"),
    line_row("ecriture_lib"),
)
LET, DEVISE, FOREIGN = line_row("ecriture_let"), line_row("idevise"), line_row("montant_devise")
IBAN_TEXT = line_row("iban_empreinte")

CREDIT_NOTE_BIT, RETURN_BIT, GENERIC_BIT, WATCHED_BIT = (1 << k for k in (CREDIT_NOTE, RETURN, GENERIC, WATCHED))


@compiled
def read_entries(
    data: Array,
    entries: Array,
    lines: Array,
    first: Array,
    fold: Array,
    kind: Array,
    fillers: Array,
    classes: Array,
    automaton: Array,
    since: Array,
    seconds: Array,
    off_days: Array,
    out: Array,
    flags: Array,
    line_out: Array,
    line_flags: Array,
    document_text: Array,
) -> bool:
    """Fill the tables of facts; return False where `off_days` did not know a year that occurs."""
    known = True
    nowhere = np.zeros(0, dtype=np.uint8)
    for i in range(len(first) - 1):
        known &= _times(i, entries, since, seconds, off_days, out, flags)
        _names(i, data, entries, document_text[i], out)
        flags[IS_MANUAL, i] = entries[ORIGINE, i] == -1 or entries[ORIGINE, i] == MANUAL
        flags[VALIDATED, i] = entries[VALID, i] != 0 or entries[OPERATION, i] == VALIDATION
        flags[DELETED, i] = entries[OPERATION, i] == DELETION
        start, end = first[i], first[i + 1]
        _digests(i, data, entries, lines, start, end, out, line_out)
        _pieces(i, data, lines, start, end, fold, kind, fillers, document_text, out, flags)
        _labels(i, data, lines, start, end, fold, kind, classes, automaton, nowhere, out, flags, line_flags)
        piece_date = lines[PIECE_DATE, start]
        out[PIECE_AGE, i] = abs(entries[DAY, i] - piece_date) if piece_date else -1
        for k in range(start, end):
            _accounts(k, data, lines, kind, line_out)
            _holders(k, data, lines, fold, kind, line_out)
            amount = lines[AMOUNT, k]
            line_flags[ROUND, k] = amount > 0 and amount % ROUND_CENTS == 0
    return known


@compiled
def _times(i: int, entries: Array, since: Array, seconds: Array, off_days: Array, out: Array, flags: Array) -> bool:
    """Read an entry's date and its time of entry; return whether all years were known."""
    day = entries[DAY, i]
    off: int = off_days[day]
    flags[OFF_DAY, i] = off == 1
    out[MONTH_DAY, i] = civil(day)[2]
    out[HOUR, i], out[STAMP, i], out[LAG, i] = -1, 0, NO_LAG
    known: bool = off <= 1
    micros: int = entries[SAISIE, i]
    if micros == NO_TIME:
        return known
    epoch = micros // 1_000_000
    local = epoch + offset_at(epoch, since, seconds)
    if epoch < FIRST_SECOND or epoch > LAST_SECOND or local < FIRST_SECOND or local > LAST_SECOND:
        return known
    local_day = local // 86_400 + UNIX_DAY
    local_off: int = off_days[local_day]
    out[HOUR, i] = local % 86_400 // 3600 + (OFF_DAY_HOURS if local_off == 1 else 0)
    out[STAMP, i] = epoch
    out[LAG, i] = local_day - day
    return known and local_off <= 1


@compiled
def _names(i: int, data: Array, entries: Array, scratch: Array, out: Array) -> None:
    """Read an entry's key, journal, author, number and fiscal year."""
    out[KEY, i] = _present(mix(_hash(data, entries, ID, i), entries[SOCIETE, i]))
    journal = _hash(data, entries, CODE, i)
    out[JOURNAL, i] = journal
    out[AUTHOR, i] = _hash(data, entries, AUTHOR_TEXT, i)
    start = entries[EXERCICE, i]
    end = start + entries[EXERCICE + 1, i]
    out[FISCAL_FIRST, i], out[FISCAL_LAST, i] = fiscal_year(data, start, end)
    year = hash_bytes(data, start, end) if end > start else _hash_year(civil(entries[DAY, i])[0], scratch)
    start = entries[NUM, i]
    end = start + entries[NUM + 1, i]
    if end > start and data[end - 1] == 0x0A:
        end -= 1  # a line feed after a number is none of it
    digits, number, unit = 0, 0, 1
    while digits < NUMBER_DIGITS and end - digits > start and 0x30 <= data[end - digits - 1] <= 0x39:
        digits += 1
        number += (data[end - digits] - 0x30) * unit
        unit *= 10
    out[NUMBER, i], out[SEQUENCE, i] = -1, 0
    if digits:
        out[NUMBER, i] = number
        out[SEQUENCE, i] = _present(mix(mix(journal, year), hash_bytes(data, start, end - digits)))


@compiled
def _hash_year(year: int, scratch: Array) -> int:
    """Return the hash of a year's figures, as of a fiscal year's text."""
    size = 1 + (year > 9) + (year > 99) + (year > 999)
    for k in range(size - 1, -1, -1):
        scratch[k] = 0x30 + year % 10
        year //= 10
    hashed = hash_bytes(scratch, 0, size)
    scratch[:size] = 0
    return hashed


@compiled
def _digests(
    i: int, data: Array, entries: Array, lines: Array, start: int, end: int, out: Array, line_out: Array
) -> None:
    """Hash what validation freezes, and all that the entry says."""
    content = mix(mix(out[JOURNAL, i], _hash(data, entries, NUM, i)), entries[DAY, i])
    content = mix(content, end - start)
    told = mix(entries[OPERATION, i], entries[ORIGINE, i])
    told = mix(mix(told, _hash(data, entries, EXERCICE, i)), entries[VALID, i])
    told = mix(mix(told, out[AUTHOR, i]), entries[SAISIE, i])
    for k in range(start, end):
        account = _hash(data, lines, COMPTE, k)
        iban = _hash(data, lines, IBAN_TEXT, k)
        line_out[ACCOUNT, k], line_out[IBAN, k] = account, iban
        content = mix(mix(content, account), _hash(data, lines, AUX, k))
        content = mix(mix(content, _hash(data, lines, PIECE, k)), lines[PIECE_DATE, k])
        content = mix(content, _hash(data, lines, LIB, k))
        content = mix(mix(content, lines[DEBIT, k]), lines[CREDIT, k])
        told = mix(mix(told, _hash(data, lines, LET, k)), lines[DATE_LET, k])
        told = mix(mix(told, lines[DUE, k]), iban)
        told = mix(mix(told, _hash(data, lines, DEVISE, k)), _hash_foreign(data, lines, k))
    out[CONTENT, i] = _present(content)
    out[DIGEST, i] = _present(mix(content, told))


@compiled
def _hash_foreign(data: Array, lines: Array, k: int) -> int:
    """Return the hash of an amount in a foreign currency, whose zeros at the end of decimals mean nothing."""
    start = lines[FOREIGN, k]
    end = start + lines[FOREIGN + 1, k]
    point = -1
    for at in range(start, end):
        if data[at] == 0x2E:
            point = at
    if point >= 0:
        while data[end - 1] == 0x30:
            end -= 1
        if end - 1 == point:
            end = point
    return hash_bytes(data, start, end)


@compiled
def _pieces(
    i: int,
    data: Array,
    lines: Array,
    start: int,
    end: int,
    fold: Array,
    kind: Array,
    fillers: Array,
    document_text: Array,
    out: Array,
    flags: Array,
) -> None:
    """Find the first reference that leads to a document."""
    out[DOCUMENT, i], flags[HAS_PIECE, i], flags[REFERENCED, i] = 0, False, False
    for k in range(start, end):
        if _repeats(data, lines, PIECE, k, start):
            continue
        at = lines[PIECE, k]
        whole, _, length, figures, repeated = normal_form(
            data, at, at + lines[PIECE + 1, k], fold, kind, document_text[i]
        )
        flags[REFERENCED, i] |= length > 1 and figures == length
        if is_piece(whole, length, repeated, fillers):
            flags[HAS_PIECE, i], flags[REFERENCED, i] = True, True
            if figures >= MIN_DIGITS:
                out[DOCUMENT, i] = whole
                return
            break
    document_text[i, :] = 0


@compiled
def _labels(
    i: int,
    data: Array,
    lines: Array,
    start: int,
    end: int,
    fold: Array,
    kind: Array,
    classes: Array,
    automaton: Array,
    nowhere: Array,
    out: Array,
    flags: Array,
    line_flags: Array,
) -> None:
    """Read labels, and look for words in them and in references."""
    named, poor, watched, found = False, False, False, 0
    for k in range(start, end):
        at = lines[LIB, k]
        stop = at + lines[LIB + 1, k]
        if not _repeats(data, lines, LIB, k, start):
            found, whole = search(data, at, stop, kind, classes, automaton)
            named |= found & CREDIT_NOTE_BIT != 0
            watched = found & WATCHED_BIT != 0
            poor = whole & GENERIC_BIT != 0 or says_little(data, at, stop, fold, kind)
        line_flags[POOR, k], line_flags[WATCHED_, k] = poor, watched
        if k == start:
            flags[RETURNED, i] = found & RETURN_BIT != 0
            out[LABEL_LENGTH, i] = label_length(data, at, stop, kind)
            out[LABEL, i], out[LABEL_LETTERS, i], _, _, _ = normal_form(data, at, stop, fold, kind, nowhere)
        if not named and not _repeats(data, lines, PIECE, k, start):
            piece = lines[PIECE, k]
            found, whole = search(data, piece, piece + lines[PIECE + 1, k], kind, classes, automaton)
            named = found & CREDIT_NOTE_BIT != 0
            flags[RETURNED, i] |= found & RETURN_BIT != 0
    flags[NAMED, i] = named


@compiled
def _repeats(data: Array, lines: Array, row: int, k: int, start: int) -> bool:
    """Return whether a line's text is that of the line before, in the same entry."""
    length: int = lines[row + 1, k]
    if k == start or length != lines[row + 1, k - 1]:
        return False
    at, before = lines[row, k], lines[row, k - 1]
    same = 0
    while length - same >= WORD and word_at(data, at + same) == word_at(data, before + same):
        same += WORD
    while same < length and data[at + same] == data[before + same]:
        same += 1
    return same == length


@compiled
def _accounts(k: int, data: Array, lines: Array, kind: Array, line_out: Array) -> None:
    """Read a line's account as habits know it, its third party and its amount's bin."""
    start = lines[COMPTE, k]
    end = start + lines[COMPTE + 1, k]
    habit, party = line_out[ACCOUNT, k], _hash(data, lines, AUX, k)
    collective = lines[ROOT, k] // 1000
    if collective == 40 or collective == 41:
        # An account of its own for each customer and supplier would have no habits: the first three characters do.
        at, characters = start, 0
        while at < end and characters < 3:
            at += code_point(data, at)[1]
            characters += 1
        habit = hash_bytes(data, start, at)
        if party == 0 and _has_letter(data, at, end, kind):
            party = hash_bytes(data, at, end)
    line_out[HABIT, k], line_out[PARTY, k] = habit, party
    line_out[BIN, k] = amount_bin(lines[AMOUNT, k])


@compiled
def _holders(k: int, data: Array, lines: Array, fold: Array, kind: Array, line_out: Array) -> None:
    """Read the name of who is paid by a line with bank details; no other control asks for names."""
    line_out[HOLDER, k], line_out[HOLDER_ONE, k], line_out[HOLDER_TWO, k] = 0, 0, 0
    if line_out[IBAN, k] != 0:
        start = lines[AUX_LIB, k]
        line_out[HOLDER, k], line_out[HOLDER_ONE, k], line_out[HOLDER_TWO, k] = leading_words(
            data, start, start + lines[AUX_LIB + 1, k], fold, kind
        )


@compiled
def _has_letter(data: Array, start: int, end: int, kind: Array) -> bool:
    at = start
    while at < end:
        code, size = code_point(data, at)
        at += size
        if kind_of(code, kind) & LETTER:
            return True
    return False


@compiled
def _hash(data: Array, table: Array, row: int, column: int) -> int:
    start = table[row, column]
    return hash_bytes(data, start, start + table[row + 1, column])


@compiled
def _present(hashed: int) -> int:
    """Return a hash of something that is there: never 0."""
    return hashed if hashed != 0 else 1
