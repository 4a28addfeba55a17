"""Rolling-origin evaluation of one series: what would have been forecast, with what was known then and no more."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from wisebook_ml.treasury.forecasting.assembly import Assembled, assemble
from wisebook_ml.treasury.forecasting.backtest import Backtest, origins_of, roll
from wisebook_ml.treasury.forecasting.balance import paths_of
from wisebook_ml.treasury.forecasting.conformal import COVERAGES
from wisebook_ml.treasury.forecasting.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecasting.forecast import HORIZON, QUANTITIES, Expected, Forecast
from wisebook_ml.treasury.forecasting.models import CANDIDATES, DEFAULT, LEVELS, Spread, offered
from wisebook_ml.treasury.forecasting.scale import ENDS
from wisebook_ml.treasury.forecasting.selection import choose
from wisebook_ml.treasury.forecasting.training import chosen_backtest, flow_band
from wisebook_ml.treasury.series import DailySeries

__all__ = ["CHOSEN", "FLOWS", "WINDOWS", "Errors", "Rolled", "roll_series"]

Floats = npt.NDArray[np.float64]

CHOSEN = "chosen"
"""Name of what this system forecasts."""

FLOWS = ("entrees", "sorties")

LEARNT = 504
"""Active days before the first origin that is scored: two years."""

SCORE_EVERY = 20
"""Active days from one scored origin to the next."""

BUSINESS_DAYS = 63
WINDOWS = ("7d", "30d", "90d", "63b")
"""Leads that are scored: up to so many calendar days, or business days."""

WEEK = {True: 5, False: 7}
"""Active days of a week, by whether a company rests."""


@dataclass(slots=True)
class Errors:
    """Sums over days that were forecast; those of several series add up."""

    absolute: float = 0.0
    size: float = 0.0
    scaled: float = 0.0
    pinball: float = 0.0
    days: int = 0
    inside: dict[float, float] = field(default_factory=lambda: dict.fromkeys(COVERAGES, 0.0))
    open_days: dict[float, float] = field(default_factory=lambda: dict.fromkeys(COVERAGES, 0.0))
    open_inside: dict[float, float] = field(default_factory=lambda: dict.fromkeys(COVERAGES, 0.0))
    """The same without days of which the forecast is sure that nothing moves, and rightly."""

    def add(self, other: "Errors") -> None:
        """Add the sums of another."""
        self.absolute += other.absolute
        self.size += other.size
        self.scaled += other.scaled
        self.pinball += other.pinball
        self.days += other.days
        for mine, added in zip(self._counts(), other._counts(), strict=True):
            for coverage, count in added.items():
                mine[coverage] += count

    def _counts(self) -> tuple[dict[float, float], ...]:
        return self.inside, self.open_days, self.open_inside

    @property
    def wape(self) -> float:
        """Weighted absolute percentage error."""
        return self.absolute / self.size if self.size else 0.0


@dataclass(slots=True)
class Rolled:
    """What came out for one series.

    Parameters
    ----------
    errors : dict
        By (name, quantity, window).
    forecasts : list of Forecast
        What was forecast from each scored origin.
    chosen : dict of str to int
        How often each choice was made for single days.
    origins : array of int
        The scored origins, in active days.
    flows : pair of Flow
        The series.
    """

    errors: dict[tuple[str, str, str], Errors]
    forecasts: list[Forecast]
    chosen: dict[str, int]
    origins: npt.NDArray[np.int64]
    flows: tuple[Flow, Flow]
    windows: dict[str, npt.NDArray[np.bool_]]
    scales: tuple[float, float]


def roll_series(
    series: DailySeries, country: str, *, extra: Sequence[str] = (), score_every: int = SCORE_EVERY
) -> Rolled:
    """Forecast a series from every scored origin on, as the stream would have done.

    Parameters
    ----------
    series : DailySeries
        All days.
    country : str
        Whose holidays it keeps.
    extra : sequence of str
        Further candidates that are scored beside, without a part in the choice.
    score_every : int
        Active days between scored origins.
    """
    activity = Activity.of(series, country)
    flows = flows_of(series, activity)
    size, leads = len(flows[0]), activity.leads(HORIZON)
    start = min(LEARNT, size // 2)
    origins = origins_of(size, start=start // 2)
    scored = origins[(origins >= start) & (origins + BUSINESS_DAYS <= size) & ((origins - start) % score_every < 5)]
    names = [name for name in DEFAULT if all(name in offered([name], flow) for flow in flows)]
    backtests = [{name: roll(CANDIDATES[name](), flow, origins, leads) for name in names} for flow in flows]
    beside = [{name: roll(CANDIDATES[name](), flow, scored, leads) for name in extra} for flow in flows]
    windows = _windows(flows[0], activity, scored, leads)
    scales = _scale(flows[0], start, activity), _scale(flows[1], start, activity)
    found = Rolled({}, [], {}, scored, flows, windows, scales)
    places = np.searchsorted(origins, scored)
    for name in (*names, *extra):
        for which, flow in enumerate(FLOWS):
            one = backtests[which][name] if name in names else beside[which][name]
            rows = places if name in names else np.arange(len(scored))
            actual = one.actual(flows[which].values)[rows]
            score(found, name, flow, actual, one.quantiles[rows], scales[which])
    _score_chosen(found, series, activity, backtests, origins, places)
    return found


def score(
    found: Rolled,
    name: str,
    quantity: str,
    actual: Floats,
    quantiles: Floats,
    scale: float,
    bounds: Mapping[float, tuple[Floats, Floats]] | None = None,
) -> None:
    """Enter errors of forecasts (origins, leads, levels), by window."""
    levels = np.array(LEVELS)
    middle = quantiles[:, :, levels.tolist().index(0.5)]
    over = actual[:, :, None] - quantiles
    pinball = 2 * np.maximum(levels * over, (levels - 1) * over).mean(axis=2)
    if bounds is None:
        bounds = {one: (quantiles[:, :, low], quantiles[:, :, high]) for one, (low, high) in ENDS.items()}
    for window, mask in found.windows.items():
        counts = mask & np.isfinite(actual)
        off = np.abs(middle - actual)[counts]
        one = Errors(float(off.sum()), float(np.abs(actual[counts]).sum()), float(off.sum()) / scale)
        one.pinball, one.days = float(pinball[counts].sum()), int(counts.sum())
        for coverage, (low, high) in bounds.items():
            inside = (low - 0.005 <= actual) & (actual <= high + 0.005)
            one.inside[coverage] = float(inside[counts].sum())
            opened = counts & ((high - low > 0.01) | ~inside)
            one.open_days[coverage], one.open_inside[coverage] = float(opened.sum()), float((opened & inside).sum())
        found.errors[name, quantity, window] = one


def _windows(
    flow: Flow, activity: Activity, scored: npt.NDArray[np.int64], leads: int
) -> dict[str, npt.NDArray[np.bool_]]:
    """Return which leads belong to each window, by origin."""
    at = scored[:, None] + np.arange(leads)[None, :]
    known = at < len(flow)
    days = flow.ordinals[np.minimum(at, len(flow) - 1)]
    since = days - flow.ordinals[scored - 1][:, None]
    worked = np.cumsum(~activity.business.is_off(days.ravel()).reshape(days.shape), axis=1)
    masks = {f"{days_ahead}d": known & (since <= days_ahead) for days_ahead in (7, 30, 90)}
    return {**masks, "63b": known & (worked <= BUSINESS_DAYS)}


def _scale(flow: Flow, start: int, activity: Activity) -> float:
    """Return what MASE is relative to: the mean difference to the week before, in the days before all origins."""
    week = WEEK[activity.rests]
    return float(np.abs(flow.values[week:start] - flow.values[: start - week]).mean()) or 1.0


def _score_chosen(
    found: Rolled,
    series: DailySeries,
    activity: Activity,
    backtests: Sequence[Mapping[str, Backtest]],
    origins: npt.NDArray[np.int64],
    places: npt.NDArray[np.int64],
) -> None:
    """Choose, calibrate and forecast at each scored origin."""
    flows, leads = found.flows, activity.leads(HORIZON)
    shape = (len(places), leads)
    quantiles = {name: np.full((*shape, len(LEVELS)), np.nan) for name in QUANTITIES}
    actual = {name: np.full(shape, np.nan) for name in QUANTITIES}
    for row, place in enumerate(places.tolist()):
        origin = int(origins[place])
        past = [{name: _until(one, place) for name, one in side.items()} for side in backtests]
        validated, spreads = [], []
        for flow, side, whole in zip(flows, past, backtests, strict=True):
            daily = choose(side, flow.values, origin)
            sums = choose(side, flow.values, origin, cumulated=True)
            found.chosen[daily.name] = found.chosen.get(daily.name, 0) + 1
            validated.append(chosen_backtest(side, daily, sums))
            spreads.append(chosen_backtest(whole, daily, sums).at(origin, leads))
        known = [one.actual(flow.values, origin) for one, flow in zip(validated, flows, strict=True)]
        count = min(leads, len(flows[0]) - origin)
        spreads = [Spread(one.mean[:count], one.quantiles[:count]) for one in spreads]
        ahead = flows[0].ordinals[origin : origin + count]
        before = series.until(dt.date.fromordinal(int(flows[0].ordinals[origin - 1])))
        bands = flow_band(validated[0], known[0]), flow_band(validated[1], known[1])
        coming = Assembled(spreads[0], spreads[1], flows[0].until(origin).level, flows[1].until(origin).level)
        horizon = max(HORIZON, int(ahead[-1]) - before.last.toordinal())
        paths = paths_of(validated[0], validated[1], (known[0], known[1]))
        forecast = assemble(before, coming, ahead, horizon, bands, paths, {})
        found.forecasts.append(forecast)
        at = ahead - before.last.toordinal() - 1
        came, went = (flow.values[origin : origin + count] for flow in flows)
        balance = forecast.solde_initial + np.cumsum(came - went)
        values = dict(zip(QUANTITIES, (came, went, came - went, balance), strict=True))
        for name in QUANTITIES:
            expected: Expected = getattr(forecast, name)
            actual[name][row, :count] = values[name]
            spread = spreads[FLOWS.index(name)].quantiles if name in FLOWS else None
            quantiles[name][row, :count] = _quantiles(expected, at, spread)
    scales = dict(zip(QUANTITIES, (*found.scales, *found.scales), strict=True))
    for name in QUANTITIES:
        score(found, CHOSEN, name, actual[name], quantiles[name], scales[name])


def _quantiles(expected: Expected, at: npt.NDArray[np.int64], spread: Floats | None) -> Floats:
    """Return quantiles whose ends are calibrated; the inner ones are the model's, or the median."""
    table = np.repeat(expected.typical[at][:, None], len(LEVELS), axis=1) if spread is None else spread.copy()
    for coverage, ends in ENDS.items():
        for end, bound in zip(ends, expected.bounds[coverage], strict=True):
            table[:, end] = bound[at]
    return table


def _until(whole: Backtest, place: int) -> Backtest:
    """Return what was forecast before an origin."""
    return replace(
        whole,
        origins=whole.origins[:place],
        levels=whole.levels[:place],
        mean=whole.mean[:place],
        quantiles=whole.quantiles[:place],
    )
