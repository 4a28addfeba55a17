"""Entries as columns: what every control and feature reads."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from schemas import Ecriture, Ligne, to_minor

__all__ = ["EntryBatch", "Floats", "Ints", "account_root"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

UNKNOWN_ROOT = -1
"""Root of an account number that does not start with digits (the FEC asks for three)."""

ROOT_DIGITS = 5
"""Digits of an account that controls look at: the PCG defines accounts down to five (44566, 44571)."""


@lru_cache(maxsize=65_536)
def account_root(compte_num: str) -> int:
    """Return the first five digits of an account, padded with zeros; -1 where it does not start with a digit.

    Examples
    --------
    >>> account_root("411DUPONT"), account_root("4456610"), account_root("ABC")
    (41100, 44566, -1)
    """
    head = compte_num[:ROOT_DIGITS]
    if not (head.isascii() and head.isdigit()):
        digits = 0
        while digits < len(head) and head[digits] in "0123456789":
            digits += 1
        if digits == 0:
            return UNKNOWN_ROOT
        head = head[:digits]
    return int(head.ljust(ROOT_DIGITS, "0"))


@dataclass(frozen=True, slots=True, eq=False)
class EntryBatch:
    """Entries of one company, in the order of their publication, with their lines as columns.

    Attributes
    ----------
    entries : sequence of Ecriture
        The records, length n.
    lines : list of Ligne
        All lines, length m, entry by entry.
    first : ndarray of int64, shape (n + 1,)
        The lines of entry i are ``first[i]:first[i + 1]``.
    entry_of : ndarray of int64, shape (m,)
        The entry of each line.
    debit, credit, net, amount : ndarray of int64, shape (m,)
        In cents; ``net`` is debit less credit, ``amount`` its absolute value.
    on_debit : ndarray of bool, shape (m,)
        Whether a line stands on the debit side; a negative debit does too (a discount on the same side).
    root : ndarray of int64, shape (m,)
        `account_root` of each line.
    day : ndarray of int64, shape (n,)
        Proleptic ordinal of `ecriture_date`.
    total_debit, total_credit, total : ndarray of int64, shape (n,)
        In cents; ``total``, the amount at stake, is the larger of both in absolute value.
    """

    entries: Sequence[Ecriture]
    lines: list[Ligne]
    first: Ints
    entry_of: Ints
    debit: Ints
    credit: Ints
    net: Ints
    amount: Ints
    on_debit: npt.NDArray[np.bool_]
    root: Ints
    day: Ints
    total_debit: Ints
    total_credit: Ints
    total: Ints

    @classmethod
    def from_entries(cls, entries: Sequence[Ecriture]) -> "EntryBatch":
        """Flatten entries (each with at least one line, as the schema asks) into columns."""
        lines = [line for entry in entries for line in entry.lignes]
        counts = np.array([len(entry.lignes) for entry in entries], dtype=np.int64)
        first = np.zeros(len(entries) + 1, dtype=np.int64)
        np.cumsum(counts, out=first[1:])
        debit = np.array([to_minor(line.debit) for line in lines], dtype=np.int64)
        credit = np.array([to_minor(line.credit) for line in lines], dtype=np.int64)
        net = debit - credit
        if entries:
            total_debit = np.add.reduceat(debit, first[:-1])
            total_credit = np.add.reduceat(credit, first[:-1])
        else:
            total_debit = total_credit = np.zeros(0, dtype=np.int64)
        return cls(
            entries=entries,
            lines=lines,
            first=first,
            entry_of=np.repeat(np.arange(len(entries), dtype=np.int64), counts),
            debit=debit,
            credit=credit,
            net=net,
            amount=np.abs(net),
            on_debit=(debit != 0) | (credit == 0),
            root=np.array([account_root(line.compte_num) for line in lines], dtype=np.int64),
            day=np.array([entry.ecriture_date.toordinal() for entry in entries], dtype=np.int64),
            total_debit=total_debit,
            total_credit=total_credit,
            total=np.maximum(np.abs(total_debit), np.abs(total_credit)),
        )

    def __len__(self) -> int:
        return len(self.entries)

    def lines_of(self, entry: int) -> range:
        """Return the positions of an entry's lines."""
        return range(int(self.first[entry]), int(self.first[entry + 1]))

    def line_numbers(self, entry: int, mask: npt.NDArray[np.bool_]) -> list[int]:
        """Return which of an entry's lines a mask over all lines selects, counted from 1."""
        start = int(self.first[entry])
        return [line - start + 1 for line in self.lines_of(entry) if mask[line]]

    def max_per_entry(self, values: Floats) -> Floats:
        """Return the largest value among each entry's lines (NaN counts as nothing; -inf where all are)."""
        if not len(self):
            return np.zeros(0)
        return np.maximum.reduceat(np.where(np.isnan(values), -np.inf, values), self.first[:-1])

    def sum_per_entry(self, values: Ints) -> Ints:
        """Return the sum of each entry's lines."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        return np.add.reduceat(values, self.first[:-1])

    def any_per_entry(self, mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """Return whether any line of each entry is selected."""
        if not len(self):
            return np.zeros(0, dtype=np.bool_)
        return np.logical_or.reduceat(mask, self.first[:-1])

    def date(self, entry: int) -> dt.date:
        """Return an entry's date."""
        return self.entries[entry].ecriture_date
