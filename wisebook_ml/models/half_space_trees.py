"""Half-space trees: how much of a company's recent past lies where an entry lies.

The trees' splits depend on a seed only, so one set serves every company. What a company owns are masses: how many
entries of a window passed each node, a byte each.

References
----------
Tan, Ting, Liu: Fast anomaly detection for streaming data. IJCAI 2011.
"""

import random

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, compiled

__all__ = ["HEIGHT", "MASSES", "N_TREES", "REFERENCE", "SPLIT", "WINDOW", "grow_splits", "hst_learn", "hst_score"]

N_TREES = 15
HEIGHT = 7
WINDOW = 200
"""River's defaults but for more, less deep trees and shorter windows: a small company should have a reference within
its first month. A window's masses fit in a byte."""

PADDING = 0.15
"""Share of a range that no split cuts off, at either end (river's)."""

SPARSE = WINDOW // 10
"""Mass below which a node is not looked into any further (a tenth of the window, as in the paper)."""

NODES = 2 ** (HEIGHT + 1)
"""Nodes of a tree, the first of them unused: the root is 1, the children of k are 2 k and 2 k + 1."""

REFERENCE, LATEST = 0, 1
"""The masses of the last full window, which scores are made of, and of the window that is being learned."""

MASSES = (2, N_TREES, NODES)
"""Shape of a company's masses (uint8)."""

MAX_SCORE = N_TREES * WINDOW * (2 ** (HEIGHT + 1) - 1)
"""Weighted mass of a row that shares every node with the whole window: river's scale."""

SPLIT = np.dtype([("threshold", "f8"), ("feature", "u1")])
"""A row's value of the feature goes left where it is below the threshold. Nine bytes, so that all splits fit in the
fastest cache.
"""


def grow_splits(seed: int, features: int) -> npt.NDArray[np.void]:
    """Return the splits of all trees: those that river's ``HalfSpaceTrees`` draws, in the same order.

    River itself is a hundred megabytes in memory that a scoring worker would use for this alone.

    Parameters
    ----------
    seed : int
        Seed of the draws.
    features : int
        Length of the rows that will be asked; each value is expected in [0, 1].

    Returns
    -------
    ndarray of SPLIT, shape (N_TREES, NODES // 2)

    Examples
    --------
    >>> splits = grow_splits(seed=1, features=16)
    >>> splits.shape, bool((grow_splits(seed=1, features=16) == splits).all())
    ((15, 128), True)
    """
    draw = random.Random(seed)
    splits = np.zeros((N_TREES, NODES // 2), SPLIT)
    for tree in splits:
        _grow(tree, 1, [(0.0, 1.0)] * features, draw)
    return splits


def _grow(tree: npt.NDArray[np.void], node: int, limits: list[tuple[float, float]], draw: random.Random) -> None:
    """Split a node and those below it; a feature is drawn in proportion to the width that is left of it."""
    if node >= len(tree):
        return
    (feature,) = draw.choices(range(len(limits)), weights=[high - low for low, high in limits])
    low, high = limits[feature]
    at = draw.uniform(low + PADDING * (high - low), high - PADDING * (high - low))
    tree[node] = at, feature
    for child, half in ((2 * node, (low, at)), (2 * node + 1, (at, high))):
        _grow(tree, child, [*limits[:feature], half, *limits[feature + 1 :]], draw)


@compiled
def hst_score(row: Array, splits: Array, masses: Array) -> float:
    """Return the anomaly score of a row, in [0, 1]: river's ``score_one`` after the first window.

    Parameters
    ----------
    row : ndarray of float64, shape (features,)
        Scaled to [0, 1].
    splits : ndarray of SPLIT
        From `grow_splits`.
    masses : ndarray of uint8, shape MASSES
        The company's.
    """
    total = 0
    for tree in range(N_TREES):
        node, depth_weight = 1, 1
        mass = masses[REFERENCE, tree, node]
        total += mass
        while mass >= SPARSE and node < NODES // 2:
            split = splits[tree, node]
            node = 2 * node + (0 if row[split["feature"]] < split["threshold"] else 1)
            depth_weight *= 2
            mass = masses[REFERENCE, tree, node]
            total += mass * depth_weight
    score: float = 1.0 - total / MAX_SCORE
    return score


@compiled
def hst_learn(row: Array, splits: Array, masses: Array, count: int) -> None:
    """Add a row to the window that is being learned: river's ``learn_one``.

    Parameters
    ----------
    row, splits, masses
        As for `hst_score`; the masses are updated in place.
    count : int
        Rows learned before this one: a window that it fills becomes the reference.
    """
    for tree in range(N_TREES):
        node = 1
        while node < NODES // 2:
            masses[LATEST, tree, node] += 1
            split = splits[tree, node]
            node = 2 * node + (0 if row[split["feature"]] < split["threshold"] else 1)
        masses[LATEST, tree, node] += 1
    if (count + 1) % WINDOW == 0:
        for tree in range(N_TREES):
            for node in range(NODES):
                masses[REFERENCE, tree, node] = masses[LATEST, tree, node]
                masses[LATEST, tree, node] = 0
