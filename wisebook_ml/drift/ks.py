"""Kolmogorov-Smirnov: the largest difference of two distribution functions. For small samples.

Good for any change of a continuous number, wherever it is. Weak for rare values: what happens to one row in a hundred
moves it by one hundredth at most; chi² on the cells sees that.

References
----------
Kolmogorov: Sulla determinazione empirica di una legge di distribuzione. G. Ist. Ital. Attuari 1933.
Smirnov: Table for estimating the goodness of fit of empirical distributions. Annals of Mathematical Statistics 1948.
"""

import numpy as np

from wisebook_ml.drift.base import Distance, Kolmogorov
from wisebook_ml.drift.grid import Grid
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["ks", "ks_bound"]


def ks(before: Ints, after: Ints) -> Distance:
    """Return the distance of two samples that were counted in the same cells.

    The value at the edges: never above the exact one, and less by what `ks_bound` says at most.

    Parameters
    ----------
    before, after : ndarray of int64, shape (cells,)
        Counts of the reference and of the window; neither is empty.

    Examples
    --------
    >>> found = ks(np.array([250, 250, 250, 250]), np.array([25, 25, 50, 100]))
    >>> round(found.value, 3), found.p(1 / 1000 + 1 / 200) < 1e-6
    (0.25, True)
    """
    gap = np.cumsum(after) / after.sum() - np.cumsum(before) / before.sum()
    value = float(np.abs(gap).max())
    return Distance(value, value, Kolmogorov())


def ks_bound(grid: Grid, before: Ints, after: Ints) -> float:
    """Return what the exact distance cannot be above.

    Within a cell, neither function rises by more than what lies in it, so that their difference can pass that at the
    edges by the smaller of the two shares at most; not at all in a cell of a single value.
    """
    masses: list[Floats] = [counts / counts.sum() for counts in (after, before)]
    right = np.cumsum(masses[0]) - np.cumsum(masses[1])
    left = right - masses[0] + masses[1]
    above = np.minimum(left + masses[0], right + masses[1])
    below = np.minimum(masses[1] - left, masses[0] - right)
    inside = np.where(grid.atoms, 0.0, np.maximum(above, below))
    return float(max(np.abs(right).max(), inside.max()))
