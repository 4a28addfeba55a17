"""Training: every candidate is validated on past days, the best are kept, and their intervals are calibrated."""

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from wisebook_ml.services.base import NotEnoughData, Progress, no_progress
from wisebook_ml.treasury.forecasting.backtest import Backtest, origins_of, roll
from wisebook_ml.treasury.forecasting.balance import paths_of
from wisebook_ml.treasury.forecasting.conformal import COVERAGES, Band, calibrate
from wisebook_ml.treasury.forecasting.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecasting.forecast import HORIZON
from wisebook_ml.treasury.forecasting.model import FlowModel, TreasuryModel
from wisebook_ml.treasury.forecasting.models import CANDIDATES, DEFAULT, Candidate, offered, shaped
from wisebook_ml.treasury.forecasting.scale import ENDS, flow_scale
from wisebook_ml.treasury.forecasting.selection import Choice, choose
from wisebook_ml.treasury.series import DailySeries, usable

__all__ = ["chosen_backtest", "flow_band", "train"]

LOGGER = logging.getLogger(__name__)

Floats = npt.NDArray[np.float64]

Makers = Mapping[str, Callable[[], Candidate]]
"""How candidates are made, by name."""

WEEK_LEADS = 5
"""Active days ahead whose errors a new position is compared with: its forecast was made days before, not months."""


def train(
    series: DailySeries,
    *,
    country: str = "FR",
    candidates: Sequence[str] = DEFAULT,
    besides: Makers | None = None,
    progress: Progress = no_progress,
) -> TreasuryModel:
    """Return a model of a series.

    Parameters
    ----------
    series : DailySeries
        All that is known; what lies before a gap of months is left out.
    country : str
        Whose public holidays the company keeps.
    candidates : sequence of str
        Names in `models.CANDIDATES`; at least one baseline.
    besides : mapping of str to callable, optional
        Further candidates, which take part as far as they can: one that needs more history than there is, or fails on
        it, is left out.
    progress : callable
        Told the share that is done.

    Raises
    ------
    NotEnoughHistory
        Where nothing can be forecast from it.
    MissingLibrary
        Where a candidate needs the extra `train`.
    """
    known = usable(series)
    activity = Activity.of(known, country)
    flows = flows_of(known, activity)
    leads = activity.leads(HORIZON)
    origins = origins_of(len(flows[0]))
    makers = {name: CANDIDATES[name] for name in candidates} | dict(besides or {})
    steps, done = 2 * len(makers), 0
    backtests: list[dict[str, Backtest]] = []
    for flow in flows:
        found = {}
        counted = offered(candidates, flow)
        for name, make in makers.items():
            if name in counted:
                found[name] = roll(make(), flow, origins, leads)
            elif name not in candidates and (rolled := _tried(make(), flow, origins, leads)) is not None:
                found[name] = rolled
            done += 1
            progress(done / (steps + 1))
        backtests.append(found)
    models = [_flow_model(flow, found, makers) for flow, found in zip(flows, backtests, strict=True)]
    chosen = [chosen_backtest(found, one.daily, one.sums) for found, one in zip(backtests, models, strict=True)]
    actual = chosen[0].actual(flows[0].values), chosen[1].actual(flows[1].values)
    progress(1.0)
    return TreasuryModel(
        series.societe_id,
        series.compte,
        series.devise,
        activity,
        known.last,
        models[0],
        models[1],
        paths_of(chosen[0], chosen[1], actual),
    )


def _tried(candidate: Candidate, flow: Flow, origins: npt.NDArray[np.int64], leads: int) -> Backtest | None:
    """Validate a candidate that nobody counts on; None where it has nothing to say of this flow."""
    try:
        return roll(candidate, flow, origins, leads)
    except (MemoryError, OSError, ImportError):
        raise  # of this machine, not of the flow
    except NotEnoughData as error:
        LOGGER.info("%s takes no part: %s", candidate.name, error)
    except Exception:  # of whatever kind its libraries have; the other candidates know enough
        LOGGER.warning("%s takes no part", candidate.name, exc_info=True)
    return None


def _flow_model(flow: Flow, backtests: Mapping[str, Backtest], makers: Makers) -> FlowModel:
    daily = choose(backtests, flow.values)
    sums = choose(backtests, flow.values, cumulated=True)
    fitted = {name: makers[name]().fit(flow) for name in dict.fromkeys((*daily.names, *sums.names))}
    validated = chosen_backtest(backtests, daily, sums)
    actual = validated.actual(flow.values)
    scale = flow_scale(validated.quantiles, validated.levels[:, None])
    low, high = (validated.quantiles[:, :, end] for end in ENDS[0.8])
    week = slice(0, WEEK_LEADS)
    above, below = ((actual - high) / scale)[:, week], ((low - actual) / scale)[:, week]
    return FlowModel(
        daily,
        sums,
        fitted,
        flow_band(validated, actual),
        np.sort(above[np.isfinite(above)]),
        np.sort(below[np.isfinite(below)]),
    )


def chosen_backtest(backtests: Mapping[str, Backtest], daily: Choice, sums: Choice) -> Backtest:
    """Return what those that were chosen would have said: quantiles of the one, and means that add up as the other."""
    days = Backtest.average([backtests[name] for name in daily.names])
    means = Backtest.average([backtests[name] for name in sums.names])
    mean = shaped(means.mean, days.mean) if daily.promoted else means.mean
    return Backtest(days.origins, days.levels, mean, days.quantiles)


def flow_band(validated: Backtest, actual: Floats) -> Band:
    """Return the calibration of the intervals of days."""
    bounds = {
        coverage: (validated.quantiles[:, :, ENDS[coverage][0]], validated.quantiles[:, :, ENDS[coverage][1]])
        for coverage in COVERAGES
    }
    return calibrate(actual, bounds, flow_scale(validated.quantiles, validated.levels[:, None]), floor=0.0)
