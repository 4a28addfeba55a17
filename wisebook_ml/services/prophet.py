"""Prophet: the seasonal forecast of daily cash flows."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
import pandas as pd
from msgspec import Meta

from schemas import TypeModele
from wisebook_ml.services.base import (
    GLOBAL_RANDOM,
    BaseMLService,
    Gate,
    NotDefined,
    NotEnoughData,
    NotFitted,
    Progress,
    no_progress,
)
from wisebook_ml.services.parameters import Parameters
from wisebook_ml.services.series import (
    FLOW,
    check_country,
    due_days,
    forecast_metrics,
    horizon_after,
    off_days,
    origins,
    rest_days,
    series_of,
)

__all__ = ["ProphetParameters", "ProphetService"]

NEEDED_DAYS = 90
"""Three months: with less, what happens once a month cannot be told from what happens once."""

YEARLY_DAYS = 730
"""Days from which a yearly season is learnt where it is left to the algorithm: two years, so that it was seen twice."""

MONTH = 30.4375
MONTH_WAVES = 10
"""Length of a month in days, and the waves that make up its course."""

QUIET = ("cmdstanpy", "prophet", "prophet.plot")
"""Loggers that report every fit, or that there is no plotly, on the log of a trainer."""

COMPONENTS = {"weekly": "hebdomadaire", "monthly": "mensuelle", "yearly": "annuelle", "holidays": "jours_feries"}
COMPONENTS |= {f"extra_regressors_{mode}": "echeances" for mode in ("additive", "multiplicative")}
"""The model's components, and the columns of `explain`."""


class ProphetParameters(Parameters, frozen=True, kw_only=True):
    """Parameters of `ProphetService`; those that Prophet has mean what they mean there.

    `jours_feries` is the country whose public holidays count, empty for none; `echeances` whether the ends of a month
    and, in France, the days of taxes, contributions and wages count (`series.due_days`); `horizon` the days that are
    forecast.
    """

    changepoint_prior_scale: Annotated[float, Meta(gt=0, le=10)] = 0.05
    seasonality_prior_scale: Annotated[float, Meta(gt=0, le=100)] = 10.0
    holidays_prior_scale: Annotated[float, Meta(gt=0, le=100)] = 10.0
    seasonality_mode: Literal["additive", "multiplicative"] = "additive"
    interval_width: Annotated[float, Meta(gt=0, lt=1)] = 0.8
    weekly_seasonality: bool = True
    monthly_seasonality: bool = True
    yearly_seasonality: bool | Literal["auto"] = "auto"
    jours_feries: str = "FR"
    echeances: bool = True
    horizon: Annotated[int, Meta(ge=1, le=730)] = 90


