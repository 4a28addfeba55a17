"""Candidates learn the calendar, read nothing of the days they forecast, and are kept where they beat the baselines."""

import datetime as dt
import pickle

import numpy as np
import pytest

from tests.treasury.conftest import company
from wisebook_ml.treasury.exceptions import NotEnoughHistory, TreasuryError
from wisebook_ml.treasury.forecasting.backtest import Backtest, origins_of, roll
from wisebook_ml.treasury.forecasting.flows import Activity, Flow, flows_of
from wisebook_ml.treasury.forecasting.model import TreasuryModel
from wisebook_ml.treasury.forecasting.models import CANDIDATES, DEFAULT, Candidate
from wisebook_ml.treasury.forecasting.selection import choose
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.series import DailySeries, series_from_rows


@pytest.fixture(scope="module")
def went(history: DailySeries) -> Flow:
    return flows_of(history, Activity.of(history, "FR"))[1]


@pytest.mark.parametrize("name", DEFAULT)
def test_every_candidate_knows_only_what_came_before(name: str, went: Flow) -> None:
    known = len(went) - 60
    candidate: Candidate = CANDIDATES[name]()
    ahead = went.ordinals[known:]
    said = candidate.fit(went.until(known)).predict(went.until(known), ahead)
    assert said.mean.shape == (60,)
    assert np.isfinite(said.quantiles).all()
    assert (np.diff(said.quantiles, axis=1) >= 0).all()
    assert (said.quantiles >= 0).all()
    again = CANDIDATES[name]().fit(went.until(known)).predict(went.until(known), ahead)
    assert np.array_equal(said.quantiles, again.quantiles)
    rolled = roll(candidate, went, [known - 10, known], 60)
    changed = Flow(went.ordinals, np.where(np.arange(len(went)) < known, went.values, 1e6), went.business)
    assert np.array_equal(roll(candidate, changed, [known - 10, known], 60).quantiles, rolled.quantiles)


@pytest.mark.parametrize("name", DEFAULT)
def test_every_candidate_bears_little_and_quiet_data(name: str, went: Flow) -> None:
    for values in (np.zeros(50), np.full(50, 7.0), np.eye(50)[10] * 900.0):
        flow = Flow(went.ordinals[:50], values, went.business)
        said = CANDIDATES[name]().fit(flow).predict(flow, went.ordinals[50:140])
        assert np.isfinite(said.quantiles).all()
        assert np.isfinite(said.mean).all()


def test_the_forest_knows_when_wages_are_paid(went: Flow) -> None:
    known = len(went) - 60
    actual = went.values[known:]
    errors = {}
    for name in ("running_median", "calendar_boosting", "calendar_forest"):
        said = CANDIDATES[name]().fit(went.until(known)).predict(went.until(known), went.ordinals[known:])
        errors[name] = float(np.abs(said.median - actual).sum() / actual.sum())
    assert errors["calendar_forest"] < 0.95 * errors["calendar_boosting"] < errors["running_median"]


def test_the_level_follows_growth() -> None:
    short: dict[str, list[float]] = {"calendar_forest": [], "calendar_boosting": []}
    for seed in (4, 5, 6):
        series = company(900, growth=0.4, seed=seed)
        came = flows_of(series, Activity.of(series, "FR"))[0]
        known = len(came) - 60
        for name, shares in short.items():
            said = CANDIDATES[name]().fit(came.until(known)).predict(came.until(known), came.ordinals[known:])
            shares.append(1 - float(said.mean.sum() / came.values[known:].sum()))
    assert abs(np.mean(short["calendar_forest"])) < min(0.1, np.mean(short["calendar_boosting"]) / 1.5)


def test_nothing_is_promoted_that_does_not_beat_the_best_baseline(went: Flow) -> None:
    origins = origins_of(len(went), step=20)
    found = {name: roll(CANDIDATES[name](), went, origins, 60) for name in ("naive", "running_median")}
    wrong = found["running_median"]
    found["calendar_boosting"] = Backtest(origins, wrong.levels, wrong.mean * 3, wrong.quantiles * 3)
    choice = choose(found, went.values)
    assert (choice.names, choice.baseline, choice.promoted) == (("running_median",), "running_median", False)
    with pytest.raises(ValueError, match="no baseline among calendar_boosting"):
        choose(found, went.values, only=["calendar_boosting"])


def test_an_average_is_chosen_where_it_is_better() -> None:
    values = np.full(200, 10.0)
    origins = np.arange(100, 180, 5)

    def says(value: float) -> Backtest:
        shape = (len(origins), 20)
        return Backtest(origins, np.full(len(origins), 10.0), np.full(shape, value), np.full((*shape, 7), value))

    choice = choose({"naive": says(30.0), "low": says(8.0), "high": says(12.0)}, values)
    assert choice.names == ("low", "high")
    assert choice.promoted


def test_a_trained_model_forecasts_from_new_days_without_learning(model: TreasuryModel, history: DailySeries) -> None:
    for more in (0, 1, 7):
        series = history.until(model.learnt_until + dt.timedelta(days=more))
        forecast = model.forecast(series)
        assert forecast.origin == series.last
        assert len(forecast.dates) == len(forecast) == 90
        assert forecast.solde_initial == series.solde[-1] / 100
        weekend = [day.weekday() >= 5 for day in forecast.dates]
        assert not forecast.flux.mean[weekend].any()
        assert forecast.solde.mean[-1] == pytest.approx(forecast.solde_initial + forecast.flux.mean.sum())
        for quantity in (forecast.entrees, forecast.sorties, forecast.flux, forecast.solde):
            narrow, wide = quantity.bounds[0.8], quantity.bounds[0.95]
            assert (narrow[0] <= narrow[1]).all()
            assert (wide[0] <= narrow[0]).all()
            assert (narrow[1] <= wide[1]).all()


def test_a_model_is_not_asked_about_what_it_has_learnt_from(model: TreasuryModel, history: DailySeries) -> None:
    with pytest.raises(TreasuryError, match="would know what it forecasts"):
        model.forecast(history.until(model.learnt_until - dt.timedelta(days=30)))
    with pytest.raises(TreasuryError, match="company 2"):
        other = series_from_rows([history.first], [1.0], [0.0], societe_id=2)
        model.forecast(other)


def test_two_months_are_enough_and_ten_days_are_not() -> None:
    series = company(100)
    forecast = train(series, candidates=("weekly", "running_mean")).forecast(series)
    assert np.isfinite(forecast.trajectories).all()
    with pytest.raises(NotEnoughHistory, match="10 days"):
        train(series.until(series.first + dt.timedelta(days=9)))


def test_a_model_can_be_kept(model: TreasuryModel, history: DailySeries) -> None:
    series = history.until(model.learnt_until + dt.timedelta(days=3))
    kept: TreasuryModel = pickle.loads(pickle.dumps(model))
    assert kept.forecast(series).by_date("solde") == model.forecast(series).by_date("solde")


def test_a_forecast_is_published_by_date(model: TreasuryModel, history: DailySeries) -> None:
    forecast = model.forecast(history.until(model.learnt_until))
    values, low, high = forecast.by_date("entrees", 0.95)
    assert list(values) == [day.isoformat() for day in forecast.dates]
    assert all(low[day] <= high[day] for day in values)
    with pytest.raises(ValueError, match="'cash'; there are entrees"):
        forecast.by_date("cash")
