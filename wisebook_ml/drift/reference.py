"""What is usual: the rows a model was trained on, and how much their own days differ from one another.

Its rows are those that the model was trained on, cut into days: how these differ by themselves is a variance that is
added to that of the law of each test (`tau2`, see `wisebook_ml.drift.variation`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np

from wisebook_ml.drift.exceptions import DriftError, NotEnoughReference
from wisebook_ml.drift.layout import Columns, Layout
from wisebook_ml.drift.measures import Test, tests_of
from wisebook_ml.drift.sketch import Sketch, merged
from wisebook_ml.drift.variables import Variable
from wisebook_ml.drift.variation import variances_between
from wisebook_ml.ledger.batch import Ints

__all__ = ["MIN_DAYS", "MIN_ROWS", "WINDOWS", "Reference", "reference_of"]

WINDOWS = (1, 3, 10)
"""Windows of a check, in days: what happens at once, a change of half a standard deviation of something rare, and what
comes slowly."""

MIN_ROWS = 500
"""Rows below which a reference tells nothing of ends and rare values."""

MIN_DAYS = 10
"""Days below which nothing is known of how they differ."""

BLOCK = 300
"""Rows of a day, where a reference has no days."""


class _Dumped(msgspec.Struct, array_like=True):
    layout: bytes
    pooled: bytes
    tau2: list[tuple[int, int, int, float]]
    windows: tuple[int, ...]
    days: int


@dataclass(frozen=True, eq=False)
class Reference:
    """What is usual of a model.

    Attributes
    ----------
    pooled : Sketch
        All of its rows.
    tau2 : mapping
        By variable, test and window: by what variance windows differ beyond chance.
    windows : tuple of int
        Windows, in days, that can be compared: of those asked for, the ones it has enough days for.
    days : int
    """

    pooled: Sketch
    tau2: Mapping[tuple[int, int, int], float]
    windows: tuple[int, ...]
    days: int

    @property
    def layout(self) -> Layout:
        """The cells of sketches that are compared with it."""
        return self.pooled.layout

    @cached_property
    def tests(self) -> list[list[Test]]:
        """What can be asked of each variable."""
        return [tests_of(self.layout, place, self.pooled) for place in range(len(self.layout.variables))]

    @classmethod
    def of(cls, days: Sequence[Sketch], windows: Sequence[int] = WINDOWS) -> "Reference":
        """Return what is usual, from the sketches of its days in their order.

        Raises
        ------
        NotEnoughReference
            Where there are fewer than `MIN_ROWS` rows or `MIN_DAYS` days.
        """
        if len(days) < MIN_DAYS:
            raise NotEnoughReference(f"{len(days)} days to compare with; {MIN_DAYS} are needed to know how they differ")
        layout = days[0].layout
        pooled = merged(layout, days)
        if pooled.rows < MIN_ROWS:
            raise NotEnoughReference(f"{pooled.rows} rows to compare with; {MIN_ROWS} are needed")
        possible = tuple(window for window in windows if len(days) >= max(MIN_DAYS, 3 * window))
        reference = cls(pooled, {}, possible, len(days))
        tau2 = variances_between(days, pooled, reference.tests, possible)
        return cls(pooled, tau2, possible, len(days))

    def dump(self) -> bytes:
        """Return it as bytes, the same for the same reference."""
        tau2 = [(*key, value) for key, value in sorted(self.tau2.items())]
        return msgspec.msgpack.encode(_Dumped(self.layout.dump(), self.pooled.dump(), tau2, self.windows, self.days))

    @classmethod
    def load(cls, data: bytes) -> "Reference":
        """Return what was dumped.

        Raises
        ------
        DriftError
            Where it is no reference.
        """
        try:
            found = msgspec.msgpack.decode(data, type=_Dumped)
        except msgspec.MsgspecError as error:
            raise DriftError(f"no reference of drift: {error}") from error
        layout = Layout.load(found.layout)
        tau2 = {(place, number, window): value for place, number, window, value in found.tau2}
        return cls(Sketch.load(layout, found.pooled), tau2, found.windows, found.days)


def reference_of(
    variables: Sequence[Variable], columns: Columns, days: Ints | None = None, windows: Sequence[int] = WINDOWS
) -> Reference:
    """Return what is usual, from rows.

    Parameters
    ----------
    variables : sequence of Variable
        What is watched.
    columns : mapping
        The rows that the model was trained on, in their order: a column for each variable.
    days : ndarray of int64, shape (n,), optional
        The day of each row, ascending. Without, each 300 rows count as a day.
    windows : sequence of int
        Windows of a check, in days.

    Raises
    ------
    NotEnoughReference
        Where there are too few rows or days.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> known = reference_of([Variable("x", "x", "x")], {"x": rng.normal(size=9000)})
    >>> known.days, known.windows
    (30, (1, 3, 10))
    """
    layout = Layout.of(variables, columns)
    rows = len(columns[variables[0].name])
    day_of = np.arange(rows) // BLOCK if days is None else np.asarray(days)
    ends = [*(np.flatnonzero(np.diff(day_of)) + 1).tolist(), rows]
    if days is None and len(ends) > 1 and rows % BLOCK:
        ends = [*ends[:-2], rows]  # the rest belongs to the last day
    sketches = []
    for begin, end in zip([0, *ends[:-1]], ends, strict=True):
        sketch = Sketch(layout)
        sketch.update({variable.name: columns[variable.name][begin:end] for variable in variables})
        sketches.append(sketch)
    return Reference.of(sketches, windows)
