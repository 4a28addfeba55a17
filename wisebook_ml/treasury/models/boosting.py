"""Gradient boosting on the calendar alone: the baseline that lag models do not reach."""

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor

from wisebook_ml.treasury.calendar import BASE_FEATURES, calendar_features
from wisebook_ml.treasury.flows import Flow
from wisebook_ml.treasury.models.base import Fitted, Spread, point

__all__ = ["CalendarBoosting"]

SEED = 20_221_231


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
        return _Boosted(model.fit(table, history.values))


class _Boosted:
    def __init__(self, model: HistGradientBoostingRegressor) -> None:
        self._model = model

    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return what the calendar says, whatever happened since."""
        table = calendar_features(days, history.business)[:, : len(BASE_FEATURES)]
        return point(np.maximum(self._model.predict(table), 0.0))
