"""Laws hold: what is said to be improbable is so."""

import numpy as np
import pytest
from scipy import stats

from wisebook_ml.drift.chi2 import chi2
from wisebook_ml.drift.correction import holm
from wisebook_ml.drift.psi import grouped, groups_of, psi


def test_chi2_is_near_the_likelihood_ratio_test_of_scipy() -> None:
    before, after = np.array([500, 300, 200]), np.array([120, 110, 70])
    found = chi2(before, after)
    exact = stats.chi2_contingency([before, after], correction=False, lambda_="log-likelihood").pvalue
    assert found.p(1 / 1000 + 1 / 300) == pytest.approx(exact, rel=0.5)
    assert found.p(1 / 1000 + 1 / 300) >= exact


@pytest.mark.parametrize("expected", [0.3, 1.0, 3.0, 10.0])
def test_the_tail_of_rare_values_is_not_understated(expected: float) -> None:
    rate, n, m = expected / 300, 300, 1_000_000
    for seen in range(int(expected) + 1, int(expected + 8 * np.sqrt(expected) + 6)):
        p = chi2(np.array([round(m * (1 - rate)), round(m * rate)]), np.array([n - seen, seen])).p(1 / n + 1 / m)
        assert p > stats.binom.sf(seen - 1, n, rate) / 3


def test_psi_follows_chi2_without_drift() -> None:
    rng = np.random.default_rng(5)
    shares = np.full(10, 0.1)
    p = [psi(rng.multinomial(9000, shares), rng.multinomial(300, shares)).p(1 / 9000 + 1 / 300) for _ in range(2000)]
    assert np.mean(np.array(p) < 0.01) <= 0.015
    assert np.mean(np.array(p) < 0.1) >= 0.03


def test_groups_keep_rare_ends_apart() -> None:
    counts = np.array([0, 9800, 0, 150, 50])
    assert grouped(counts, groups_of(counts)).tolist() == [0, 9800, 150, 50]


def test_holm_keeps_the_probability_of_any_false_alarm() -> None:
    rng = np.random.default_rng(6)
    assert np.mean([min(holm(rng.random(100).tolist())) <= 0.05 for _ in range(2000)]) == pytest.approx(0.05, abs=0.015)
