"""A trained treasury model of one series: who forecasts each flow, and how far off that was in validation."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from wisebook_ml.treasury.backtest import Backtest
from wisebook_ml.treasury.conformal import COVERAGES, Band, calibrate
from wisebook_ml.treasury.exceptions import TreasuryError
from wisebook_ml.treasury.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecast import HORIZON, Expected, Forecast
from wisebook_ml.treasury.models import LEVELS, Fitted, Spread, shaped
from wisebook_ml.treasury.selection import Choice
from wisebook_ml.treasury.series import DailySeries

__all__ = ["Assembled", "FlowModel", "Paths", "TreasuryModel", "assemble", "flow_scale", "paths_of"]

Floats = npt.NDArray[np.float64]

ENDS = {0.8: (LEVELS.index(0.1), LEVELS.index(0.9)), 0.95: (LEVELS.index(0.025), LEVELS.index(0.975))}
"""Where the ends of an interval are among the quantiles."""

FLOOR = 0.1
"""Share of the level that is added to the width of an interval before scores are divided by it: a quiet day's width is
near nothing, and its error is not to count a hundredfold."""

UNKNOWN_WIDTH = 1.0
"""Daily error, in units of the level, where none was seen yet: as large as the flows themselves."""

FEWEST_HORIZONS = 1.0
"""Horizons that are taken to have been seen at least: with fewer, Student's quantiles have no end."""

FREEDOM = 2.0
"""Degrees of freedom of a horizon: along a random walk, squared errors relative to the lead have mean 1 and variance 1,
as the mean of two squares has."""

HALF_LIFE = 1.0
"""Horizons after which an error counts half: how far off forecasts are changes with the times, from quarter to quarter
in a crisis."""

LEAST_WIDTH = 0.7
"""Share of the width by all errors alike under which a quiet year does not bring the balance's interval."""

FEWEST_PATHS = 40
"""Trajectories below which those that there are do not show how far off a balance may be."""


@dataclass(frozen=True, slots=True, eq=False)
class FlowModel:
    """Who forecasts a flow.

    Parameters
    ----------
    daily, sums : Choice
        Whom single days and sums over days are taken from.
    fitted : mapping of str to Fitted
        All that either of them needs.
    band : Band
        Calibration of the intervals of days.
    high, low : float64 array (scores,)
        Sorted: by how much of their scale days of the first week lay above and below their 80 % interval.
    """

    daily: Choice
    sums: Choice
    fitted: Mapping[str, Fitted]
    band: Band
    high: Floats
    low: Floats

    def predict(self, history: Flow, days: npt.NDArray[np.int64]) -> Spread:
        """Return quantiles of days from the one, and means that add up as the other says."""
        said = {name: fitted.predict(history, days) for name, fitted in self.fitted.items()}
        daily = Spread.average([said[name] for name in self.daily.names])
        mean = Spread.average([said[name] for name in self.sums.names]).mean
        return Spread(shaped(mean, daily.mean) if self.daily.promoted else mean, daily.quantiles)


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """How far off past forecasts of the net flow and of the balance were.

    Parameters
    ----------
    net : Band
        Calibration of the intervals of the net flow of days.
    widths : dict of float to float
        By coverage: how far the balance may be from its mean path, in units of the level and of the root of the lead.
    errors : float64 array (origins, leads)
        Errors of the balance in units of the level, of origins whose whole horizon is known, as wide as `widths` says.
    """

    net: Band
    widths: dict[float, float]
    errors: Floats

    def reach(self, coverage: float, leads: int) -> Floats:
        """Return how far the balance may be from its mean path, in units of the level, from the first lead on."""
        return self.widths[coverage] * np.sqrt(np.arange(1, leads + 1))


