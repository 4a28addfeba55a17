"""What needs no model: repeat the last day, week, month, or what was usual. They learn nothing but what they read."""

from typing import Self

import numpy as np
import numpy.typing as npt

from wisebook_ml.business_calendar import FEATURES, calendar_features
from wisebook_ml.treasury.forecasting.flows import Flow
from wisebook_ml.treasury.forecasting.models.base import Spread, point

__all__ = ["BusinessDayRank", "LastMonth", "LastValue", "LastWeek", "RunningMean", "RunningMedian"]

Floats = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]

WEEK = 7

QUARTER_DAYS = 63
"""Active days of a quarter."""

MONTHS = 6
"""Months whose same business day is looked at."""


class _Reading:
    """A candidate that reads its history when it is asked."""

    name = ""
    refit_every = 10**9

    def fit(self, history: Flow) -> Self:
        """Learn nothing."""
        return self


class LastValue(_Reading):
    """The last day over and over: the naive forecast."""

    name = "naive"

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return the last value."""
        return point(np.full(len(days), history.values[-1]))


class LastWeek(_Reading):
    """The last week over and over; 0 where its day was one of rest."""

    name = "weekly"

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return the last value of the weekday."""
        last = {
            int(day) % WEEK: value
            for day, value in zip(history.ordinals[-2 * WEEK :], history.values[-2 * WEEK :], strict=True)
        }
        return point(np.array([last.get(int(day) % WEEK, 0.0) for day in days]))


class RunningMedian(_Reading):
    """The median of the last quarter: what a day typically has, whatever day it is."""

    name = "running_median"

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return the median of the last quarter."""
        return point(np.full(len(days), float(np.median(history.values[-QUARTER_DAYS:]))))


class RunningMean(_Reading):
    """The mean of the last half year: the baseline of sums, where the median forgets what is rare and large."""

    name = "running_mean"

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return the level."""
        return point(np.full(len(days), history.level))


class _Ranked(_Reading):
    """Repeats what the same business day of earlier months had, counted from the nearer end of the month."""

    months = 1

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return the median of the same business day of the last months; where there is none, of the last quarter."""
        kept = history.values[-31 * (self.months + 1) :]
        seen: dict[tuple[bool, float, bool], list[float]] = {}
        for key, value in zip(_ranks(history.ordinals[-len(kept) :], history), kept, strict=True):
            seen.setdefault(key, []).append(float(value))
        usual = float(np.median(history.values[-QUARTER_DAYS:]))
        found = [seen.get(key, [usual])[-self.months :] for key in _ranks(days, history)]
        return point(np.array([float(np.median(values)) for values in found]))


class LastMonth(_Ranked):
    """The last month over and over, by business day."""

    name = "monthly"


class BusinessDayRank(_Ranked):
    """The median of the last six months' same business day."""

    name = "business_day"
    months = MONTHS


def _ranks(days: Ordinals, history: Flow) -> list[tuple[bool, float, bool]]:
    """Return of each day from which end of the month it is nearer, its rank from there, and whether it is off."""
    table = calendar_features(days, history.business)
    begin, end, off = (table[:, FEATURES.index(name)] for name in ("rang_debut", "rang_fin", "jour_repos"))
    return [
        (bool(first <= last), float(min(first, last)), bool(rest))
        for first, last, rest in zip(begin, end, off, strict=True)
    ]
