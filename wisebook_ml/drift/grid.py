"""The cells that the values of one number are counted in: chosen once, by the reference."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["CELLS", "DISCRETE", "REACH", "STEPS", "Grid"]

CELLS = 64
"""Cells of a number, about: none that is not a single value holds much more than 1/48 of the reference."""

DISCRETE = 24
"""Up to so many different values, each has a cell of its own, and is compared like a category."""

ATOM_SHARE = 1 / 32
"""From this share of the reference on, a single value (mostly 0) has a cell of its own."""

STEPS = 2**20
"""Steps within the range of the reference that sums are counted in: whole numbers add up the same in any order."""

REACH = 100
"""What lies farther out than so many ranges of the reference counts as that far, so that sums cannot overflow."""


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The cells of one number.

    Cell ``j`` holds values from ``edges[j - 1]`` (included) to ``edges[j]``; the first and the last one are open.

    Attributes
    ----------
    edges : ndarray of float64, shape (k,)
        Ascending.
    atoms : ndarray of bool, shape (k + 1,)
        Cells that hold a single value.
    origin, step : float
        A value counts as ``round((value - origin) / step)`` in sums.
    sd : float
        Standard deviation of the reference.
    discrete : bool
        Whether the reference had `DISCRETE` values at most.
    """

    edges: Floats
    atoms: npt.NDArray[np.bool_]
    origin: float
    step: float
    sd: float
    discrete: bool

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.edges) + 1

    @property
    def low(self) -> float:
        """The first edge."""
        return float(self.edges[0])

    @property
    def high(self) -> float:
        """The last edge."""
        return float(self.edges[-1])

    @classmethod
    def of(cls, values: Floats) -> "Grid":
        """Return cells for values like these.

        Parameters
        ----------
        values : ndarray of float64, shape (n,)
            The reference; what is not finite is left out.

        Examples
        --------
        >>> grid = Grid.of(np.array([0.0] * 98 + [2.0, 3.0]))
        >>> grid.discrete, grid.cell_of(np.array([-1.0, 0.0, 1.0, 2.0, 9.0])).tolist()
        (True, [0, 1, 2, 3, 6])
        """
        finite = np.sort(values[np.isfinite(values)]) + 0.0  # no negative zeros
        if not len(finite):
            finite = np.zeros(1)
        unique, counts = np.unique(finite, return_counts=True)
        discrete = len(unique) <= DISCRETE
        singles = unique if discrete else unique[counts >= ATOM_SHARE * len(finite)]
        beyond = np.nextafter(singles, np.inf)
        edges = np.concatenate([singles, beyond])
        if not discrete:
            rest = finite[~np.isin(finite, singles)]
            places = np.arange(1, CELLS - len(singles)) * len(rest) // (CELLS - len(singles))
            edges = np.concatenate([edges, rest[places]])
        edges = np.unique(edges)
        atoms = np.zeros(len(edges) + 1, np.bool_)
        atoms[1:-1] = np.isin(edges[:-1], singles) & (edges[1:] == np.nextafter(edges[:-1], np.inf))
        span = float(unique[-1] - unique[0]) or max(abs(float(unique[0])), 1.0)
        return cls(edges, atoms, float(unique[0]), span / STEPS, float(finite.std()), discrete)

    def cell_of(self, values: Floats) -> Ints:
        """Return the cell of each value."""
        cells: Ints = np.searchsorted(self.edges, values, side="right")
        return cells

    def steps_of(self, values: Floats) -> Floats:
        """Return the whole number that each value counts as in sums (0 for NaN), as floats."""
        limit = REACH * STEPS
        steps = np.rint(np.clip((values - self.origin) * (1.0 / self.step), -limit, limit))
        return np.nan_to_num(steps, copy=False)
