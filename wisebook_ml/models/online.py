"""The online detector: learns from a company's first entry on, until it has a model of its own.

Half-space trees over the entry features, with the company's own scores as the scale. Good for a company that has no
model yet: nothing to train, one pass, ten kilobytes. It forgets what is older than a window, so it fails on anomalies
that come in long runs, and knows combinations less well than a forest that was trained on a year.

References
----------
Tan, Ting, Liu: Fast anomaly detection for streaming data. IJCAI 2011.
"""

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.half_space_trees import MASSES, WINDOW, hst_learn, hst_score
from wisebook_ml.models.ranks import CELLS, cell_of, rank_tail

__all__ = ["WARM_UP", "online_attribute", "online_dtype", "online_tail"]

WARM_UP = 2 * WINDOW
"""Entries until scores say anything: one window to learn the reference, one to learn what scores are usual."""


def online_dtype(features: int) -> np.dtype[np.void]:
    """Return the record that holds what one company's detector has learned; all zero before its first entry.

    Parameters
    ----------
    features : int
        Length of the rows.

    Returns
    -------
    dtype
        count : entries learned; sums : sum of each feature over them; cells : their scores after the first window by
        cell (see `wisebook_ml.models.ranks`); masses : those of the half-space trees.
    """
    fields = [("count", "i8"), ("sums", "f8", (features,)), ("cells", "i4", (CELLS,)), ("masses", "u1", MASSES)]
    return np.dtype(fields, align=True)


@compiled
def online_tail(online: np.void, splits: Array, row: Array, learn: bool) -> float:
    """Return the tail probability of an entry among the company's (1 until warmed up), then learn from it.

    Parameters
    ----------
    online : record of online_dtype
        What the company's detector has learned; updated in place.
    splits : ndarray of SPLIT
        From `grow_splits`, the same at every call.
    row : ndarray of float64, shape (features,)
        Features scaled to [0, 1].
    learn : bool
        False for an entry that was learned before.

    Examples
    --------
    >>> from wisebook_ml.models.half_space_trees import grow_splits
    >>> online, splits = np.zeros(1, online_dtype(4))[0], grow_splits(seed=5, features=4)
    >>> for k in range(450):
    ...     tail = online_tail(online, splits, np.full(4, 0.2 + k % 10 / 100), True)
    >>> tail > 0.3, online_tail(online, splits, np.full(4, 0.9), False) < 0.02
    (True, True)
    """
    count = online["count"]
    score = hst_score(row, splits, online["masses"]) if count >= WINDOW else 0.0
    if not learn:
        return rank_tail(online["cells"], count - WINDOW, score) if count > WARM_UP else 1.0
    hst_learn(row, splits, online["masses"], count)
    for k in range(len(row)):
        online["sums"][k] += row[k]
    online["count"] = count + 1
    if count < WINDOW:
        return 1.0
    tail = rank_tail(online["cells"], count - WINDOW, score)
    online["cells"][cell_of(score)] += 1
    return tail if count >= WARM_UP else 1.0


@compiled
def online_attribute(online: np.void, splits: Array, row: Array) -> Floats:
    """Return how much each feature adds to a row's score: the score lost when it takes its usual value.

    Only for what is flagged: it costs one score a feature.
    """
    shares = np.zeros(len(row))
    count = online["count"]
    if count < WINDOW:
        return shares
    score = hst_score(row, splits, online["masses"])
    usual = row.copy()
    for k in range(len(row)):
        usual[k] = online["sums"][k] / count
        shares[k] = max(0.0, score - hst_score(usual, splits, online["masses"]))
        usual[k] = row[k]
    return shares
