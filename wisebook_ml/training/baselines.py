"""What a forecast has to beat: the best of those that need no model, on the same days."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from wisebook_ml.services.series import FLOW, forecast_metrics, origins
from wisebook_ml.treasury.forecasting.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecasting.models import BASELINES, CANDIDATES
from wisebook_ml.treasury.series import ALL_ACCOUNTS, DailySeries

__all__ = ["Baseline", "best_baseline"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Baseline:
    """A baseline and how it did.

    Parameters
    ----------
    name : str
        One of `wisebook_ml.treasury.forecasting.models.BASELINES`.
    value : float
        Its metric; less is better.
    """

    name: str
    value: float


def best_baseline(before: pd.DataFrame, after: pd.DataFrame, *, horizon: int, country: str, metric: str) -> Baseline:
    """Return the best of the baselines that the stream's forecasts compete with, on the net flow of a hold-out.

    It is asked as the services are (`BaseMLService.evaluate`): from each origin of the hold-out, one horizon after the
    other, with all days before it.

    Parameters
    ----------
    before, after : DataFrame
        Of `wisebook_ml.datasets.flows`: the days that were learnt from, and those of the hold-out that follow them.
    horizon : int
        Calendar days that are forecast at once.
    country : str
        Whose public holidays count; empty for none.
    metric : str
        One of `wisebook_ml.services.series.forecast_metrics` of which less is better.

    References
    ----------
    Makridakis, Spiliotis and Assimakopoulos, The M4 competition, International Journal of Forecasting 36, 2020 (what
    does not beat simple methods is of no use).
    """
    learnt, actual = (frame[FLOW].to_numpy(dtype=np.float64) for frame in (before, after))
    first = pd.Timestamp(before["date"].iloc[0]).toordinal()
    activity = Activity.of(_series(first, learnt), country)
    net = _net(_series(first, np.concatenate([learnt, actual])), activity)
    found = []
    for name in BASELINES:
        candidate = CANDIDATES[name]()
        said = np.zeros(len(actual))
        for begin, end in origins(len(learnt), len(learnt) + len(actual), horizon):
            count, last = np.searchsorted(net.ordinals, [first + begin, first + end])
            days = net.ordinals[count:last]
            history = net.until(int(count))
            said[days - first - len(learnt)] = candidate.fit(history).predict(history, days).median
        forecast = pd.DataFrame({"prevision": said, "bas": said, "haut": said})
        found.append(Baseline(name, forecast_metrics(actual, forecast, learnt)[metric]))
    return min(found, key=lambda one: one.value)


def _series(first: int, flow: Floats) -> DailySeries:
    """Return a net flow as a series: what counts is on which days it moves."""
    cents = np.rint(flow * 100).astype(np.int64)
    zeros = np.zeros_like(cents)
    day = pd.Timestamp.fromordinal(first).date()
    came, went = np.maximum(cents, zeros), np.maximum(-cents, zeros)
    return DailySeries(0, ALL_ACCOUNTS, "", day, came, went, np.cumsum(cents), np.ones(len(cents), dtype=np.bool_))


def _net(series: DailySeries, activity: Activity) -> Flow:
    came, went = flows_of(series, activity)
    return Flow(came.ordinals, came.values - went.values, came.business)
