"""The forecast of all calendar days, put together from what active ones may have."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.forecasting.balance import Paths
from wisebook_ml.treasury.forecasting.conformal import COVERAGES, Band
from wisebook_ml.treasury.forecasting.forecast import Expected, Forecast
from wisebook_ml.treasury.forecasting.models import Spread
from wisebook_ml.treasury.forecasting.scale import ENDS, flow_scale
from wisebook_ml.treasury.series import DailySeries

__all__ = ["Assembled", "assemble"]

Floats = npt.NDArray[np.float64]
Bounds = dict[float, tuple[Floats, Floats]]
"""Lower and upper ends of the intervals, by coverage."""


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """Both flows of the active days ahead, and their levels."""

    came: Spread
    went: Spread
    came_level: float
    went_level: float


@dataclass(frozen=True, slots=True, eq=False)
class _Calendar:
    """Calendar days ahead: how many, where the active ones are among them, and the balance before the first."""

    horizon: int
    place: npt.NDArray[np.int64]
    opening: float

    def spread(self, values: Floats) -> Floats:
        """Return values of active days as those of all: nothing moves on days of rest."""
        full = np.zeros(self.horizon)
        full[self.place] = values
        return full

    def held(self, balances: Floats) -> Floats:
        """Return balances of active days as those of all: days of rest hold the last one; days are the last axis."""
        before = np.searchsorted(self.place, np.arange(self.horizon), side="right")
        first = np.full((*balances.shape[:-1], 1), self.opening)
        full: Floats = np.concatenate([first, balances], axis=-1)[..., before]
        return full


def assemble(
    series: DailySeries,
    coming: Assembled,
    ahead: npt.NDArray[np.int64],
    horizon: int,
    bands: tuple[Band, Band],
    paths: Paths,
    modeles: Mapping[str, str],
) -> Forecast:
    """Return the forecast of all calendar days from what active ones may have.

    Parameters
    ----------
    series : DailySeries
        What is known.
    coming : Assembled
        What is expected of active days.
    ahead : int64 array (active days,)
        Their ordinals.
    horizon : int
        Calendar days that are forecast.
    bands : pair of Band
        Calibration of the intervals of what comes in, and of what goes out.
    paths : Paths
        How far off the net flow and the balance were.
    modeles : mapping of str to str
        Who forecasts, for the record.
    """
    place = (ahead - series.last.toordinal() - 1).astype(np.int64)
    active = np.zeros(horizon, dtype=np.bool_)
    active[place] = True
    calendar = _Calendar(horizon, place, float(series.solde[-1]) / 100)
    expected, trajectories = _balance(calendar, coming, paths)
    return Forecast(
        series.societe_id,
        series.compte,
        series.devise,
        series.last,
        calendar.opening,
        _flow(calendar, coming.came, coming.came_level, bands[0]),
        _flow(calendar, coming.went, coming.went_level, bands[1]),
        _net(calendar, coming, paths.net),
        expected,
        active,
        trajectories,
        modeles,
    )


def _flow(calendar: _Calendar, spread: Spread, level: float, band: Band) -> Expected:
    """Return what comes in, or goes out."""
    scale = flow_scale(spread.quantiles, level)
    bounds: Bounds = {}
    for coverage in COVERAGES:
        low, high = (spread.quantiles[:, end] for end in ENDS[coverage])
        low, high = band.bounds(coverage, low, high, scale)
        bounds[coverage] = calendar.spread(np.maximum(low, 0.0)), calendar.spread(np.maximum(high, 0.0))
    return Expected(
        calendar.spread(spread.median), calendar.spread(spread.mean), _nested(bounds), calendar.spread(scale)
    )


def _net(calendar: _Calendar, coming: Assembled, band: Band) -> Expected:
    """Return what comes in less what goes out."""
    came, went = coming.came, coming.went
    typical = came.median - went.median
    scale = np.hypot(flow_scale(came.quantiles, coming.came_level), flow_scale(went.quantiles, coming.went_level))
    bounds: Bounds = {}
    for coverage in COVERAGES:
        low, high = band.bounds(coverage, typical, typical, scale)
        bounds[coverage] = calendar.spread(low), calendar.spread(high)
    return Expected(calendar.spread(typical), calendar.spread(came.mean - went.mean), _nested(bounds))


def _balance(calendar: _Calendar, coming: Assembled, paths: Paths) -> tuple[Expected, Floats]:
    """Return the balance, and the trajectories that it may take."""
    level = coming.came_level + coming.went_level
    balance = calendar.opening + np.cumsum(coming.came.mean - coming.went.mean)
    bounds: Bounds = {}
    for coverage in COVERAGES:
        reach = level * paths.reach(coverage, len(balance))
        bounds[coverage] = calendar.held(balance - reach), calendar.held(balance + reach)
    path = calendar.held(balance)
    errors = paths.errors[:, : len(balance)] * level
    return Expected(path, path, bounds), calendar.held(balance + errors)


def _nested(bounds: Bounds) -> Bounds:
    """Return bounds of which the wider hold the narrower: each was calibrated by itself."""
    found: Bounds = {}
    inner: tuple[Floats, Floats] | None = None
    for coverage in sorted(bounds):
        low, high = bounds[coverage]
        if inner is not None:
            low, high = np.minimum(low, inner[0]), np.maximum(high, inner[1])
        found[coverage] = inner = low, high
    return found
