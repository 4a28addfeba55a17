"""Trees in compiled code: what scikit-learn says of the same rows."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier

from wisebook_ml.models.grown_trees import GrownTrees

ROWS, COLUMNS = 500, 12


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    matrix = rng.normal(size=(ROWS, COLUMNS)).round(1).astype(np.float32)
    return matrix, (matrix[:, 0] * matrix[:, 1] + rng.normal(size=ROWS) > 0).astype(np.int64)


@pytest.mark.parametrize("depth", [1, 4, None])
def test_a_forest_votes_as_before(rows: tuple[np.ndarray, np.ndarray], depth: int | None) -> None:
    matrix, wanted = rows
    forest = RandomForestClassifier(30, max_depth=depth, random_state=1).fit(matrix, wanted)
    trees = GrownTrees.of(
        (one.tree_ for one in forest.estimators_), COLUMNS, lambda tree: tree.value[:, 0, 1] / tree.value[:, 0].sum(1)
    )
    expected = forest.predict_proba(matrix)[:, 1]
    np.testing.assert_allclose(trees.sums(matrix) / len(trees), expected, rtol=0, atol=1e-12)
    alone = np.concatenate([trees.sums(matrix[row : row + 1]) for row in range(50)])
    assert (alone == trees.sums(matrix)[:50]).all()


def test_boosted_trees_score_as_before(rows: tuple[np.ndarray, np.ndarray]) -> None:
    matrix, wanted = rows
    boosted = GradientBoostingClassifier(n_estimators=30, random_state=1).fit(matrix, wanted)
    trees = GrownTrees.of((one[0].tree_ for one in boosted.estimators_), COLUMNS, lambda tree: tree.value[:, 0, 0])
    mean = wanted.mean()
    scores = np.log(mean / (1 - mean)) + boosted.learning_rate * trees.sums(matrix)
    np.testing.assert_allclose(scores, boosted.decision_function(matrix), rtol=0, atol=1e-12)
