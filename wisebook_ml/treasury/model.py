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

FEWEST_HORIZONS = 2.0
"""Horizons that are taken to have been seen at least: with fewer, Student's quantiles have no end."""

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
    width : float
        Root mean square of the errors of the balance, in units of the level and of the root of the lead.
    horizons : float
        How many horizons that do not overlap they come from.
    errors : float64 array (origins, leads)
        Errors of the balance in units of the level, of origins whose whole horizon is known.
    """

    net: Band
    width: float
    horizons: float
    errors: Floats

    def reach(self, coverage: float, leads: int) -> Floats:
        """Return how far the balance may be from its mean path, in units of the level, from the first lead on.

        Errors of neighbouring days and origins are nearly the same, so a quantile of them says little: they are as many
        as there are horizons that do not overlap. What that leaves unknown is Student's to say.
        """
        quantile = float(student.ppf((1 + coverage) / 2, self.horizons))
        return self.width * quantile * np.sqrt(np.arange(1, leads + 1))


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

    def held(values: Floats) -> Floats:
        """Hold the balance of the last active day on days of rest."""
        before = np.searchsorted(place, np.arange(horizon), side="right")
        return np.concatenate([[opening], values])[before]

    balance_bounds = {}
    for coverage in COVERAGES:
        reach = level * paths.reach(coverage, len(net))
        balance_bounds[coverage] = held(balance - reach), held(balance + reach)
    path = held(balance)
    errors = paths.errors[:, : len(net)] * level
    trajectories = np.array([held(balance + one) for one in errors]).reshape(len(errors), horizon)
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
    relative = (errors / np.sqrt(leads))[np.isfinite(errors)]
    width = float(np.sqrt(np.mean(relative**2))) if len(relative) else UNKNOWN_WIDTH
    validated = int(came.origins[-1] - came.origins[0]) if len(came.origins) else 0
    horizons = max(validated / len(leads), FEWEST_HORIZONS)
    whole = errors[np.isfinite(errors).all(axis=1)]
    paths = whole if len(whole) >= FEWEST_PATHS else _walks(width, len(leads))
    return Paths(daily, width, horizons, paths)


def _walks(width: float, leads: int) -> Floats:
    """Return trajectories where few are known: as wide as errors were, at the quantiles of a normal distribution.

    Their width grows with the root of the lead, which is what independent days do; each stays on its side, so that the
    probability of the lowest of them is rather high than low.
    """
    normal = NormalDist()
    sides = np.array([normal.inv_cdf((at + 0.5) / FEWEST_PATHS) for at in range(FEWEST_PATHS)])
    return sides[:, None] * width * np.sqrt(np.arange(1, leads + 1))[None, :]
