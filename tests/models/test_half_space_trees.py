"""Half-space trees in compiled code: river's trees, river's scores, to the last bit."""

import numpy as np
import pytest
from river.anomaly import HalfSpaceTrees

from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.half_space_trees import (
    HEIGHT,
    MASSES,
    N_TREES,
    REFERENCE,
    WINDOW,
    grow_splits,
    hst_learn,
    hst_score,
)


def stream(seed: int, features: int) -> Floats:
    """Return four windows and a half of rows: the usual ones drift, some are far out, some lie on the edges."""
    random = np.random.default_rng(seed)
    rows = random.beta(2.0, 6.0, size=(4 * WINDOW + WINDOW // 2, features)) + np.linspace(0.0, 0.3, 900)[:, None]
    rows[::37] = random.random((len(rows[::37]), features))
    rows[5::50, ::2] = 0.0
    rows[7::50, 1::2] = 1.0
    return np.minimum(rows, 1.0)


@pytest.mark.parametrize("features", [len(FEATURE_NAMES), 1, 4])
@pytest.mark.parametrize("seed", [0, 20_240_131])
def test_scores_are_rivers(seed: int, features: int) -> None:
    theirs = HalfSpaceTrees(n_trees=N_TREES, height=HEIGHT, window_size=WINDOW, seed=seed)
    splits, masses = grow_splits(seed, features), np.zeros(MASSES, np.uint8)
    rows = stream(seed, features)
    different = set()
    for count, row in enumerate(rows):
        named = dict(enumerate(row.tolist()))
        if count >= WINDOW:
            score = hst_score(row, splits, masses)
            assert score == theirs.score_one(named), f"row {count}"
            different.add(score)
        theirs.learn_one(named)
        hst_learn(row, splits, masses, count)
    assert len(different) > WINDOW // 2


def test_rows_on_a_threshold_go_rivers_way() -> None:
    theirs = HalfSpaceTrees(n_trees=N_TREES, height=HEIGHT, window_size=WINDOW, seed=3)
    splits, masses = grow_splits(3, 4), np.zeros(MASSES, np.uint8)
    thresholds = splits["threshold"][:, 1:].ravel()
    for count in range(2 * WINDOW):
        row = np.resize(thresholds[count:], 4)
        if count >= WINDOW:
            assert hst_score(row, splits, masses) == theirs.score_one(dict(enumerate(row.tolist())))
        theirs.learn_one(dict(enumerate(row.tolist())))
        hst_learn(row, splits, masses, count)


def test_a_window_is_counted_whole() -> None:
    """A byte holds the mass of a window in which every row is the same."""
    splits, masses = grow_splits(1, 4), np.zeros(MASSES, np.uint8)
    for count in range(WINDOW):
        hst_learn(np.full(4, 0.5), splits, masses, count)
    assert masses[REFERENCE, :, 1].tolist() == [WINDOW] * N_TREES
    assert masses[REFERENCE].sum() == WINDOW * N_TREES * (HEIGHT + 1)
    assert hst_score(np.full(4, 0.5), splits, masses) == 0.0


def test_other_seeds_grow_other_trees() -> None:
    assert grow_splits(1, 4).tobytes() == grow_splits(1, 4).tobytes() != grow_splits(2, 4).tobytes()
