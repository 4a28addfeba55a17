"""Precision, counted and expected."""

import numpy as np
import pytest
from scipy import stats

from wisebook_ml.drift.exceptions import NotEnoughReference
from wisebook_ml.drift.performance import Calibration, Confirmed, estimated, judged


def test_the_probability_is_fishers() -> None:
    found = judged(Confirmed(170, 30), Confirmed(45, 25))
    assert found is not None
    exact = stats.fisher_exact([[45, 25], [170, 30]], alternative="less").pvalue
    assert found.p == pytest.approx(exact, rel=1e-6)
    assert found.low < found.precision < found.high
    assert found.precision == pytest.approx(45 / 70)


def test_expected_precision_follows_the_inputs() -> None:
    rng, bins = np.random.default_rng(1), np.linspace(0.01, 0.99, 50)
    errors = []
    for _ in range(30):
        known = rng.beta(5, 2, 600)
        calibration = Calibration.of(known, rng.random(600) < known)
        now = rng.beta(3, 3, 400)
        counts = np.histogram(now, 50, (0, 1))[0]
        found = estimated(bins, counts, calibration, unflagged=20.0)
        assert found is not None
        errors.append(found.performance.precision - now.mean())
        assert found.performance.p < 0.01
        assert found.recall is not None
        assert 0.8 < found.recall < 1
    assert abs(np.mean(errors)) < 0.05


def test_probabilities_never_fall_with_the_score() -> None:
    rng = np.random.default_rng(2)
    scores = rng.random(300)
    found = Calibration.of(scores, rng.random(300) < 0.5)
    assert (np.diff(found.probabilities(np.linspace(0, 1, 50))) >= 0).all()


def test_few_verdicts_say_nothing() -> None:
    assert judged(Confirmed(100, 20), Confirmed(1, 8)) is None
    with pytest.raises(NotEnoughReference):
        Calibration.of(np.zeros(5), np.ones(5, np.bool_))
    known = Calibration.of(np.linspace(0, 1, 100), np.ones(100, np.bool_))
    assert estimated(np.array([0.5]), np.array([10]), known) is None
