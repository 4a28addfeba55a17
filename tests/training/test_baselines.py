"""The best baseline of a hold-out: what a forecast has to beat."""

import numpy as np
import pandas as pd

from wisebook_ml.training.baselines import best_baseline

DAYS, KNOWN = 420, 300


def frame(flow: np.ndarray) -> pd.DataFrame:
    days = pd.date_range("2023-01-02", periods=len(flow), freq="D")
    return pd.DataFrame({"date": days, "flux": np.where(days.day_of_week < 5, flow, 0.0)})


def best(flow: np.ndarray, metric: str = "wape") -> tuple[str, float]:
    whole = frame(flow)
    found = best_baseline(whole[:KNOWN], whole[KNOWN:], horizon=90, country="FR", metric=metric)
    return found.name, found.value


def test_what_comes_each_week_is_repeated() -> None:
    at = np.arange(DAYS)
    name, value = best(100.0 + 50.0 * (at % 7) - 400.0 * (at % 7 == 2))
    # Money moves on public holidays here, too, so that the week is repeated without an error.
    assert (name, value) == ("weekly", 0.0)


def test_what_is_the_same_whatever_the_day_has_a_level() -> None:
    rng = np.random.default_rng(2)
    name, value = best(1000.0 + rng.normal(0, 300, DAYS))
    assert name in ("running_median", "running_mean", "business_day")
    assert 0.15 < value < 0.3


def test_it_is_asked_from_each_origin_with_the_days_before_it() -> None:
    """A level that changes in the hold-out is known from the second origin on."""
    flow = np.where(np.arange(DAYS) < KNOWN + 10, 1000.0, 3000.0)
    _, once = best(flow[: KNOWN + 90])
    _, twice = best(flow)
    assert twice < once


def test_its_scale_is_that_of_services() -> None:
    rng = np.random.default_rng(2)
    flow = 1000.0 + rng.normal(0, 300, DAYS)
    assert 0.5 < best(flow, "mase")[1] < 1.0
