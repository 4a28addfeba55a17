"""The candidates of a forecast, one file each; adding one is adding its file and its line in `CANDIDATES`."""

from collections.abc import Callable, Iterable, Mapping

from wisebook_ml.treasury.forecasting.flows import Flow
from wisebook_ml.treasury.forecasting.models.base import LEVELS, MEDIAN, Candidate, Fitted, Spread, shaped
from wisebook_ml.treasury.forecasting.models.baselines import (
    BusinessDayRank,
    LastMonth,
    LastValue,
    LastWeek,
    RunningMean,
    RunningMedian,
)
from wisebook_ml.treasury.forecasting.models.boosting import CalendarBoosting
from wisebook_ml.treasury.forecasting.models.forest import CalendarForest
from wisebook_ml.treasury.forecasting.models.open_items import OpenItems
from wisebook_ml.treasury.forecasting.models.services import lstm_candidate, prophet_candidate

__all__ = [
    "BASELINES",
    "CANDIDATES",
    "DEFAULT",
    "LEVELS",
    "MEDIAN",
    "Candidate",
    "Fitted",
    "Spread",
    "offered",
    "shaped",
]

CANDIDATES: Mapping[str, Callable[[], Candidate]] = {
    "naive": LastValue,
    "weekly": LastWeek,
    "monthly": LastMonth,
    "running_median": RunningMedian,
    "running_mean": RunningMean,
    "business_day": BusinessDayRank,
    "calendar_boosting": CalendarBoosting,
    "calendar_forest": CalendarForest,
    "open_items": OpenItems,
    "prophet": prophet_candidate,
    "lstm": lstm_candidate,
}
"""How each candidate is made, by name."""

BASELINES = ("naive", "weekly", "monthly", "running_median", "running_mean", "business_day")
"""What needs no model: nothing is promoted that does not beat the best of these on the company's own days."""

DEFAULT = (*BASELINES, "calendar_boosting", "calendar_forest", "open_items")
"""Candidates that need the base install only and a few seconds; `prophet` and `lstm` need the extra `train`."""


def offered(names: Iterable[str], flow: Flow) -> list[str]:
    """Return the candidates that have something to say of a flow: open items only where payments were expected."""
    expected = flow.attendus is not None and bool((flow.attendus.cents * flow.sign > 0).any())
    return [name for name in names if expected or name != OpenItems.name]
