"""Population stability index: the measure that bankers and their supervisors know. Under 0.1 stable, above 0.2 moved.

``sum (after - before) ln(after / before)`` over tenths of the reference (and its ends: the first and last 5 % and 1 %).
By chance alone it is about ``groups * (1/n + 1/m)``, so that its threshold says nothing for small samples: what decides
there is the probability, that of the deviance of the same groups (`wisebook_ml.drift.chi2`), which has the same limit.

References
----------
Siddiqi: Credit Risk Scorecards. Wiley 2006.
Yurdakul: Statistical properties of population stability index. Western Michigan University 2018 (its law is chi²).
"""

import math

import numpy as np

from wisebook_ml.drift.base import ChiSquare, Distance
from wisebook_ml.drift.chi2 import deviance
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["PARTS", "grouped", "groups_of", "psi"]

PARTS = np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99])
"""Where the groups of a number end, as shares of the reference."""

SMOOTHING = 0.5


def groups_of(before: Ints) -> Ints:
    """Return the group of each cell of a number, from 0 on: which of `PARTS` its middle lies in."""
    middle = (np.cumsum(before) - before / 2) / before.sum()
    groups: Ints = np.unique(np.searchsorted(PARTS, middle), return_inverse=True)[1]
    return groups


def grouped(counts: Ints, groups: Ints) -> Ints:
    """Return the counts of groups of cells."""
    return np.bincount(groups, counts, minlength=int(groups[-1]) + 1).astype(np.int64)


def psi(before: Ints, after: Ints) -> Distance:
    """Return the index of two rows of counts.

    Parameters
    ----------
    before, after : ndarray of int64, shape (groups,)
        Counts of the reference and of the window; neither is empty.

    Examples
    --------
    >>> round(psi(np.full(10, 1000), np.array([5, 6, 7, 8, 9, 11, 12, 13, 14, 15]) * 10).value, 3)
    0.116
    """
    used = (before + after) > 0
    before, after = before[used], after[used]
    n, m = int(after.sum()), int(before.sum())
    shares: list[Floats] = [
        (counts + SMOOTHING) / (counts.sum() + SMOOTHING * len(counts)) for counts in (before, after)
    ]
    value = float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
    return Distance(value, math.sqrt(deviance(before, after) * (1 / n + 1 / m)), ChiSquare(len(before) - 1))
