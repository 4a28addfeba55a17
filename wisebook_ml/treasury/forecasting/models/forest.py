"""The calendar forest: which past days are like a coming one, and what moved on them, at today's level."""

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesRegressor

from wisebook_ml.business_calendar import calendar_features
from wisebook_ml.treasury.forecasting.flows import YEAR, Flow
from wisebook_ml.treasury.forecasting.models.base import LEVELS, Fitted, Spread, point

__all__ = ["CalendarForest"]

Floats = npt.NDArray[np.float64]
Ordinals = npt.NDArray[np.int64]

SEED = 20_221_231

TREES = 80

LEAF = 3
"""Days in a leaf: with fewer, one odd day is repeated; with more, the one Thursday that differs drowns."""

HALF_LIFE = 500
"""Active days after which a day counts half: two years of business days. New habits win, and yearly ones stay."""

DAMPED = 0.5
"""Share of a year's growth that is expected to go on: a trend that is trusted whole does more harm than good."""

RECENT = 60
"""Active days whose sum, relative to what the calendar says of them, is the level: a quarter."""

FARTHEST = 2.0
"""How many times the plain mean of the last months that level may be, either way."""

FEWEST = 60
"""Days from which that mean is taken."""


AHEAD = 7
"""Days beyond those asked for that are looked up with them: they will be asked for in the coming days, one by one."""


class CalendarForest:
    """A quantile regression forest over calendar features, of flows relative to their level.

    Each flow is divided by the mean of the year around it, so that a company that grew is still like itself. Extremely
    random trees split the days by the calendar, on the square root (a flow's noise grows with it). What is forecast for
    a day is the weighted distribution of the days that share leaves with it: its median where one number is asked for,
    its mean for sums. All of it is then at the level of the last months.

    Good where payments follow the calendar, with whatever cycle. It fails where they follow each other (a client who
    pays two weeks after the last delivery).

    References
    ----------
    Meinshausen, Quantile regression forests, Journal of Machine Learning Research 7, 2006.
    Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63, 2006.
    """

    name = "calendar_forest"
    refit_every = 42

    def __init__(self, trees: int = TREES) -> None:
        self._trees = trees

    def fit(self, history: Flow) -> Fitted:
        """Learn from a flow."""
        levels = _levels_around(history.values)
        if not (levels > 0).any():
            return _Still()
        relative = np.divide(history.values, levels, out=np.zeros_like(levels), where=levels > 0)
        weights = 0.5 ** (np.arange(len(history))[::-1] / HALF_LIFE) * (levels > 0)
        table = calendar_features(history.ordinals, history.business)
        forest = ExtraTreesRegressor(self._trees, min_samples_leaf=LEAF, random_state=SEED, n_jobs=1)
        forest.fit(table, np.sqrt(relative), sample_weight=weights)
        return _Forest(forest, table, relative, weights)


class _Still:
    """Nothing ever moved."""

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return nothing."""
        return point(np.full(len(days), history.level))


class _Forest:
    """A fitted forest, with what it says of each day once it was asked: the calendar does not change."""

    def __init__(self, forest: ExtraTreesRegressor, table: Floats, relative: Floats, weights: Floats) -> None:
        order = np.argsort(relative, kind="stable")
        self._forest = forest
        self._relative = relative[order]
        self._weights = weights[order]
        self._leaves = _leaves(forest, table)[order]
        self._totals = [np.bincount(column, self._weights) for column in self._leaves.T]
        self._known: dict[int, tuple[float, Floats]] = {}

    def predict(self, history: Flow, days: Ordinals) -> Spread:
        """Return what moved on days like these, at the level of the last months."""
        # The level is that of the middle of the days it was taken from; half of the growth since is trusted to go on.
        leads = RECENT / 2 + np.arange(1, len(days) + 1)
        level = self._level(history) * history.growth ** (DAMPED * leads / YEAR)
        mean, quantiles = self._said(days, history)
        return Spread(mean * level, quantiles * level[:, None])

    def _level(self, history: Flow) -> float:
        """Return what moved lately in units of what the calendar says of those days, so that wages are no growth."""
        usual = float(self._said(history.ordinals[-RECENT:], history)[0].sum())
        plain = history.level
        if usual <= 0:
            return plain
        level = float(history.values[-RECENT:].sum()) / usual
        return float(np.clip(level, plain / FARTHEST, plain * FARTHEST))

    def _said(self, days: Ordinals, history: Flow) -> tuple[Floats, Floats]:
        """Return mean and quantiles of days in units of the level."""
        if any(day not in self._known for day in days.tolist()):
            asked = [*days.tolist(), *range(int(days[-1]) + 1, int(days[-1]) + 1 + AHEAD)]
            new = np.array([day for day in asked if day not in self._known], dtype=np.int64)
            self._learn_days(new, calendar_features(new, history.business))
        mean = np.array([self._known[day][0] for day in days.tolist()])
        quantiles = np.array([self._known[day][1] for day in days.tolist()])
        return mean, quantiles.reshape(len(days), len(LEVELS))

    def _learn_days(self, days: Ordinals, table: Floats) -> None:
        shared = np.zeros((len(days), len(self._relative)))
        for tree, leaves in enumerate(_leaves(self._forest, table).T):
            same = leaves[:, None] == self._leaves[None, :, tree]
            total = self._totals[tree][leaves]
            shared += same * (self._weights / np.where(total > 0, total, 1.0)[:, None])
        cumulated = np.cumsum(shared, axis=1)
        cumulated /= cumulated[:, -1:]
        # Not a matrix product: that sums in an order which depends on how many days are asked for at once, and a model
        # that was learnt again after a restart is asked for others than the one that it stands for.
        mean = (shared * self._relative).sum(axis=1) / shared.sum(axis=1)
        places = np.stack([np.argmax(cumulated >= level - 1e-12, axis=1) for level in LEVELS], axis=1)
        for at, day in enumerate(days.tolist()):
            self._known[day] = float(mean[at]), self._relative[places[at]]


def _leaves(forest: ExtraTreesRegressor, table: Floats) -> npt.NDArray[np.int64]:
    """Return the leaf of each row in each tree, as `forest.apply` does.

    That one asks each tree in a job of its own, which for a week of days takes many times longer than the trees do.
    """
    rows = np.ascontiguousarray(table, dtype=np.float32)
    return np.stack([tree.tree_.apply(rows) for tree in forest.estimators_], axis=1)


def _levels_around(values: Floats) -> Floats:
    """Return the mean of the year around each day, so that it carries no season; at the ends, of what there is."""
    size = len(values)
    sums = np.concatenate([[0.0], np.cumsum(values)])
    at = np.arange(size)
    half = YEAR // 2
    begin = np.clip(np.minimum(at - half, size - FEWEST), 0, size)
    end = np.clip(np.maximum(at + half + 1, FEWEST), 0, size)
    levels: Floats = (sums[end] - sums[begin]) / (end - begin)
    return np.maximum(levels, 0.0)
