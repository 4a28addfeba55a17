"""How far off past forecasts of the net flow and of the balance were, and so how wide their intervals have to be."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
from scipy.stats import t as student

from wisebook_ml.treasury.forecasting.backtest import Backtest
from wisebook_ml.treasury.forecasting.conformal import COVERAGES, Band, calibrate
from wisebook_ml.treasury.forecasting.scale import flow_scale

__all__ = ["Paths", "paths_of"]

Floats = npt.NDArray[np.float64]

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
