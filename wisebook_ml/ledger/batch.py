"""Entries as columns: what every control and feature reads."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from schemas import Ecriture, Ligne
from wisebook_ml.ledger.columns import ENTRY_TEXTS, NO_TIME, ROOT_DIGITS, UNKNOWN_ROOT, entry_row, line_row
from wisebook_ml.ledger.records import read_records

__all__ = ["NO_TIME", "EntryBatch", "Floats", "Ints", "Span", "account_root"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_decode = msgspec.json.Decoder(Ecriture).decode


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


SHORT = 16
"""Bytes up to which texts are read all at once, each in as much room as the longest."""


class Span(NamedTuple):
    """A column of texts: UTF-8 bytes of a batch's `data`, by where they start and how many they are (0: no text)."""

    start: Ints
    length: Ints


@dataclass(frozen=True, slots=True, eq=False)
class EntryBatch:
    """Entries of one partition, any companies mixed, in the order of their publication, with their lines as columns.

    Made by `from_entries` or `wisebook_ml.ledger.scan.scan`. Columns are int64 unless stated otherwise.

    Attributes
    ----------
    data : ndarray of uint8
        The bytes in which all texts lie.
    values : list of bytes
        The records as JSON, length n.
    first : ndarray, shape (n + 1,)
        The lines of entry i are ``first[i]:first[i + 1]``; each entry has at least one.
    societe, revision : ndarray, shape (n,)
    operation, origine : ndarray of int8, shape (n,)
        Position in ``tuple(Operation)`` and ``tuple(Origine)``; -1 where the origin is not known.
    day, valid : ndarray, shape (n,)
        Proleptic ordinals of `ecriture_date` and `valid_date` (0: none).
    saisie : ndarray, shape (n,)
        Microseconds of `saisie_le` since 1970-01-01T00:00Z; `NO_TIME` where not known.
    total_debit, total_credit, total : ndarray, shape (n,)
        In cents; ``total``, the amount at stake, is the larger of both in absolute value.
    entry_of : ndarray, shape (m,)
        The entry of each line.
    debit, credit, net, amount : ndarray, shape (m,)
        In cents; ``net`` is debit less credit, ``amount`` its absolute value.
    on_debit : ndarray of bool, shape (m,)
        Whether a line stands on the debit side; a negative debit does too (a discount on the same side).
    root : ndarray, shape (m,)
        `account_root` of each line.
    piece_date, date_let, date_echeance : ndarray, shape (m,)
        Proleptic ordinals; 0: none.
    """

    data: npt.NDArray[np.uint8]
    values: list[bytes]
    first: Ints
    societe: Ints
    revision: Ints
    operation: npt.NDArray[np.int8]
    origine: npt.NDArray[np.int8]
    day: Ints
    valid: Ints
    saisie: Ints
    total_debit: Ints
    total_credit: Ints
    total: Ints
    entry_of: Ints
    debit: Ints
    credit: Ints
    net: Ints
    amount: Ints
    on_debit: npt.NDArray[np.bool_]
    root: Ints
    piece_date: Ints
    date_let: Ints
    date_echeance: Ints
    entry_table: Ints = field(repr=False)
    line_table: Ints = field(repr=False)
    _decoded: dict[int, Ecriture] = field(repr=False)

    @classmethod
    def from_tables(
        cls,
        data: npt.NDArray[np.uint8],
        values: list[bytes],
        first: Ints,
        entries: Ints,
        lines: Ints,
        decoded: dict[int, Ecriture] | None = None,
    ) -> "EntryBatch":
        """Return the batch whose columns are the rows of two tables (see `wisebook_ml.ledger.columns`).

        Parameters
        ----------
        data, values, first
            As the attributes.
        entries : ndarray of int64, shape (ENTRY_ROWS, n)
        lines : ndarray of int64, shape (LINE_ROWS, m)
        decoded : dict
            Entries by position, as far as they are known already.
        """

        def entry(name: str) -> Ints:
            row: Ints = entries[entry_row(name)]
            return row

        def line(name: str) -> Ints:
            row: Ints = lines[line_row(name)]
            return row

        return cls(
            data=data,
            values=values,
            first=first,
            societe=entry("societe"),
            revision=entry("revision"),
            operation=entry("operation").astype(np.int8),
            origine=entry("origine").astype(np.int8),
            day=entry("day"),
            valid=entry("valid"),
            saisie=entry("saisie"),
            total_debit=entry("total_debit"),
            total_credit=entry("total_credit"),
            total=entry("total"),
            entry_of=line("entry_of"),
            debit=line("debit"),
            credit=line("credit"),
            net=line("net"),
            amount=line("amount"),
            on_debit=line("on_debit").astype(np.bool_),
            root=line("root"),
            piece_date=line("piece_date"),
            date_let=line("date_let"),
            date_echeance=line("date_echeance"),
            entry_table=entries,
            line_table=lines,
            _decoded={} if decoded is None else decoded,
        )

    @classmethod
    def from_entries(cls, entries: Sequence[Ecriture]) -> "EntryBatch":
        """Flatten entries into columns: they are encoded and scanned, so that there is one path for all.

        Raises
        ------
        ValueError
            If an entry is not as the schema asks, which msgspec does not check when Python code makes one.
        """
        values = [msgspec.json.encode(entry) for entry in entries]
        tables = read_records(values, trusted=True)
        for k in tables.unsure:
            _decode(values[k])  # msgspec.ValidationError, a ValueError, says what is wrong
            raise ValueError(f"entry {entries[k].ecriture_id} cannot be read")
        known = dict(enumerate(entries))
        return cls.from_tables(tables.data, values, tables.first, tables.entries, tables.lines, known)

    def __len__(self) -> int:
        return len(self.values)

    def text(self, name: str) -> Span:
        """Return where a text of each entry or line is; `name` as in `columns.ENTRY_TEXTS` and `LINE_TEXTS`."""
        if name in ENTRY_TEXTS:
            row = entry_row(name)
            return Span(self.entry_table[row], self.entry_table[row + 1])
        row = line_row(name)
        return Span(self.line_table[row], self.line_table[row + 1])

    def texts(self, name: str, rows: Ints) -> list[bytes]:
        """Return a text of some entries or lines in UTF-8, by their positions."""
        start, length = (column[rows] for column in self.text(name))
        width = int(length.max(initial=1))
        if width <= SHORT and start.max(initial=0) + width <= len(self.data):
            figures = np.arange(width)
            inside = figures < length[:, None]
            characters = np.where(inside, self.data[start[:, None] + figures], np.uint8(0))
            if np.array_equal(characters != 0, inside):  # of a text with zeros, NumPy would cut off those at its end
                texts: list[bytes] = characters.view(f"S{width}").ravel().tolist()
                return texts
        whole = self.data.data
        return [whole[at : at + size].tobytes() for at, size in zip(start.tolist(), length.tolist(), strict=True)]

    def entry(self, i: int) -> Ecriture:
        """Return an entry as a record; it is decoded when first asked for."""
        i = range(len(self))[i]
        if i not in self._decoded:
            self._decoded[i] = _decode(self.values[i])
        return self._decoded[i]

    def line(self, k: int) -> Ligne:
        """Return a line as a record."""
        i = int(self.entry_of[k])
        return self.entry(i).lignes[k - int(self.first[i])]

    def select(self, indices: Ints) -> "EntryBatch":
        """Return the batch of some entries only, by their positions in ascending order; texts are shared."""
        counts = self.first[indices + 1] - self.first[indices]
        first = np.zeros(len(indices) + 1, dtype=np.int64)
        np.cumsum(counts, out=first[1:])
        # The position of each line here, plus how far its entry's lines stood further on in this batch.
        wanted = np.arange(first[-1], dtype=np.int64) + np.repeat(self.first[indices] - first[:-1], counts)
        lines = self.line_table.take(wanted, axis=1)  # rows stay contiguous
        lines[line_row("entry_of")] = np.repeat(np.arange(len(indices), dtype=np.int64), counts)
        chosen = indices.tolist()
        return EntryBatch.from_tables(
            self.data,
            [self.values[i] for i in chosen],
            first,
            self.entry_table.take(indices, axis=1),
            lines,
            {new: self._decoded[old] for new, old in enumerate(chosen) if old in self._decoded},
        )

    def lines_of(self, entry: int) -> range:
        """Return the positions of an entry's lines."""
        return range(int(self.first[entry]), int(self.first[entry + 1]))

    def sum_per_entry(self, values: Ints) -> Ints:
        """Return the sum of each entry's lines."""
        if not len(self):
            return np.zeros(0, dtype=np.int64)
        return np.add.reduceat(values, self.first[:-1])
