"""Chi²: whether the counts of categories, or of the cells of a number, are still what they were.

Good for categories, for values that are rare, for one that is new. The statistic is the likelihood-ratio one
(deviance) with Yates' correction, not Pearson's: both are chi² in the limit, but where one case is expected and six
came, Pearson's says one in two million where the truth is six in ten thousand, and with hundreds of tests each day that
would be alarms.

References
----------
Wilks: The large-sample distribution of the likelihood ratio for testing composite hypotheses. 1938.
Cressie, Read: Multinomial goodness-of-fit tests. JRSS B 1984 (the family of both).
Yates: Contingency tables involving small numbers and the chi² test. JRSS Supplement 1934.
Cohen: Statistical Power Analysis for the Behavioral Sciences. 1988 (the effect size w).
"""

import math

import numpy as np

from wisebook_ml.drift.base import ChiSquare, Distance
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["chi2", "deviance"]

YATES = 0.5
LEAST = 1.0
"""Rows of the window that are expected of a group at least, for the effect size: what never came may come."""


def chi2(before: Ints, after: Ints) -> Distance:
    """Return how far the shares of groups are apart: Cohen's w, and the law of the deviance.

    ``w`` is 0.1 where hardly anything changed, 0.3 for a change that one sees, and 0.5 for a large one; for a share it
    is its change in standard deviations.

    Parameters
    ----------
    before, after : ndarray of int64, shape (groups,)
        Counts of the reference and of the window; neither is empty.

    Examples
    --------
    >>> found = chi2(np.array([900, 100]), np.array([75, 25]))
    >>> round(found.value, 2), found.p(1 / 1000 + 1 / 100) < 1e-3
    (0.5, True)
    >>> chi2(np.array([900, 100]), np.array([88, 12])).p(1 / 1000 + 1 / 100) > 0.5
    True
    """
    used = (before + after) > 0
    before, after = before[used], after[used]
    n, m = int(after.sum()), int(before.sum())
    expected = before / m
    w = math.sqrt(float(((after / n - expected) ** 2 / np.maximum(expected, LEAST / n)).sum()))
    return Distance(w, math.sqrt(deviance(before, after) * (1 / n + 1 / m)), ChiSquare(len(before) - 1))


def deviance(before: Ints, after: Ints) -> float:
    """Return twice the log likelihood ratio of two rows of counts, with Yates' correction.

    Poisson deviances, so that it stays what it is where corrected counts no longer sum up to the rows.
    """
    together, n, m = before + after, int(after.sum()), int(before.sum())
    expected: Floats = np.multiply(together, n / (n + m), dtype=np.float64)
    off, left = after - expected, together - expected
    moved = np.sign(off) * np.maximum(np.abs(off) - YATES, 0.0)
    return float((_poisson(expected + moved, expected) + _poisson(left - moved, left)).sum())


def _poisson(seen: Floats, expected: Floats) -> Floats:
    ratio = np.divide(seen, expected, out=np.ones_like(seen), where=(seen > 0) & (expected > 0))
    deviances: Floats = 2.0 * (seen * np.log(ratio) - (seen - expected))
    return np.maximum(deviances, 0.0)