@dataclass(frozen=True, slots=True, eq=False)
class TreasuryModel:
    """What `training.train` returns, and what forecasts go on from.

    A new position needs no training: `forecast` reads the level and the balance from the series, and what the calendar
    says of a day is kept once it was asked for.

    Parameters
    ----------
    societe_id, compte, devise
        Whose.
    activity : Activity
        On which days something moves.
    learnt_until : date
        The last day that was learnt from.
    entrees, sorties : FlowModel
        By flow.
    paths : Paths
        The balance's errors.
    """

    societe_id: int
    compte: str
    devise: str
    activity: Activity
    learnt_until: dt.date
    entrees: FlowModel
    sorties: FlowModel
    paths: Paths

    @property
    def names(self) -> frozenset[str]:
        """The candidates that were chosen, for whatever."""
        return frozenset(self.entrees.fitted) | frozenset(self.sorties.fitted)

    def forecast(self, series: DailySeries, horizon: int = HORIZON) -> Forecast:
        """Return what is expected after the last day of a series.

        Raises
        ------
        TreasuryError
            Where the series is another one, or ends before what was learnt from.
        """
        whose = (self.societe_id, self.compte, self.devise)
        if (series.societe_id, series.compte, series.devise) != whose:
            raise TreasuryError(
                f"the model is of company {self.societe_id}, {self.compte} in {self.devise}, the series is of "
                f"company {series.societe_id}, {series.compte} in {series.devise}"
            )
        if series.last < self.learnt_until:
            raise TreasuryError(
                f"the series ends on {series.last.isoformat()}, the model has learnt until "
                f"{self.learnt_until.isoformat()}: it would know what it forecasts; train one until that day"
            )
        last = series.last.toordinal()
        ahead = self.activity.following(last, horizon)
        came, went = flows_of(series, self.activity)
        coming = Assembled(self.entrees.predict(came, ahead), self.sorties.predict(went, ahead), came.level, went.level)
        names = {"entrees": self.entrees.daily.name, "sorties": self.sorties.daily.name}
        names |= {"entrees_cumul": self.entrees.sums.name, "sorties_cumul": self.sorties.sums.name}
        bands = self.entrees.band, self.sorties.band
        return assemble(series, coming, ahead, horizon, bands, self.paths, names)


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """Both flows of the active days ahead, and their levels."""

    came: Spread
    went: Spread
    came_level: float
    went_level: float


def flow_scale(quantiles: Floats, level: Floats | float) -> Floats:
    """Return what scores of a flow are divided by: the width of its own 80 % interval, and a share of its level."""
    low, high = ENDS[0.8]
    scale: Floats = quantiles[..., high] - quantiles[..., low] + FLOOR * np.maximum(level, 1e-9)
    return scale


def assemble(
    series: DailySeries,
    coming: Assembled,
    ahead: npt.NDArray[np.int64],
    horizon: int,
    bands: tuple[Band, Band],
    paths: Paths,
    modeles: Mapping[str, str],
) -> Forecast:
    """Return the forecast of all calendar days from what active ones may have."""
    origin = series.last.toordinal()
    place = (ahead - origin - 1).astype(np.int64)
    active = np.zeros(horizon, dtype=np.bool_)
    active[place] = True
    opening = float(series.solde[-1]) / 100

    def days(values: Floats) -> Floats:
        full = np.zeros(horizon)
        full[place] = values
        return full

    def flow(spread: Spread, level: float, band: Band) -> Expected:
        scale = flow_scale(spread.quantiles, level)
        bounds = {}
        for coverage in COVERAGES:
            low, high = (spread.quantiles[:, end] for end in ENDS[coverage])
            low, high = band.bounds(coverage, low, high, scale)
            bounds[coverage] = days(np.maximum(low, 0.0)), days(np.maximum(high, 0.0))
        return Expected(days(spread.median), days(spread.mean), _nested(bounds), days(scale))

    came, went = coming.came, coming.went
    net, typical = came.mean - went.mean, came.median - went.median
    scale = np.hypot(flow_scale(came.quantiles, coming.came_level), flow_scale(went.quantiles, coming.went_level))
    net_bounds = {}
    for coverage in COVERAGES:
        low, high = paths.net.bounds(coverage, typical, typical, scale)
        net_bounds[coverage] = days(low), days(high)

    level = coming.came_level + coming.went_level
    balance = opening + np.cumsum(net)

    before = np.searchsorted(place, np.arange(horizon), side="right")

    def held(values: Floats) -> Floats:
        """Hold the balance of the last active day on days of rest; days are the last axis."""
        first = np.full((*values.shape[:-1], 1), opening)
        full: Floats = np.concatenate([first, values], axis=-1)[..., before]
        return full

    balance_bounds = {}
    for coverage in COVERAGES:
        reach = level * paths.reach(coverage, len(net))
        balance_bounds[coverage] = held(balance - reach), held(balance + reach)
    path = held(balance)
    errors = paths.errors[:, : len(net)] * level
    trajectories = held(balance + errors)
    return Forecast(
        series.societe_id,
        series.compte,
        series.devise,
        series.last,
        opening,
        flow(came, coming.came_level, bands[0]),
        flow(went, coming.went_level, bands[1]),
        Expected(days(typical), days(net), _nested(net_bounds)),
        Expected(path, path, balance_bounds),
        active,
        trajectories,
        modeles,
    )


