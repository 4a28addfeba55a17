"""Gradient boosting on the calendar alone: the baseline that lag models do not reach."""

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits

from wisebook_ml.business_calendar import BASE_FEATURES, calendar_features
from wisebook_ml.treasury.forecasting.flows import Flow
from wisebook_ml.treasury.forecasting.models.base import Fitted, Spread, point

__all__ = ["CalendarBoosting"]

SEED = 20_221_231

THREADS = 1
"""Of OpenMP: it is so small that threads spend their time waiting for each other."""

AHEAD = 7
"""Days beyond those asked for that are looked up with them: they will be asked for in the coming days, one by one."""


class CalendarBoosting:
    """scikit-learn's gradient boosting with its defaults, on weekday, day, business day from both ends, and month.

    Good at what happens on the same day of every month. It does not know that a company grew: its level is the mean of
    all that it has seen.

    References
    ----------
    Ke et al., LightGBM: a highly efficient gradient boosting decision tree, 2017 (histograms).
    """

    name = "calendar_boosting"
    refit_every = 42

    def fit(self, history: Flow) -> Fitted:
        """Learn from a flow."""
        table = calendar_features(history.ordinals, history.business)[:, : len(BASE_FEATURES)]
        model = HistGradientBoostingRegressor(random_state=SEED)
        with threadpool_limits(THREADS):
            return _Boosted(model.fit(table, history.values))


class _Boosted:
    """What was fitted, with what it says of each day once it was asked: the calendar does not change."""

    def __init__(self, model: HistGradientBoostingRegressor) -> None:
        self._model = model
        self._known: dict[int, float] = {}

    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return what the calendar says, whatever happened since."""
        if new := [day for day in days.tolist() if day not in self._known]:
            asked = np.array([*new, *range(new[-1] + 1, new[-1] + 1 + AHEAD)], dtype=np.int64)
            table = calendar_features(asked, history.business)[:, : len(BASE_FEATURES)]
            with threadpool_limits(THREADS):
                said = self._model.predict(table)
            self._known |= dict(zip(asked.tolist(), said.tolist(), strict=True))
        return point(np.maximum([self._known[day] for day in days.tolist()], 0.0))
