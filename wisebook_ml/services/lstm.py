"""LSTM: the forecast of daily cash flows from how they went lately and what the calendar holds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from schemas import TypeModele
from wisebook_ml.services.base import (
    BaseMLService,
    Gate,
    NotDefined,
    NotEnoughData,
    NotFitted,
    Progress,
    no_progress,
)
from wisebook_ml.services.lstm_forward import check_weights, forward
from wisebook_ml.services.lstm_network import (
    AHEAD,
    CALENDAR,
    HIGH,
    LOW,
    MIDDLE,
    LSTMParameters,
    Windows,
    build_network,
    train_network,
)
from wisebook_ml.services.series import (
    FLOW,
    WEEK,
    calendar,
    check_country,
    forecast_metrics,
    horizon_after,
    off_days,
    origins,
    rest_days,
    series_of,
)

__all__ = ["LSTMParameters", "LSTMService"]

Floats = npt.NDArray[np.float64]

VALIDATION = 0.15
"""Share of the days, the last ones, that tell when to stop and how wide the interval is."""

FEWEST_VALIDATED = 14
"""Days that are validated on at least: two weeks, so that each weekday is there twice."""

VALIDATION_STEP = 3
"""Days from one validated forecast to the next: neighbours tell nearly the same."""

MANY = 500
"""Windows that are learnt from, about: of more, every second or third, since neighbours say nearly the same."""

CLIP = 8.0
"""Largest flow that the network reads, in multiples of the usual one: one sale of a building is not to drown the rest.
What it learns to forecast is not clipped."""


@dataclass(slots=True)
class _Learnt:
    """What was learnt besides the weights."""

    scale: float
    rest: str | None
    errors: tuple[tuple[float, float], tuple[float, float]]
    """By how much each bound is moved so that it holds on validated days, in units of `scale`, on working days and on
    days off."""


class LSTMService(BaseMLService):
    """The net flow of each coming day, from the days before and the calendar of those ahead.

    Stacked LSTM layers read `sequence_length` days (flow and calendar) into a context; a small network, the same for
    every day ahead, turns the context and what is known of that day (weekday, day off, place in the month and the year,
    what was usual on this weekday and this day of the month) into the quantiles of its flow: the median and the ends of
    an interval of `interval_width`. The whole horizon comes at once, so errors do not add up from day to day. It learns
    what differs from the usual flow of the weekday, by the pinball error of each quantile.

    Good for flows that follow both the calendar and each other. It needs more data than `PROPHET` to be better, fails
    on what happened once (a level that it never saw), and forecasts a typical day where payments are large and rare,
    since that is what has the smallest absolute error: sums over the horizon are then too near to nothing.

    `bas` and `haut` are the network's quantiles, moved so that they hold on validated days (conformal), for working
    days and days off each. As the training stopped where these were forecast best, the interval is somewhat narrow.

    Parameters
    ----------
    parametres : mapping, optional
        See `LSTMParameters`.
    seed : int
        Seed of the weights, the dropout and the order of learning. TensorFlow is made deterministic, in the whole
        process.

    References
    ----------
    Hochreiter and Schmidhuber, Long short-term memory, Neural Computation 9, 1997.
    Wen, Torkkola, Narayanaswamy and Madeka, A multi-horizon quantile recurrent forecaster, 2017 (decoder, quantiles).
    Romano, Patterson and Candès, Conformalized quantile regression, NeurIPS 2019.
    """

    type_modele = TypeModele.LSTM
    parameters = LSTMParameters
    columns: ClassVar[Sequence[str]] = ("date", FLOW)
    gate = Gate(metric="mase", higher_is_better=False, margin=-0.05, min_rows=14)
    libraries = ("keras",)

    parametres: LSTMParameters

    def __init__(self, parametres: Mapping[str, object] | None = None, **options: Any) -> None:
        super().__init__(parametres, **options)
        check_country(self.parametres.jours_feries)
        self._weights: list[npt.NDArray[np.float32]] = []
        self._learnt: _Learnt | None = None

    @property
    def needed_days(self) -> int:
        """Days that a training needs: one sequence and the horizon after it."""
        return max(
            self.parametres.sequence_length + self.parametres.horizon,
            self.parametres.sequence_length + 2 * FEWEST_VALIDATED,
        )

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Learn from daily flows; see `wisebook_ml.datasets.flows`. Needs `needed_days` days."""
        series = series_of(self.checked(donnees), self.needed_days)
        if not series.any():
            raise NotEnoughData(f"nothing moved in {len(series)} days: there is no flow to learn from")
        rest = rest_days(series, self.parametres.jours_feries)
        validated = max(FEWEST_VALIDATED, min(int(len(series) * VALIDATION), self.parametres.horizon))
        place = len(series) - validated
        scale = float(series.iloc[:place].abs().mean()) or float(series.abs().mean())
        learnt = _Learnt(scale, rest, ((0.0, 0.0), (0.0, 0.0)))
        step = max(1, round((place - self.parametres.sequence_length) / MANY))
        train = self._windows(series, learnt, range(self.parametres.sequence_length, place, step), 0, place)
        begin = max(self.parametres.sequence_length, place - self.parametres.horizon // 2)
        check = self._windows(series, learnt, range(begin, place + 1, VALIDATION_STEP), place, len(series))
        network = build_network(self.parametres, self.seed)
        train_network(network, train, check, self.parametres, progress)
        found = np.asarray(network([check.past, check.ahead, check.usual], training=False))
        learnt.errors = self._errors(check, found)
        self._weights, self._learnt = [np.asarray(weight) for weight in network.get_weights()], learnt
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return the forecast of the days that follow those of `donnees`, of which the last `sequence_length` count.

        Returns
        -------
        DataFrame
            `date`, `prevision` (net flow in euros), `bas` and `haut` (an interval of `interval_width`); `horizon` rows.

        Raises
        ------
        NotEnoughData
            Where there are fewer than `sequence_length` days.
        """
        learnt = self._fitted()
        series = series_of(self.checked(donnees), self.parametres.sequence_length)
        series = series.iloc[-self.parametres.sequence_length :]
        return self._forecasts(series, [len(series)], learnt)[0]

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return how far off the forecasts of these days are, made from the days before; see `forecast_metrics`.

        Of a hold-out that is longer than the horizon, later days are forecast from its own earlier ones. Without
        `avant`, the first `sequence_length` days are read only.
        """
        learnt = self._fitted()
        self.checked(donnees)
        before = series_of(avant) if avant is not None else None
        known = len(before) if before is not None else self.parametres.sequence_length
        whole = donnees if avant is None else pd.concat([avant[list(self.columns)], donnees[list(self.columns)]])
        series = series_of(whole, self.parametres.sequence_length + 1)
        known = max(known, self.parametres.sequence_length)
        steps = list(origins(known, len(series), self.parametres.horizon))
        found = self._forecasts(series, [begin for begin, _ in steps], learnt)
        parts = [forecast.iloc[: end - begin] for forecast, (begin, end) in zip(found, steps, strict=True)]
        return forecast_metrics(series.to_numpy()[known:], pd.concat(parts), series.to_numpy()[:known])

    def feature_importance(self) -> dict[str, float]:
        """Not defined: one flow read at 90 places is no set of attributes."""
        raise NotDefined(
            "an LSTM has no feature importance: it reads one series at many places; PROPHET's `explain` has a forecast "
            "of the same series as a sum"
        )

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Not defined: no estimate of SHAP values for this network could be checked."""
        raise NotDefined(
            "SHAP values are not given for LSTM: a forecast has one per day read and day ahead, estimates of them for "
            "recurrent layers do not sum to the forecast, and neighbouring days stand in for each other; PROPHET's "
            "`explain` has a forecast of the same series as a sum"
        )

    def state(self) -> object:
        """Return the weights as arrays, and what was learnt besides."""
        learnt = self._fitted()
        return {"weights": self._weights, "scale": learnt.scale, "rest": learnt.rest, "errors": learnt.errors}

    def restore(self, state: Any) -> None:
        """Take what `state` returned."""
        check_weights(state["weights"], self.parametres.hidden_layers, CALENDAR + 1, AHEAD)
        self._weights = state["weights"]
        self._learnt = _Learnt(state["scale"], state["rest"], state["errors"])

    def _fitted(self) -> _Learnt:
        if self._learnt is None:
            raise NotFitted("the LSTM was neither fitted nor loaded")
        return self._learnt

    def _windows(self, series: pd.Series, learnt: _Learnt, places: Sequence[int], since: int, until: int) -> Windows:
        """Return a window for each place that a forecast is made at; days in [since, until) ahead of it count."""
        length, horizon = self.parametres.sequence_length, self.parametres.horizon
        days = pd.DatetimeIndex(series.index).append(horizon_after(series.index[-1], horizon))
        known = calendar(days, self.parametres.jours_feries)
        flow = np.concatenate([series.to_numpy() / learnt.scale, np.zeros(horizon)])
        back = np.arange(-length, 0) + np.array(places)[:, None]
        fore = np.arange(horizon) + np.array(places)[:, None]
        weekday, monthday = days.day_of_week.to_numpy(), days.day.to_numpy()
        read = np.clip(flow[back], -CLIP, CLIP)
        usual = _usual_week(read, weekday[back], weekday[fore])
        same_day = _usual_month(read, monthday[back], monthday[fore])
        if learnt.rest is not None:
            usual[off_days(days, learnt.rest)[fore]] = 0.0
        counts = ((fore >= since) & (fore < until)).astype(np.float64)
        if learnt.rest is not None:
            counts[off_days(days, learnt.rest)[fore]] = 0.0
        lead = np.broadcast_to(np.arange(horizon) / horizon, fore.shape)
        ahead = np.concatenate([known[fore], np.stack([usual, same_day, lead], axis=2)], axis=2)
        past = np.concatenate([read[:, :, None], known[back]], axis=2)
        # Days that do not count keep a target of zero; the last horizon has no flows yet.
        return Windows(past, ahead, usual[:, :, None], flow[fore][:, :, None], counts)

    def _errors(self, check: Windows, found: Floats) -> tuple[tuple[float, float], tuple[float, float]]:
        """Return by how much bounds have to be moved to hold on validated days: working days, days off."""
        came = check.target[:, :, 0]
        off = check.ahead[:, :, WEEK] > 0
        held = (1 + self.parametres.interval_width) / 2
        moved = []
        for days in (~off, off):
            chosen = (check.counts > 0) & days
            beyond = (found[:, :, LOW] - came)[chosen], (came - found[:, :, HIGH])[chosen]
            below, above = (float(np.quantile(one, held)) if len(one) else 0.0 for one in beyond)
            moved.append((below, above))
        return moved[0], moved[1]

    def _forecasts(self, series: pd.Series, places: Sequence[int], learnt: _Learnt) -> list[pd.DataFrame]:
        """Return the forecasts made at some places of the series, each from the days before it."""
        window = self._windows(series, learnt, places, 0, 0)
        said = forward(self._weights, window.past, window.ahead, window.usual[:, :, 0])
        found = said.astype(np.float64)  # by place, day and quantile
        off = window.ahead[:, :, WEEK] > 0
        working, resting = learnt.errors
        forecasts = []
        for row, place in enumerate(places):
            forecast = found[row, :, MIDDLE]
            low = found[row, :, LOW] - np.where(off[row], resting[0], working[0])
            high = found[row, :, HIGH] + np.where(off[row], resting[1], working[1])
            columns = {"prevision": forecast, "bas": np.minimum(low, forecast), "haut": np.maximum(high, forecast)}
            days = horizon_after(series.index[place - 1], self.parametres.horizon)
            if learnt.rest is not None:
                still = off_days(days, learnt.rest)
                columns = {name: np.where(still, 0.0, values) for name, values in columns.items()}
            scaled = {name: values * learnt.scale for name, values in columns.items()}
            forecasts.append(pd.DataFrame({"date": days, **scaled}))
        return forecasts


def _usual_week(read: Floats, before: npt.NDArray[np.int32], ahead: npt.NDArray[np.int32]) -> Floats:
    """Return the median of what was read on the same weekday, for each day ahead: no rent or tax of a single day."""
    usual = np.zeros(ahead.shape)
    for weekday in range(WEEK):
        median = np.nanmedian(np.where(before == weekday, read, np.nan), axis=1)
        usual += np.where(ahead == weekday, median[:, None], 0.0)
    return usual


def _usual_month(read: Floats, before: npt.NDArray[np.int32], ahead: npt.NDArray[np.int32]) -> Floats:
    """Return the mean of what was read on the same day of the month, for each day ahead; 0 where there was none."""
    usual = np.zeros(ahead.shape)
    for day in np.unique(ahead):
        same = before == day
        mean = (read * same).sum(axis=1) / np.maximum(same.sum(axis=1), 1)
        usual += np.where(ahead == day, mean[:, None], 0.0)
    return usual
