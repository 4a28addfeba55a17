"""The habits that each entry meets, as columns: what its company was used to just before it.

This is the only pass over entries in their order. Everything after it is columnar, and everything it knows comes from
the entries before, so that the result does not depend on how the stream was cut into batches.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.habits.arrivals import CONFLICT, FIRST, REVISION, tell_arrivals
from wisebook_ml.habits.columns import Output, facts_records, new_output
from wisebook_ml.habits.limits import Limits
from wisebook_ml.habits.meet import CELLS_OF_LINE, MAX_ID_BYTES, MAX_PAIRS_OF_ENTRY, meet_entries
from wisebook_ml.habits.names import ALIASES_OF_NAME, MAX_NEWCOMERS, SHAPES_OF_NUMBER
from wisebook_ml.habits.profiles import MAX_PAIR_ACCOUNTS
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.ledger.characters import characters
from wisebook_ml.ledger.facts import BINS, Facts

__all__ = ["Habits", "Met", "observe"]


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """Columns beside an `EntryBatch`: what was so before the entry, NaN where a fact is not known.

    Line columns (shape m): `account_count` lines of the line's account in its journal, `side_*` those on the line's
    side; `journal_lines`, `journal_singles` lines of the journal, and accounts that it used just once; `party_*` the
    line's third party (`party_count` -1 without one); `purpose_*` the line's account and side in entries about the same
    third party or, without any, of the same wording (`purpose_count` -1 on accounts of neither expenses nor income);
    `iban_others` other third parties that hold the bank details which this one uses for the first time (0 where it is
    named as the first of them); of a line on an
    account of assets, expenses or income, `dealt` how many such lines there were in entries of the same third party, on
    `dealings` accounts, and `dealing_count` on this one; of a new third party, `numbers` others (suppliers,
    customers or neither, as it is), `number_alike` of them with a number of the same shape, `number_singles` shapes
    that only one of them has, and `namesake` 1 where another is called the same, 2 where one is but for a letter.
    Medians and spreads (median absolute deviations) are of log10(cents); a tail counts lines at least as far from the
    median, and for an amount that hardly any was as far as, a reach is log10 of what all but one in a hundred stay
    within on its side.

    Entry columns (shape n): `company` entries before; `company_dealt`, `company_dealings` and `company_dealers`
    such lines, pairs of a third party and an account, and third parties in all; `journal*`, `author*` the journal's
    and the author's; `hour_count` the author's entries within an hour of this one's time; `lag` in days (within two
    months), and `lag_tail` how many of the `lag_timed` entries of the journal lay as far off; `number_jump` the
    distance from the expected number, after `number_steps` of which `number_irregular` were not regular either (for
    a repetition: repetitions, too);
    `pair_value` how surprising the rarest pair of accounts is; `burst` entries by the author within ten minutes,
    and `burst_tail` how many were in one as large; `near_limit` purchases just below an approval limit
    (`near_total`, in cents) of the same third party within two months; `debuts`, `party_lines` third parties that
    appeared first in the journal; `altered` 1 where a validated entry's content was changed or deleted;
    `duplicate`, `reversal` how surely an earlier entry is repeated or reversed, `*_days` how many days lie between,
    `reversal_alike` 1 where both have one label, `duplicate_repeats` earlier entries of the same third party and
    amount.
    """

    line: dict[str, Floats]
    entry: dict[str, Floats]
    _first: Ints
    _texts: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, output: Output, first: Ints) -> "Habits":
        """Return the columns that a pass has written; `first` is that of their batch."""
        return cls(
            line=_columns(output.line),
            entry=_columns(output.entry),
            _first=first,
            _texts=output.texts,
        )

    def select(self, entries: Ints) -> "Habits":
        """Return the columns of some entries, by ascending position."""
        kept = np.zeros(len(self._first) - 1, dtype=np.bool_)
        kept[entries] = True
        counts = np.diff(self._first)
        lines = np.flatnonzero(np.repeat(kept, counts))
        first = np.zeros(len(entries) + 1, dtype=np.int64)
        np.cumsum(counts[entries], out=first[1:])
        return Habits(
            line={name: column[lines] for name, column in self.line.items()},
            entry={name: column[entries] for name, column in self.entry.items()},
            _first=first,
            _texts=self._texts,
        )

    def pair(self, entry: int) -> tuple[int, int]:
        """Return the lines (of the batch) of an entry's rarest pair of accounts; (-1, -1) where there is none."""
        start = self._first[entry]
        debit, credit = (int(self.entry[f"pair_{side}"][entry]) for side in ("debit", "credit"))
        return (-1, -1) if debit < 0 else (int(start) + debit, int(start) + credit)

    def duplicate_of(self, entry: int) -> str:
        """Return the id of the earlier entry that an entry repeats."""
        return self._text("duplicate", entry)

    def reversal_of(self, entry: int) -> str:
        """Return the id of the earlier entry that an entry reverses."""
        return self._text("reversal", entry)

    def namesake_of(self, entry: int) -> str:
        """Return the name of the known third party that a new one of an entry is called like."""
        return self._text("namesake", entry).rstrip("\0").strip()

    def _text(self, what: str, entry: int) -> str:
        start, length = (int(self.entry[f"{what}_{part}"][entry]) for part in ("start", "length"))
        return bytes(self._texts[start : start + length]).decode()


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """What a batch met.

    Attributes
    ----------
    taken : ndarray of int64
        Positions of the entries that were taken; the others were delivered before, or contradict what is known.
    conflicts : ndarray of int64
        Positions of those that contradict: the same revision with other content.
    first : ndarray of bool
        Of the entries taken, which arrived for the first time.
    batch, facts, habits
        Of the entries taken.
    """

    taken: Ints
    conflicts: Ints
    first: npt.NDArray[np.bool_]
    batch: EntryBatch
    facts: Facts
    habits: Habits