def _nested(bounds: dict[float, tuple[Floats, Floats]]) -> dict[float, tuple[Floats, Floats]]:
    """Return bounds of which the wider hold the narrower: each was calibrated by itself."""
    found: dict[float, tuple[Floats, Floats]] = {}
    inner: tuple[Floats, Floats] | None = None
    for coverage in sorted(bounds):
        low, high = bounds[coverage]
        if inner is not None:
            low, high = np.minimum(low, inner[0]), np.maximum(high, inner[1])
        found[coverage] = inner = low, high
    return found


def paths_of(came: Backtest, went: Backtest, actual: tuple[Floats, Floats]) -> Paths:
    """Return how far off the net flow and the balance were.

    Parameters
    ----------
    came, went : Backtest
        Of what forecasts each flow: quantiles of days and means.
    actual : pair of float64 arrays (origins, leads)
        What came; not a number where it is not known.
    """
    net = actual[0] - actual[1]
    levels = np.maximum(came.levels + went.levels, 1e-9)[:, None]
    typical = came.median - went.median
    scale = np.hypot(flow_scale(came.quantiles, came.levels[:, None]), flow_scale(went.quantiles, went.levels[:, None]))
    daily = calibrate(net, dict.fromkeys(COVERAGES, (typical, typical)), scale)
    cumulated = np.cumsum(net, axis=1)
    mean = np.cumsum(came.mean - went.mean, axis=1)
    errors = (cumulated - mean) / levels
    leads = np.arange(1, net.shape[1] + 1)
    widths, change = _widths(errors / np.sqrt(leads), came.origins)
    whole = errors[np.isfinite(errors).all(axis=1)]
    normal = widths[COVERAGES[0]] / NormalDist().inv_cdf((1 + COVERAGES[0]) / 2)
    paths = whole * change if len(whole) >= FEWEST_PATHS else _walks(normal, len(leads))
    return Paths(daily, widths, paths)


def _widths(relative: Floats, origins: npt.NDArray[np.int64]) -> tuple[dict[float, float], float]:
    """Return how far the balance may be off by coverage, and how much farther that is than by all errors alike.

    Errors of neighbouring days and origins are nearly the same: they tell as much as the horizons that do not overlap.
    So their quantile, in which recent errors weigh more, is widened as Student's quantile is beyond the normal one.

    Parameters
    ----------
    relative : float64 array (origins, leads)
        Errors in units of the level and of the root of the lead; not a number where they are not known.
    origins : int64 array (origins,)
        Active days that were known.

    References
    ----------
    Barber, Candès, Ramdas and Tibshirani, Conformal prediction beyond exchangeability, Annals of Statistics 51, 2023.
    """
    known = np.isfinite(relative)
    if not known.any():
        return {
            one: UNKNOWN_WIDTH * float(student.ppf((1 + one) / 2, FREEDOM * FEWEST_HORIZONS)) for one in COVERAGES
        }, 1.0
    span = relative.shape[1]
    recent = 0.5 ** ((origins[-1] - origins) / (HALF_LIFE * span))
    step = float(np.diff(origins).mean()) if len(origins) > 1 else float(span)
    horizons = min(float(origins[-1] - origins[0]), step * recent.sum() ** 2 / (recent**2).sum()) / span
    freedom = FREEDOM * max(horizons, FEWEST_HORIZONS)
    sizes = np.abs(relative[known])
    order = np.argsort(sizes, kind="stable")
    weights = np.cumsum(np.broadcast_to(recent[:, None], relative.shape)[known][order])
    widths, changes = {}, []
    for coverage in COVERAGES:
        at = min(int(np.searchsorted(weights, coverage * weights[-1])), len(order) - 1)
        alike = float(np.quantile(sizes, coverage))
        width = max(float(sizes[order[at]]), LEAST_WIDTH * alike)
        beyond = float(student.ppf((1 + coverage) / 2, freedom)) / NormalDist().inv_cdf((1 + coverage) / 2)
        widths[coverage] = width * beyond
        changes.append(width / alike if alike else 1.0)
    return widths, changes[0]


def _walks(width: float, leads: int) -> Floats:
    """Return trajectories where few are known: as wide as errors were, at the quantiles of a normal distribution.

    Their width grows with the root of the lead, which is what independent days do; each stays on its side, so that the
    probability of the lowest of them is rather high than low.
    """
    normal = NormalDist()
    sides = np.array([normal.inv_cdf((at + 0.5) / FEWEST_PATHS) for at in range(FEWEST_PATHS)])
    return sides[:, None] * width * np.sqrt(np.arange(1, leads + 1))[None, :]
