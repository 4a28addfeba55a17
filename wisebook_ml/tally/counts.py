"""Counts of the entries that were scored of a partition, in blocks that end at the same offsets whoever counts them."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from schemas import Comptage, Tick
from schemas.marker import IMPORT
from schemas.measures import CLASSES_SCORE
from schemas.money import MAX_TOTAL_MINOR
from wisebook_ml.habits.store import StateError
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["ALL_COMPANIES", "BLOCK", "STATISTICS", "Counted", "Counts", "score_bars"]

BLOCK = 1_024
"""Offsets of a block. Fewer make more records of counts than they save; more, and what came last is told late, and a
block of entries that are all of different hours would not fit into one record."""

STATISTICS = "statistics"
"""Timer whose tick ends a block, so that the hour is complete."""

ALL_COMPANIES = 0

NUMBERS = 5
"""What is known of an entry besides its journal."""


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Entries to be counted, in their order.

    Attributes
    ----------
    numbers : ndarray of int64, shape (5, n)
        Company; hour of UTC of the event, counted from 1970 on; lines; sum of the debits, in cents; and bar of the
        histogram of composites (`score_bars`).
    journal : list of bytes
        Code of the journal of each, in UTF-8.
    """

    numbers: Ints
    journal: list[bytes]

    def __len__(self) -> int:
        return len(self.journal)

    def part(self, begin: int, end: int) -> "Counted":
        """Return the entries of a range."""
        return Counted(self.numbers[:, begin:end], self.journal[begin:end])


def score_bars(composites: Floats) -> Ints:
    """Return the bar of the histogram that each composite falls into.

    Examples
    --------
    >>> score_bars(np.array([0.0, 0.05, 0.999, 1.0])).tolist()
    [0, 1, 19, 19]
    """
    return np.minimum((composites * CLASSES_SCORE).astype(np.int64), CLASSES_SCORE - 1)


class _Dumped(msgspec.Struct, array_like=True):
    begin: int
    clock: dt.datetime | None
    numbers: bytes
    journal: list[bytes]


