"""What is kept of the rows of a window: counts by cell, small, of bounded size, and mergeable in any order.

Cells are fixed by the reference (`wisebook_ml.drift.grid`): quantiles, and a cell for each value that is frequent by
itself. So counts of different windows add up and subtract, which quantile sketches (t-digest, KLL) cannot do, and what
is computed of them has a known error: a distribution function is exact at every edge, and between two edges it is off
by no more than what lies there, some 2 % of the reference. Sums within cells, as whole numbers, make means exact, and
the Wasserstein distance too wherever the two distributions do not cross within a cell.

All of it is whole numbers: the same rows give the same bytes, however they were cut into batches.

References
----------
Poosala, Haas, Ioannidis, Shekita: Improved histograms for selectivity estimation of range predicates. SIGMOD 1996
(compressed histograms: quantiles, and frequent values by themselves).
Cohen, Kaplan: Summarizing data using bottom-k sketches. PODC 2007 (which new values of a category are kept).
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from typing import Self

import msgspec
import numpy as np
import numpy.typing as npt

from wisebook_ml.drift.exceptions import DriftError, OtherLayout
from wisebook_ml.drift.grid import REACH, STEPS
from wisebook_ml.drift.layout import Column, Columns, Layout
from wisebook_ml.ledger.batch import Ints

__all__ = ["NEW", "Sketch", "merged"]

NEW = 16
"""Values without a cell that are kept by name, of each category: those with the smallest hashes, so that the same ones
are kept in whatever order they came, with exact counts."""

SHORT = 60
"""Characters of a category that are kept."""


@lru_cache(maxsize=4096)
def _rank(value: str) -> bytes:
    return hashlib.blake2b(value.encode(errors="replace"), digest_size=8).digest()


class _Dumped(msgspec.Struct, array_like=True):
    layout: bytes
    rows: int
    counts: tuple[str, bytes]
    sums: tuple[str, bytes]
    missing: tuple[str, bytes]
    new: list[list[tuple[str, int]]]


class Sketch:
    """Counts of the rows of one window.

    Parameters
    ----------
    layout : Layout
        What its cells mean.

    Attributes
    ----------
    rows : int
    counts, sums : ndarray of int64, shape (cells,)
        Values in each cell, and their sum in the grid's steps.
    missing : ndarray of int64, shape (variables,)
    new : list of dict
        Of each variable: values of a category that have no cell, and how often they came (at most `NEW`).

    Examples
    --------
    >>> from wisebook_ml.drift.variables import Variable
    >>> values = np.random.default_rng(1).normal(size=1000)
    >>> layout = Layout.of([Variable("x", "x", "x")], {"x": values})
    >>> whole, part = Sketch(layout), Sketch(layout)
    >>> whole.update({"x": values}); part.update({"x": values[:300]})
    >>> rest = Sketch(layout); rest.update({"x": values[300:]})
    >>> part.merge(rest); part.dump() == whole.dump()
    True
    >>> bool(abs(whole.mean(0) - values.mean()) < 1e-5)
    True
    """

    __slots__ = ("counts", "layout", "missing", "new", "rows", "sums")

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.rows = 0
        self.counts: Ints = np.zeros(layout.first[-1], np.int64)
        self.sums: Ints = np.zeros(layout.first[-1], np.int64)
        self.missing: Ints = np.zeros(len(layout.variables), np.int64)
        self.new: list[dict[str, int]] = [{} for _ in layout.variables]

    def update(self, columns: Columns) -> None:
        """Count rows.

        Parameters
        ----------
        columns : mapping
            A column for each variable, all of the same length.

        Raises
        ------
        DriftError
            Where a column is missing, or their lengths differ.
        """
        layout = self.layout
        names = [variable.name for variable in layout.variables]
        if missing := [name for name in names if name not in columns]:
            raise DriftError(f"rows without a column {', '.join(missing)}")
        lengths = {len(columns[name]) for name in names}
        if len(lengths) != 1:
            raise DriftError(f"columns of different lengths: {sorted(lengths)}")
        rows = lengths.pop()
        if not rows:
            return
        self.rows += rows
        self._count_numbers(columns, rows)
        for place, known in layout.categories:
            self._count_category(place, known, columns[names[place]])

    def _count_numbers(self, columns: Columns, rows: int) -> None:
        layout, numbers = self.layout, self.layout.numbers
        cells = np.empty((len(numbers), rows), np.int64)
        steps = np.empty((len(numbers), rows))
        for k, (place, grid) in enumerate(numbers):
            steps[k] = columns[layout.variables[place].name]
            cells[k] = grid.cell_of(steps[k])
            cells[k] += layout.first[place]
        missing = np.isnan(steps)
        if missing.any():
            for k, unknown in enumerate(missing.sum(axis=1).tolist()):
                place = numbers[k][0]
                self.missing[place] += unknown
                self.counts[layout.first[place + 1] - 1] -= unknown  # they were sorted behind all others
        # In place: what costs here is memory.
        steps -= layout.origins
        steps *= layout.rates
        np.clip(steps, -REACH * STEPS, REACH * STEPS, out=steps)
        np.rint(steps, out=steps)
        steps[missing] = 0.0
        where, size = cells.ravel(), layout.first[-1]
        self.counts += np.bincount(where, minlength=size)
        # Exact: whole numbers below 2**27, and fewer than 2**26 of them at once.
        self.sums += np.bincount(where, steps.ravel(), minlength=size).astype(np.int64)

    def _count_category(self, place: int, known: dict[str, int], column: Column) -> None:
        first, new = self.layout.first[place], self.new[place]
        other = self.layout.first[place + 1] - 1
        values = column.tolist() if isinstance(column, np.ndarray) else column
        for value, count in Counter(values).items():
            if value is None:
                self.missing[place] += count
                continue
            cell = known.get(value)
            if cell is not None:
                self.counts[first + cell] += count
            else:
                self.counts[other] += count
                new[value[:SHORT]] = new.get(value[:SHORT], 0) + count
        self.new[place] = _bounded(new)

    def merge(self, other: Self) -> None:
        """Add the rows of another window.

        Raises
        ------
        OtherLayout
            Where its cells are others.
        """
        if other.layout is not self.layout and other.layout.fingerprint != self.layout.fingerprint:
            raise OtherLayout("these sketches were made with different references: count anew against the present one")
        self.rows += other.rows
        self.counts += other.counts
        self.sums += other.sums
        self.missing += other.missing
        for place, new in enumerate(other.new):
            if new:
                mine = Counter(self.new[place])
                mine.update(new)
                self.new[place] = _bounded(dict(mine))

    def present(self, place: int) -> int:
        """Return how many rows have a value of a variable."""
        return self.rows - int(self.missing[place])

    def mean(self, place: int) -> float:
        """Return the mean of a number; NaN where all are missing."""
        grid, here, present = self.layout.grids[place], self.layout.cells(place), self.present(place)
        if grid is None or not present:
            return float("nan")
        return grid.origin + grid.step * int(self.sums[here].sum()) / present

    def dump(self) -> bytes:
        """Return it as bytes, the same for the same rows."""
        new = [sorted(one.items()) for one in self.new]
        packed = (_packed(self.counts), _packed(self.sums), _packed(self.missing))
        return msgspec.msgpack.encode(_Dumped(self.layout.fingerprint, self.rows, *packed, new))

    @classmethod
    def load(cls, layout: Layout, data: bytes) -> "Sketch":
        """Return what was dumped.

        Raises
        ------
        DriftError
            Where it is no sketch; `OtherLayout` where it was made with other cells.
        """
        try:
            found = msgspec.msgpack.decode(data, type=_Dumped)
            arrays = [
                np.frombuffer(raw, kind).astype(np.int64) for kind, raw in (found.counts, found.sums, found.missing)
            ]
        except (msgspec.MsgspecError, ValueError, TypeError) as error:
            raise DriftError(f"no sketch: {error}") from error
        if found.layout != layout.fingerprint:
            raise OtherLayout("this sketch was made with another reference: count anew against the present one")
        sketch = cls(layout)
        sizes = [len(sketch.counts), len(sketch.sums), len(sketch.missing), len(sketch.new)]
        if [*map(len, arrays), len(found.new)] != sizes:
            raise DriftError("no sketch: it does not have as many cells as its reference")
        sketch.rows = found.rows
        sketch.counts, sketch.sums, sketch.missing = arrays
        sketch.new = [dict(one) for one in found.new]
        return sketch


def merged(layout: Layout, sketches: Sequence[Sketch]) -> Sketch:
    """Return one sketch of the rows of several."""
    whole = Sketch(layout)
    for sketch in sketches:
        whole.merge(sketch)
    return whole


def _bounded(new: dict[str, int]) -> dict[str, int]:
    if len(new) <= NEW:
        return new
    return {value: new[value] for value in sorted(new, key=lambda value: (_rank(value), value))[:NEW]}


def _packed(values: npt.NDArray[np.int64]) -> tuple[str, bytes]:
    """Return numbers in the narrowest type that holds all of them."""
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    for kind in ("<i1", "<i2", "<i4", "<i8"):
        info = np.iinfo(kind)
        if info.min <= low and high <= info.max:
            return kind, values.astype(kind).tobytes()
    raise AssertionError("int64 holds them")
