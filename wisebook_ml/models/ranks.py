"""How extreme a score is among those seen before: exact counts over a fixed grid."""

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["CELLS", "RANKS", "cell_of", "count_as_large", "rank_add", "rank_tail", "rank_threshold", "tails_of"]

CELLS = 512
"""Cells between 0 and 1: a fifth of a point on the scale that people see."""

RANKS = np.dtype([("total", "i8"), ("cut", "i8"), ("above", "i8"), ("cells", "i4", (CELLS,))], align=True)
"""Counts of a company's scores, and the threshold that keeps its alert budget; all zero before the first score.

total : scores counted.
cut : cell from which on scores are within the budget.
above : scores in that cell or a higher one.
cells : scores in each cell.
"""


@compiled
def cell_of(score: float) -> int:
    """Return the cell of a score in [0, 1]; what lies outside is at its ends."""
    if not score > 0.0:
        return 0
    return CELLS - 1 if score >= 1.0 else int(score * CELLS)


@compiled
def rank_add(ranks: np.void, score: float, budget: float) -> None:
    """Count one score, and move the threshold so that at most the share `budget` of scores reach it.

    Parameters
    ----------
    ranks : record of RANKS
        Updated in place.
    score : float
        In [0, 1].
    budget : float
        In [0, 1]; where it differs from earlier ones, it holds for all scores from now on.

    Examples
    --------
    >>> ranks = np.zeros(1, RANKS)[0]
    >>> for k in range(100):
    ...     rank_add(ranks, k / 100, 0.10)
    >>> round(rank_tail(ranks["cells"], 100, 0.95), 2)   # five of a hundred are at least as large
    0.06
    >>> round(rank_threshold(ranks), 2)   # just above 0.89, the largest score that is too much
    0.89
    """
    cells, cell = ranks["cells"], cell_of(score)
    cells[cell] += 1
    total, cut, above = ranks["total"] + 1, ranks["cut"], ranks["above"]
    if cell >= cut:
        above += 1
    allowed = budget * total
    while above > allowed and cut < CELLS:
        above -= cells[cut]
        cut += 1
    while cut > 0 and above + cells[cut - 1] <= allowed:
        cut -= 1
        above += cells[cut]
    ranks["total"], ranks["cut"], ranks["above"] = total, cut, above


@compiled
def rank_threshold(ranks: np.void) -> float:
    """Return the least score within the budget; 1 where none is."""
    threshold: float = ranks["cut"] / CELLS
    return threshold


@compiled
def rank_tail(cells: Array, total: int, score: float) -> float:
    """Return the share of scores at least as large, counting the asked one itself.

    Parameters
    ----------
    cells : ndarray of int32, shape (CELLS,)
        Scores in each cell.
    total : int
        Their sum.
    score : float
        In [0, 1].
    """
    as_large = 1
    for k in range(cell_of(score), CELLS):
        as_large += cells[k]
    return as_large / (total + 1)


@compiled
def count_as_large(scores: Array) -> Ints:
    """Return how many scores lie in each cell or a higher one, shape (CELLS,)."""
    as_large = np.zeros(CELLS, np.int64)
    for score in scores:
        as_large[cell_of(score)] += 1
    for cell in range(CELLS - 2, -1, -1):
        as_large[cell] += as_large[cell + 1]
    return as_large


@compiled
def tails_of(scores: Array, as_large: Array) -> Floats:
    """Return the tail probability of each score among those that `count_as_large` counted.

    Examples
    --------
    >>> as_large = count_as_large(np.arange(100) / 100)
    >>> tails_of(np.array([0.0, 0.95]), as_large).round(2).tolist()
    [1.0, 0.06]
    """
    tails = np.empty(len(scores))
    for i in range(len(scores)):
        tails[i] = (as_large[cell_of(scores[i])] + 1) / (as_large[0] + 1)
    return tails
