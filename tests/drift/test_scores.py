"""Watches over streams of scores: silent, prompt, and the same whatever the batches and restarts."""

import numpy as np
import pytest

from wisebook_ml.drift.exceptions import DriftError, NotEnoughReference
from wisebook_ml.drift.scores import ScoreWatch


def test_stable_scores_raise_no_alarm_and_a_shift_does_soon() -> None:
    rng, alarms, delays = np.random.default_rng(1), 0, []
    for _ in range(10):
        watch = ScoreWatch(rng.beta(2, 8, 18_000))
        alarms += len(watch.update(rng.beta(2, 8, 30_000)))
        found = watch.update(np.clip(rng.beta(2, 8, 900) + 0.06, 0, 1))
        delays.append(found[0].scores - 30_000 if found else 900)
    assert alarms == 0
    assert np.mean(delays) <= 600


def test_batches_and_restarts_change_nothing() -> None:
    rng = np.random.default_rng(2)
    reference, scores = rng.beta(2, 8, 5_000), rng.beta(2, 8, 90_000)
    scores[80_000:] += 0.1
    whole, parts = ScoreWatch(reference), ScoreWatch(reference)
    expected, found, at = whole.update(scores), [], 0
    while at < len(scores):
        size = int(rng.integers(1, 9_000))
        found += parts.update(scores[at : at + size])
        at += size
        parts = ScoreWatch.load(parts.dump())
    assert expected
    assert found == expected
    assert parts.dump() == whole.dump()
    assert len(whole.dump()) < 10_000


def test_scores_that_swing_by_themselves_make_it_less_sensitive() -> None:
    rng = np.random.default_rng(3)

    def year(days: int) -> np.ndarray:
        means = np.repeat([0.4 if day % 20 == 19 else 0.2 for day in range(days)], 300)
        return np.clip(rng.normal(means, 0.1), 0, 1)

    watch = ScoreWatch(year(120))
    assert watch.update(year(120)) == []


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(DriftError):
        ScoreWatch.load(b"nothing")
    with pytest.raises(NotEnoughReference):
        ScoreWatch(np.zeros(100))
