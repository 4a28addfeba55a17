"""A small forest, and rows to score with it."""

import numpy as np
import pytest

from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.isolation_forest import IsolationForest, fit_isolation_forest


@pytest.fixture(scope="session")
def rows() -> Floats:
    """Return 500 rows of features: some with ties, one constant, some far out."""
    random = np.random.default_rng(7)
    matrix = random.gamma(2.0, 1.0, size=(500, len(FEATURE_NAMES)))
    matrix[::100] *= 6
    matrix[:, 3] = 1.0
    matrix[:, 5] = np.round(matrix[:, 5])
    return matrix


@pytest.fixture(scope="session")
def forest(rows: Floats) -> IsolationForest:
    """Return a forest grown on them."""
    return fit_isolation_forest(rows, FEATURE_NAMES, seed=3)
