"""Intervals cover what they say, on series that are stable and on those that drift."""

import numpy as np
import pytest

from wisebook_ml.treasury.forecasting.conformal import COVERAGES, AdaptiveOffset, bucket_of, calibrate


@pytest.mark.parametrize("miss", [0.1, 0.025])
def test_offsets_miss_what_they_should(miss: float) -> None:
    rng = np.random.default_rng(1)
    offset, missed = AdaptiveOffset(miss), []
    for at in range(400):
        scores = rng.standard_t(4, size=10)
        if at > 50:
            missed.append(np.mean(scores > offset.value()))
        offset.learn(scores)
    assert np.mean(missed) == pytest.approx(miss, abs=0.012)


def test_adaptive_offsets_follow_a_drift() -> None:
    rng = np.random.default_rng(2)
    scores = [rng.normal(size=5) * (1 + at / 100) for at in range(400)]
    missed: dict[bool, list[float]] = {True: [], False: []}
    for adaptive in (True, False):
        offset = AdaptiveOffset(0.1)
        for at, batch in enumerate(scores):
            if at > 100:
                missed[adaptive].append(float(np.mean(batch > offset.value())))
            offset.learn(batch)
            if not adaptive:
                offset.level = offset.miss
    assert abs(np.mean(missed[True]) - 0.1) < abs(np.mean(missed[False]) - 0.1)


@pytest.mark.parametrize("coverage", COVERAGES)
def test_bands_cover_new_forecasts_by_lead(coverage: float) -> None:
    rng = np.random.default_rng(3)
    grow = np.sqrt(np.arange(1, 41))
    actual = rng.gamma(2.0, size=(600, 40)) * grow
    zero = np.zeros_like(actual)
    scale = np.broadcast_to(grow, actual.shape)
    band = calibrate(actual[:300], dict.fromkeys(COVERAGES, (zero[:300], zero[:300])), scale[:300])
    low, high = band.bounds(coverage, zero[0], zero[0], grow)
    inside = (actual[300:] >= low) & (actual[300:] <= high)
    for bucket in range(4):
        assert inside[:, bucket_of(40) == bucket].mean() == pytest.approx(coverage, abs=0.03)


def test_what_is_not_known_yet_is_left_out() -> None:
    actual = np.full((30, 3), np.nan)
    actual[:10] = 1.0
    zero = np.zeros_like(actual)
    band = calibrate(actual, dict.fromkeys(COVERAGES, (zero, zero)), np.ones_like(actual))
    assert band.bounds(0.8, np.zeros(3), np.zeros(3), np.ones(3))[1].tolist() == [1.0, 1.0, 1.0]


def test_few_errors_give_the_largest() -> None:
    offset = AdaptiveOffset(0.1)
    assert offset.value() == 0.0
    offset.learn(np.array([1.0, 5.0, 2.0]))
    assert offset.value() == 5.0
