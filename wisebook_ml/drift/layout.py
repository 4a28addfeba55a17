"""What the cells of a sketch mean: the grids of all numbers, and the known values of all categories."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import msgspec
import numpy as np
import numpy.typing as npt

from wisebook_ml.drift.exceptions import DriftError, NotEnoughReference
from wisebook_ml.drift.grid import Grid
from wisebook_ml.drift.variables import Scale, Variable
from wisebook_ml.ledger.batch import Floats

__all__ = ["KNOWN", "Column", "Columns", "Layout"]

Column = Floats | npt.NDArray[np.object_] | Sequence[str | None]
"""Of a number, as float64 with NaN for missing; of a category, as texts with None for missing."""

Columns = Mapping[str, Column]
"""Rows, by variable."""

KNOWN = 40
"""Values of a category that are counted by themselves, the most frequent first; all others are counted together."""


class _Dumped(msgspec.Struct, array_like=True):
    variables: list[Variable]
    grids: list[tuple[bytes, bytes, float, float, float, bool] | None]
    known: list[list[str]]


@dataclass(frozen=True, eq=False)
class Layout:
    """The cells of all variables, one after the other.

    Attributes
    ----------
    variables : tuple of Variable
        What is watched.
    grids : tuple of Grid or None
        Of each variable; None for a category.
    known : tuple of tuple of str
        Of each variable: the values of a category that have a cell; one more cell follows for all others.
    """

    variables: tuple[Variable, ...]
    grids: tuple[Grid | None, ...]
    known: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, variables: Sequence[Variable], columns: Columns) -> "Layout":
        """Return the cells that suit a reference.

        Parameters
        ----------
        variables : sequence of Variable
            What to watch; each has a column.
        columns : mapping
            The rows of the reference.

        Raises
        ------
        DriftError
            Where a name is given twice or a column is missing; `NotEnoughReference` where there are no rows.
        """
        names = [variable.name for variable in variables]
        if len(set(names)) < len(names):
            raise DriftError(f"a variable is named twice among {', '.join(names)}")
        if missing := [name for name in names if name not in columns]:
            raise DriftError(f"the reference has no column {', '.join(missing)}")
        if not names or not len(columns[names[0]]):
            raise NotEnoughReference("the reference has no rows: give those that the model was trained on")
        grids: list[Grid | None] = []
        known: list[tuple[str, ...]] = []
        for variable in variables:
            column = columns[variable.name]
            if variable.scale is Scale.CATEGORY:
                counts = Counter(value for value in column if value is not None)
                ranked = sorted(counts, key=lambda value: (-counts[value], value))
                grids.append(None)
                known.append(tuple(ranked[:KNOWN]))
            else:
                grids.append(Grid.of(np.asarray(column, np.float64)))
                known.append(())
        return cls(tuple(variables), tuple(grids), tuple(known))

    @cached_property
    def first(self) -> list[int]:
        """Where each variable's cells begin, and where the last ones end."""
        sizes = [
            len(known) + 1 if grid is None else grid.cells for grid, known in zip(self.grids, self.known, strict=True)
        ]
        return [0, *np.cumsum(sizes).tolist()]

    @cached_property
    def numbers(self) -> list[tuple[int, Grid]]:
        """The places of numbers among the variables, and their grids."""
        return [(k, grid) for k, grid in enumerate(self.grids) if grid is not None]

    @cached_property
    def origins(self) -> Floats:
        """Where the sums of each number begin, shape (numbers, 1)."""
        return np.array([[grid.origin] for _, grid in self.numbers]).reshape(-1, 1)

    @cached_property
    def rates(self) -> Floats:
        """How many steps of sums there are in 1, shape (numbers, 1)."""
        return np.array([[1.0 / grid.step] for _, grid in self.numbers]).reshape(-1, 1)

    @cached_property
    def categories(self) -> list[tuple[int, dict[str, int]]]:
        """The places of categories among the variables, and the cell of each known value."""
        return [
            (k, {value: cell for cell, value in enumerate(self.known[k])})
            for k, grid in enumerate(self.grids)
            if grid is None
        ]

    def place(self, name: str) -> int:
        """Return the place of a variable."""
        return next(k for k, variable in enumerate(self.variables) if variable.name == name)

    def cells(self, place: int) -> slice:
        """Return where a variable's cells are."""
        return slice(self.first[place], self.first[place + 1])

    @cached_property
    def fingerprint(self) -> bytes:
        """Eight bytes that tell this layout from others."""
        return hashlib.blake2b(self.dump(), digest_size=8).digest()

    def dump(self) -> bytes:
        """Return it as bytes, the same for the same layout."""
        grids = [
            None
            if grid is None
            else (
                grid.edges.astype("<f8").tobytes(),
                grid.atoms.astype("u1").tobytes(),
                grid.origin,
                grid.step,
                grid.sd,
                grid.discrete,
            )
            for grid in self.grids
        ]
        return msgspec.msgpack.encode(_Dumped(list(self.variables), grids, [list(known) for known in self.known]))

    @classmethod
    def load(cls, data: bytes) -> "Layout":
        """Return what was dumped.

        Raises
        ------
        DriftError
            Where it is no layout.
        """
        try:
            found = msgspec.msgpack.decode(data, type=_Dumped)
        except msgspec.MsgspecError as error:
            raise DriftError(f"no layout of drift sketches: {error}") from error
        grids = [
            None
            if one is None
            else Grid(np.frombuffer(one[0], "<f8").copy(), np.frombuffer(one[1], "u1").astype(np.bool_), *one[2:])
            for one in found.grids
        ]
        return cls(tuple(found.variables), tuple(grids), tuple(tuple(known) for known in found.known))