class ProphetService(BaseMLService):
    """The net flow of each coming day, from a trend, seasons of week, month and year, public holidays and due days.

    Good for companies with a steady calendar (wages, rent, VAT, terms of payment), for gaps, and where a person has
    to see why: the forecast is a sum that `explain` takes apart. It knows dates only. It fails where single large
    payments decide, where flows follow other flows rather than the calendar, and right after a change of level, which
    it takes in at the next training. Its interval is that of the trend and of errors that are alike on all days: too
    wide on most, too narrow on days with large payments. Where nothing moved on days off, it learns from working days
    only, and forecasts nothing for the others.

    Parameters
    ----------
    parametres : mapping, optional
        See `ProphetParameters`.
    seed : int
        Seed of the fit and of the samples that the interval is taken from.

    References
    ----------
    Taylor and Letham, Forecasting at scale, The American Statistician 72, 2018.
    """

    type_modele = TypeModele.PROPHET
    parameters = ProphetParameters
    columns: ClassVar[Sequence[str]] = ("date", FLOW)
    gate = Gate(metric="mase", higher_is_better=False, margin=-0.05, min_rows=14)
    libraries = ("prophet",)

    parametres: ProphetParameters

    def __init__(self, parametres: Mapping[str, object] | None = None, **options: Any) -> None:
        super().__init__(parametres, **options)
        check_country(self.parametres.jours_feries)
        self._model: Any = None
        self._json = ""
        self._rest: str | None = None

    def fit(self, donnees: pd.DataFrame, *, progress: Progress = no_progress) -> Self:
        """Learn from daily flows; see `wisebook_ml.datasets.flows`. Needs 90 days."""
        series = series_of(self.checked(donnees), NEEDED_DAYS)
        if not series.any():
            raise NotEnoughData(f"nothing moved in {len(series)} days: there is no flow to learn from")
        given = self.parametres
        yearly = given.yearly_seasonality
        rest = rest_days(series, given.jours_feries)
        learnt = series if rest is None else series[~off_days(pd.DatetimeIndex(series.index), rest)]
        with _quiet(self.seed):
            from prophet import Prophet
            from prophet.serialize import model_to_json

            model = Prophet(
                changepoint_prior_scale=given.changepoint_prior_scale,
                seasonality_prior_scale=given.seasonality_prior_scale,
                holidays_prior_scale=given.holidays_prior_scale,
                seasonality_mode=given.seasonality_mode,
                interval_width=given.interval_width,
                weekly_seasonality=given.weekly_seasonality,
                yearly_seasonality=len(series) >= YEARLY_DAYS if yearly == "auto" else yearly,
                daily_seasonality=False,
            )
            if given.monthly_seasonality:
                model.add_seasonality(name="monthly", period=MONTH, fourier_order=MONTH_WAVES)
            if given.jours_feries:
                model.add_country_holidays(country_name=given.jours_feries)
            table = pd.DataFrame({"ds": learnt.index, "y": learnt.to_numpy()})
            if given.echeances:
                due = due_days(pd.DatetimeIndex(learnt.index), given.jours_feries)
                for name in due.columns[(due != 0).any()]:
                    model.add_regressor(name, prior_scale=given.holidays_prior_scale, standardize=False)
                    table[name] = due[name].to_numpy()
            model.fit(table, seed=self.seed % 2**31)
            self._json = model_to_json(model)
        # What is kept is what predicts: a number that JSON rounded would otherwise make the loaded model another one.
        self._take(self._json, rest)
        progress(1.0)
        return self

    def predict(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return the forecast of the days that follow those of `donnees`.

        Returns
        -------
        DataFrame
            `date`, `prevision` (net flow in euros), `bas` and `haut` (an interval of `interval_width`); `horizon` rows.
        """
        self._fitted()
        series = series_of(self.checked(donnees), 1)
        return self._forecast(horizon_after(series.index[-1], self.parametres.horizon))

    def evaluate(self, donnees: pd.DataFrame, *, avant: pd.DataFrame | None = None) -> dict[str, float]:
        """Return how far off the forecasts of these days are; see `forecast_metrics`."""
        self._fitted()
        series = series_of(self.checked(donnees), 1)
        before = series_of(avant) if avant is not None else series.iloc[:0]
        parts = [
            self._forecast(pd.DatetimeIndex(series.index[begin:end]))
            for begin, end in origins(0, len(series), self.parametres.horizon)
        ]
        return forecast_metrics(series.to_numpy(), pd.concat(parts), before.to_numpy())

    def feature_importance(self) -> dict[str, float]:
        """Not defined: Prophet has no inputs but the date."""
        raise NotDefined("Prophet has no feature importance: its only input is the date; `explain` has its components")

    def explain(self, donnees: pd.DataFrame) -> pd.DataFrame:
        """Return what each forecast day is the sum of.

        These are no SHAP values: the model is a sum, and these are its terms, exactly. Multiplicative seasons are given
        as what they add to the trend.

        Returns
        -------
        DataFrame
            A row each day that `predict` forecasts: `date`, `base` (the trend) and, where the model has them,
            `hebdomadaire`, `mensuelle`, `annuelle`, `jours_feries` and `echeances`, in euros; without `date`, they sum
            to `prevision`.
        """
        self._fitted()
        series = series_of(self.checked(donnees), 1)
        days = horizon_after(series.index[-1], self.parametres.horizon)
        found = self._predicted(days)
        trend = found["trend"].to_numpy()
        columns = {"date": days, "base": trend}
        factor = trend if self.parametres.seasonality_mode == "multiplicative" else 1.0
        for name, column in COMPONENTS.items():
            if name in found:
                columns[column] = found[name].to_numpy() * factor
        return pd.DataFrame(columns)

    def state(self) -> object:
        """Return the model as the JSON that Prophet writes, and which days are days of rest."""
        self._fitted()
        return self._json, self._rest

    def restore(self, state: Any) -> None:
        """Take what `state` returned."""
        self._take(*state)

    def _take(self, text: str, rest: str | None) -> None:
        with _quiet(self.seed):
            from prophet.serialize import model_from_json

            self._json, self._model, self._rest = text, model_from_json(text), rest

    def _fitted(self) -> None:
        if self._model is None:
            raise NotFitted("Prophet was neither fitted nor loaded")

    def _predicted(self, days: pd.DatetimeIndex) -> pd.DataFrame:
        """Return what Prophet says of days; nothing moves on days of rest."""
        table = pd.DataFrame({"ds": days})
        if self._model.extra_regressors:  # none where it was learnt before there were any
            due = due_days(days, self.parametres.jours_feries).reset_index(drop=True)
            table = table.join(due[list(self._model.extra_regressors)])
        with _quiet(self.seed):
            found: pd.DataFrame = self._model.predict(table)
        if self._rest is not None:
            numbers = found.select_dtypes("number").columns
            found.loc[off_days(days, self._rest), numbers] = 0.0
        return found

    def _forecast(self, days: pd.DatetimeIndex) -> pd.DataFrame:
        found = self._predicted(days)
        values = {"prevision": "yhat", "bas": "yhat_lower", "haut": "yhat_upper"}
        return pd.DataFrame({"date": days, **{name: found[column].to_numpy() for name, column in values.items()}})


@contextmanager
def _quiet(seed: int) -> Iterator[None]:
    """Silence Prophet's loggers, and seed the generator that it samples from, which is NumPy's global one."""
    loggers = [logging.getLogger(name) for name in QUIET]
    with GLOBAL_RANDOM:
        levels = [logger.level for logger in loggers]
        state = np.random.get_state()
        try:
            for logger in loggers:
                if not logger.handlers:
                    logger.addHandler(logging.NullHandler())  # without one, cmdstanpy sets up its own, and its level
                logger.setLevel(logging.CRITICAL)
            np.random.seed(seed % 2**32)
            yield
        finally:
            np.random.set_state(state)
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