def _columns(records: npt.NDArray[np.void]) -> dict[str, Floats]:
    """Return the fields of records, all float64, as contiguous columns."""
    names = records.dtype.names or ()
    columns = records.view(np.float64).reshape(len(records), len(names)).T.copy()
    return {name: columns[k] for k, name in enumerate(names)}


def observe(batch: EntryBatch, facts: Facts, store: Store, limits: Limits) -> Met:
    """Read what each company was used to before each entry, and add each entry to it.

    Parameters
    ----------
    batch, facts
        Entries of one partition in the order of their publication.
    store : Store
        The partition's habits (`wisebook_ml.habits.layout.new_store`); updated in place.
    limits : Limits
        Approval limits that hold for the entries.

    Raises
    ------
    ValueError
        If an id is longer than the schema allows, which only an entry made by Python code can be.
    """
    if batch.text("ecriture_id").length.max(initial=0) > MAX_ID_BYTES:
        raise ValueError(f"an ecriture_id has more than {MAX_ID_BYTES} bytes")
    told = _tell(batch, facts, store)
    taken = np.flatnonzero((told == FIRST) | (told == REVISION))
    if len(taken) < len(batch):
        batch, facts = batch.select(taken), facts.select(taken, batch.first)
        limits = limits._replace(of=limits.of[taken])
    first = told[taken] == FIRST
    output = _meet(batch, facts, store, first, limits)
    return Met(taken, np.flatnonzero(told == CONFLICT), first, batch, facts, Habits.of(output, batch.first))


def _tell(batch: EntryBatch, facts: Facts, store: Store) -> npt.NDArray[np.int8]:
    told = np.zeros(len(batch), np.int8)
    store.reserve({"entries": 1, "companies": 1}, {})
    done = 0
    while True:
        done = tell_arrivals(store.directory(), done, batch.societe, facts.key, batch.revision, facts.digest, told)
        if done == len(batch):
            return told
        store.reserve({"entries": len(batch) - done, "companies": len(batch) - done}, {})


def _meet(batch: EntryBatch, facts: Facts, store: Store, first: npt.NDArray[np.bool_], limits: Limits) -> Output:
    entries, lines = facts_records(batch, facts, first)
    # Cut to size it is copied: an array that is not contiguous would be another type, and compiled for again.
    table = np.ascontiguousarray(batch.line_table)
    output = new_output(len(entries), len(lines))
    scratch = np.zeros(BINS, np.int64)
    sides = np.zeros((2, MAX_PAIR_ACCOUNTS), np.int64)
    done = 0
    while True:
        read = (entries, lines, batch.data, table, *characters(), *limits)
        done = meet_entries(done, *read, store.directory(), *output, scratch, sides)
        if done == len(batch):
            return output
        # Room for the entry it stopped before; doubling makes it room for many.
        size = int(entries["lines"][done])
        rows = dict.fromkeys(("journals", "authors", "sequences", "nears", "pieces", "memos", "places"), 2)
        rows |= dict.fromkeys(
            ("accounts", "company_accounts", "parties", "holders", "ibans", "dealings", "purposes"), size + 1
        )
        newcomers = min(size, MAX_NEWCOMERS)
        rows |= {"named": newcomers, "shapes": newcomers * SHAPES_OF_NUMBER, "aliases": newcomers * ALIASES_OF_NAME}
        rows["pairs"] = MAX_PAIRS_OF_ENTRY
        items = {"cells": CELLS_OF_LINE * (size + 2), "traces": 2 * size + 2, "ids": MAX_ID_BYTES}
        store.reserve(rows, items)
        output = _with_room(output)


def _with_room(output: Output) -> Output:
    """Return an output whose buffer of ids is at most half full."""
    if 2 * int(output.used[0]) < len(output.texts):
        return output
    return output._replace(texts=np.concatenate([output.texts, np.zeros_like(output.texts)]))
