"""Wasserstein: how far values have to be moved to make one distribution of the other, in standard deviations.

For large samples, where any difference is significant and only its size matters: 0.1 is a tenth of a standard
deviation. With few rows it is mostly chance, and its law, an asymptotic bound, fails where the standard deviation
comes from a few extreme rows; Kolmogorov-Smirnov is used there.

References
----------
Vallender: Calculation of the Wasserstein distance between probability distributions on the line. 1974.
Bobkov, Ledoux: One-dimensional empirical measures, order statistics and Kantorovich transport distances. 2019.
"""

import math
from typing import NamedTuple

import numpy as np

from wisebook_ml.drift.base import Distance, Lipschitz
from wisebook_ml.drift.grid import Grid
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["Counted", "wasserstein", "wasserstein_error"]


class Counted(NamedTuple):
    """Values by cell: how many, and the sum of each cell in the grid's steps."""

    counts: Ints
    sums: Ints


def wasserstein(grid: Grid, before: Counted, after: Counted) -> Distance:
    """Return the normalised distance of two samples that were counted in the same cells.

    The areas between the two distribution functions over all cells. Exact where these do not cross within a cell; else
    below the exact value, by what `wasserstein_error` says at most.

    The law: over functions of slope 1, the difference of means has at most the standard deviation of the values
    themselves, and the mean of its largest value is that of the area under a Brownian bridge.

    Parameters
    ----------
    grid : Grid
    before, after : Counted
        The reference and the window; neither is empty.

    Examples
    --------
    >>> values = np.random.default_rng(1).normal(size=20_000)
    >>> grid = Grid.of(values)
    >>> def counted(x):
    ...     cells = grid.cell_of(x)
    ...     sums = np.bincount(cells, grid.steps_of(x), minlength=grid.cells).astype(np.int64)
    ...     return Counted(np.bincount(cells, minlength=grid.cells), sums)
    >>> found = wasserstein(grid, counted(values), counted(values + 0.2))
    >>> round(found.value, 2)
    0.2
    """
    sd = grid.sd / grid.step
    if not sd:
        return Distance(0.0, 0.0, Lipschitz(0.0, 0.0))
    area = _areas(grid, after) - _areas(grid, before)
    value = float(np.abs(area).sum()) / sd
    below = np.cumsum(before.counts)[:-1] / before.counts.sum()
    # E|B(t)| = sqrt(2 t (1 - t) / pi), between the edges; no less than that of the difference of means alone.
    mean = math.sqrt(2 / math.pi) * float((np.sqrt(below * (1 - below))[:-1] * np.diff(_edges(grid))).sum()) / sd
    return Distance(value, value, Lipschitz(max(mean, math.sqrt(2 / math.pi)), 1.0))


def wasserstein_error(grid: Grid, before: Counted, after: Counted) -> float:
    """Return by how much the exact distance can be above the value, at most."""
    sd = grid.sd / grid.step
    if not sd:
        return 0.0
    masses = [one.counts / one.counts.sum() for one in (after, before)]
    right = np.cumsum(masses[0]) - np.cumsum(masses[1])
    left = right - masses[0] + masses[1]
    above = np.maximum(np.minimum(left + masses[0], right + masses[1]), 0.0)[1:-1]
    below = np.maximum(np.minimum(masses[1] - left, masses[0] - right), 0.0)[1:-1]
    both = np.divide(above * below, above + below, out=np.zeros_like(above), where=above + below > 0)
    inner = 2.0 * float((np.diff(_edges(grid)) * np.where(grid.atoms[1:-1], 0.0, both)).sum())
    areas = [np.abs(_areas(grid, one)) for one in (after, before)]
    outer = sum(2.0 * float(min(areas[0][k], areas[1][k])) for k in (0, -1))
    return (inner + outer) / sd


def _edges(grid: Grid) -> Floats:
    return (grid.edges - grid.origin) / grid.step


def _areas(grid: Grid, one: Counted) -> Floats:
    """Return the area under the distribution function in each cell, and (negative) above it in the last one."""
    total, edges = one.counts.sum(), _edges(grid)
    shares, sums = one.counts / total, one.sums / total
    below = np.cumsum(shares) - shares
    areas = np.empty(len(shares))
    areas[:-1] = shares[:-1] * edges - sums[:-1]
    areas[1:-1] += below[1:-1] * np.diff(edges)
    areas[-1] = shares[-1] * edges[-1] - sums[-1]
    return areas