class Counts:
    """The block of a partition that is being counted.

    What was counted is kept entry by entry until the block ends, at most `BLOCK` of them, so that a block does not
    depend on how the stream was cut.

    Parameters
    ----------
    partition : int
        Of the entries: what a block says of itself.

    Attributes
    ----------
    begin : int
        Offset of the first record of the block.
    clock : datetime or None
        Due time of the last tick for all companies; those that end a file tell the time of its publisher.

    Examples
    --------
    >>> counts = Counts()
    >>> counts.add(Counted(np.array([[7], [24], [2], [12_000], [0]]), [b"AC"]))
    >>> tick = Tick(societe_id=0, minuterie="statistics", echeance=dt.datetime(1970, 1, 2, 2, tzinfo=dt.UTC))
    >>> (block,) = counts.tick(tick, offset=40)
    >>> (block.societes, block.journaux, block.centimes, block.depuis, block.jusque, block.battement)
    ([7], ['AC'], [12000], 0, 41, 'statistics')
    >>> counts.begin
    41
    """

    def __init__(self, partition: int = 0) -> None:
        self.partition = partition
        self.begin = 0
        self.clock: dt.datetime | None = None
        self._parts: list[Counted] = []

    @property
    def limit(self) -> int:
        """The block ends before the first record with this offset or a larger one."""
        return (self.begin // BLOCK + 1) * BLOCK

    def add(self, entries: Counted) -> None:
        """Count entries of this block."""
        if len(entries):
            self._parts.append(entries)

    def pass_limit(self, offset: int) -> list[Comptage]:
        """End the block before a record whose offset is at or beyond `limit`."""
        return self._end(offset // BLOCK * BLOCK, "")

    def tick(self, tick: Tick, offset: int) -> list[Comptage]:
        """Take a tick, due at a time in UTC; return what the block has, where it ends with it.

        It ends with the tick of the statistics, which is told even where nothing was counted, and with the one that
        ends a file, so that what was imported is seen at once.
        """
        if tick.minuterie == IMPORT:
            return self._end(offset + 1, "")
        if tick.societe_id != ALL_COMPANIES:
            return []
        self.clock = tick.echeance
        return self._end(offset + 1, STATISTICS) if tick.minuterie == STATISTICS else []

    def _end(self, end: int, beat: str) -> list[Comptage]:
        begin, self.begin = self.begin, end
        parts, self._parts = self._parts, []
        if not parts and not beat:
            return []
        columns = _columns(_joined(parts)) if parts else {}
        return [
            Comptage(partition=self.partition, depuis=begin, jusque=end, horloge=self.clock, battement=beat, **columns)
        ]

    def dump(self) -> bytes:
        """Return the state, the same however the stream was cut."""
        entries = _joined(self._parts)
        numbers = entries.numbers.astype("<i8").tobytes()
        return msgspec.msgpack.encode(_Dumped(self.begin, self.clock, numbers, entries.journal))

    def load(self, data: bytes | memoryview) -> None:
        """Take a state that was dumped.

        Raises
        ------
        StateError
            Where it is none.
        """
        try:
            found = msgspec.msgpack.decode(data, type=_Dumped)
            numbers = np.frombuffer(found.numbers, "<i8").astype(np.int64).reshape(NUMBERS, len(found.journal))
        except (msgspec.MsgspecError, ValueError) as error:
            raise StateError(f"no state of counts: {error}") from error
        self.begin, self.clock, self._parts = found.begin, found.clock, []
        self.add(Counted(numbers, found.journal))


def _joined(parts: Sequence[Counted]) -> Counted:
    numbers = [np.zeros((NUMBERS, 0), np.int64), *(part.numbers for part in parts)]
    return Counted(np.concatenate(numbers, axis=1), [journal for part in parts for journal in part.journal])


def _columns(entries: Counted) -> dict[str, list[Any]]:
    """Return what was counted of each company, hour and journal, in their order, as the columns of a record.

    Most rows have one or two entries, so that a Python object for each of them is what counting would cost.
    """
    societe, hour, lines, debit, score = entries.numbers
    codes = sorted(set(entries.journal))
    rank = {code: k for k, code in enumerate(codes)}
    journal = np.fromiter(map(rank.__getitem__, entries.journal), np.int64, len(entries))
    order = np.lexsort((journal, hour, societe))
    societe, hour, journal, score = societe[order], hour[order], journal[order], score[order]
    new = np.ones(len(order), np.bool_)
    new[1:] = (societe[1:] != societe[:-1]) | (hour[1:] != hour[:-1]) | (journal[1:] != journal[:-1])
    begins = np.flatnonzero(new)
    number = np.diff(begins, append=len(order))
    # Whole numbers: a block has no more entries than fit into an int64 with the largest sums that they may have.
    cents = np.add.reduceat(debit[order], begins).clip(-MAX_TOTAL_MINOR, MAX_TOTAL_MINOR)
    return {
        "journaux": [code.decode() for code in codes],
        "societes": societe[begins].tolist(),
        "heures": hour[begins].tolist(),
        "journal": journal[begins].tolist(),
        "ecritures": number.tolist(),
        "lignes": np.add.reduceat(lines[order], begins).tolist(),
        "centimes": cents.tolist(),
        "scores": _spread(score, begins, number),
    }


def _spread(score: Ints, begins: Ints, number: Ints) -> list[list[int]]:
    """Return the histogram of each row, up to the last bar that is not empty; none where all are in the first."""
    spread: list[list[int]] = [[]] * len(begins)
    highest = np.maximum.reduceat(score, begins)
    rows = np.flatnonzero(highest)
    if len(rows):
        row_of = np.repeat(np.arange(len(begins)), number)
        bars = np.bincount(row_of * CLASSES_SCORE + score, minlength=len(begins) * CLASSES_SCORE)
        found = bars.reshape(-1, CLASSES_SCORE)[rows].tolist()
        for row, last, of in zip(rows.tolist(), highest[rows].tolist(), found, strict=True):
            spread[row] = of[: last + 1]
    return spread
