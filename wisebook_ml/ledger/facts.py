"""What each entry says, by itself: all that habits, controls and features read of its texts and dates.

One compiled pass over a batch's bytes. Texts become 64-bit hashes (`wisebook_ml.ledger.hashing`), so that nothing after
it compares strings; labels and references are read as `wisebook_ml.ledger.characters` says.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from wisebook_ml.ledger import facts_pass
from wisebook_ml.ledger.automaton import Words
from wisebook_ml.ledger.batch import EntryBatch, Ints
from wisebook_ml.ledger.bins import BINS, BINS_PER_DECADE, amount_bin
from wisebook_ml.ledger.calendar import learn_years, off_days
from wisebook_ml.ledger.characters import characters
from wisebook_ml.ledger.facts_pass import NO_LAG, OFF_DAY_HOURS, ROUND_CENTS
from wisebook_ml.ledger.labels import PREFIX, fillers
from wisebook_ml.ledger.paris import paris_offsets

__all__ = ["BINS", "BINS_PER_DECADE", "NO_LAG", "OFF_DAY_HOURS", "ROUND_CENTS", "Facts", "amount_bin", "facts_of"]

Bools = npt.NDArray[np.bool_]

OF_LINES = frozenset(facts_pass.LINE + facts_pass.LINE_FLAGS)
"""Columns with one place a line; the others have one an entry."""


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """Columns beside an `EntryBatch`: int64 unless stated otherwise; a hash is 0 for nothing and for nothing else.

    Attributes
    ----------
    key : ndarray, shape (n,)
        Hash of the company and the entry's id.
    content : ndarray, shape (n,)
        Hash of what validation freezes: lettering and the validation itself do not count.
    digest : ndarray, shape (n,)
        Hash of all that the entry says, by its meaning: ``120`` and ``120.00`` are the same.
    journal, author : ndarray, shape (n,)
        Hashes of the journal's code and of who entered it.
    sequence, number : ndarray, shape (n,)
        Hash of journal, fiscal year (else the date's year) and prefix of the entry's number (0 without a number), and
        the number itself (-1 without one).
    exercice_first, exercice_last : ndarray, shape (n,)
        First and last day of the fiscal year, as ordinals; 0 where none is given or it is no calendar date.
    hour, stamp, lag : ndarray, shape (n,)
        Hour of entry in France (24 more on days off; -1 not known), its epoch seconds (0 not known), and days from the
        entry's date to it (`NO_LAG` not known).
    month_day : ndarray, shape (n,)
        Day of the month of the entry's date.
    off_day, manual, has_piece, referenced, validated, deleted : ndarray of bool, shape (n,)
        Dated on a day off; entered by hand, as far as is known; with a reference that leads to a document; with one,
        or with the zeros that some software writes where there is none; with a validation; withdrawn.
    document : ndarray, shape (n,)
        Hash of the normal form of the entry's first reference, if it has three figures; else 0.
    document_text : ndarray of uint8, shape (n, 24)
        The first bytes of that normal form, padded with zeros; zeros without a document.
    label, label_letters, label_length : ndarray, shape (n,)
        Hashes of the normal form of the first line's label, and of it without figures; its characters.
    piece_age : ndarray, shape (n,)
        Days between the entry's date and its first line's document, either way; -1 not known.
    returned, named : ndarray of bool, shape (n,)
        The first label, or a reference, tells of goods that came back; any label or reference tells of a credit note
        or the like.
    account, habit, party, iban : ndarray, shape (m,)
        Hashes of the account's number, of the account that habits are kept for, of the third party, of bank details.
    bin : ndarray, shape (m,)
        `amount_bin` of the amount.
    holder, holder_one, holder_two : ndarray, shape (m,)
        `leading_words` of the third party's name: all, the first, the first two; 0 for a line without bank details.
    round, poor, watched : ndarray of bool, shape (m,)
        The amount is a multiple of 500 euros; the label says nothing; it has a word of the watch list.
    """

    key: Ints
    content: Ints
    digest: Ints
    journal: Ints
    author: Ints
    sequence: Ints
    number: Ints
    exercice_first: Ints
    exercice_last: Ints
    hour: Ints
    stamp: Ints
    lag: Ints
    month_day: Ints
    document: Ints
    label: Ints
    label_letters: Ints
    label_length: Ints
    piece_age: Ints
    off_day: Bools
    manual: Bools
    has_piece: Bools
    referenced: Bools
    validated: Bools
    deleted: Bools
    returned: Bools
    named: Bools
    document_text: npt.NDArray[np.uint8]
    account: Ints
    habit: Ints
    party: Ints
    iban: Ints
    bin: Ints
    holder: Ints
    holder_one: Ints
    holder_two: Ints
    round: Bools
    poor: Bools
    watched: Bools

    def select(self, entries: Ints, first: Ints) -> "Facts":
        """Return the facts of some entries, by ascending position; `first` is their batch's."""
        kept = np.zeros(len(first) - 1, dtype=np.bool_)
        kept[entries] = True
        lines = np.flatnonzero(np.repeat(kept, np.diff(first)))
        chosen = {
            field.name: getattr(self, field.name)[lines if field.name in OF_LINES else entries]
            for field in fields(self)
        }
        return Facts(**chosen)


def facts_of(batch: EntryBatch, words: Words) -> Facts:
    """Read what each entry of a batch says.

    Parameters
    ----------
    batch : EntryBatch
    words : Words
        The lists of `wisebook_ml.ledger.vocabulary.vocabulary`.
    """
    n, m = len(batch), len(batch.amount)
    entry = np.empty((len(facts_pass.ENTRY), n), dtype=np.int64)
    line = np.empty((len(facts_pass.LINE), m), dtype=np.int64)
    entry_flags = np.empty((len(facts_pass.ENTRY_FLAGS), n), dtype=np.bool_)
    line_flags = np.empty((len(facts_pass.LINE_FLAGS), m), dtype=np.bool_)
    document_text = np.zeros((n, PREFIX), dtype=np.uint8)

    # Tables cut to size are copied: an array that is not contiguous would be another type, and compiled for again.
    entries, lines = np.ascontiguousarray(batch.entry_table), np.ascontiguousarray(batch.line_table)

    def read() -> bool:
        return facts_pass.read_entries(
            batch.data,
            entries,
            lines,
            batch.first,
            *characters(),
            fillers(),
            words.classes,
            words.automaton,
            *paris_offsets(),
            off_days(),
            entry,
            entry_flags,
            line,
            line_flags,
            document_text,
        )

    if not read():
        lag = entry[facts_pass.ENTRY.index("lag")]
        learn_years(np.concatenate([batch.day, (batch.day + lag)[lag != NO_LAG]]))
        read()
    columns: dict[str, npt.NDArray[np.generic]] = dict(zip(facts_pass.ENTRY, entry, strict=True))
    columns |= zip(facts_pass.LINE, line, strict=True)
    columns |= zip(facts_pass.ENTRY_FLAGS, entry_flags, strict=True)
    columns |= zip(facts_pass.LINE_FLAGS, line_flags, strict=True)
    return Facts(document_text=document_text, **columns)  # type: ignore[arg-type]
