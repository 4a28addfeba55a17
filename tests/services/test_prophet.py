"""Prophet on a series whose seasons are known."""

import numpy as np
import pandas as pd
import pytest

from wisebook_ml.services.base import NotDefined, NotEnoughData, NotFitted
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.services.prophet import ProphetService
from wisebook_ml.services.series import due_days


def series(days: int, *, start: str = "2023-01-02") -> pd.DataFrame:
    """Sales on working days, more on Fridays, rent on the 5th; and noise."""
    dates = pd.date_range(start, periods=days, freq="D")
    rng = np.random.default_rng(3)
    flow = np.where(dates.day_of_week < 5, 1000.0 + 800 * (dates.day_of_week == 4), 0.0)
    flow = np.where(flow > 0, flow - 5000 * (dates.day == 5) + rng.normal(0, 300, days), 0.0)
    return pd.DataFrame({"date": dates, "flux": flow})


FRAME = series(420)
TRAIN, TEST = FRAME.iloc[:330], FRAME.iloc[330:]


@pytest.fixture(scope="module")
def fitted() -> ProphetService:
    return ProphetService().fit(TRAIN)


def test_it_forecasts_the_days_that_follow(fitted: ProphetService) -> None:
    found = fitted.predict(TRAIN)
    assert found["date"].tolist() == TEST["date"].tolist()
    assert (found["bas"] <= found["prevision"]).all()
    assert (found["prevision"] <= found["haut"]).all()


def test_nothing_moves_on_days_of_rest(fitted: ProphetService) -> None:
    found = fitted.predict(TRAIN)
    weekend = found["date"].dt.day_of_week >= 5
    assert (found.loc[weekend, ["prevision", "bas", "haut"]] == 0).all(axis=None)


def test_it_beats_the_week_before(fitted: ProphetService) -> None:
    metrics = fitted.evaluate(TEST, avant=TRAIN)
    assert metrics["mase"] < 0.9
    assert metrics["rows"] == 90
    assert 0 <= metrics["couverture"] <= 1


def test_a_hold_out_longer_than_the_horizon_is_forecast_to_its_end(fitted: ProphetService) -> None:
    short = ProphetService({"horizon": 40})
    short.restore(fitted.state())
    assert short.evaluate(TEST, avant=TRAIN)["mae"] == pytest.approx(fitted.evaluate(TEST, avant=TRAIN)["mae"])


def test_components_sum_to_the_forecast(fitted: ProphetService) -> None:
    parts = fitted.explain(TRAIN)
    assert {"base", "hebdomadaire", "mensuelle", "jours_feries", "echeances"} < set(parts.columns)
    np.testing.assert_allclose(parts.drop(columns="date").sum(axis=1), fitted.predict(TRAIN)["prevision"], atol=1e-6)


def test_components_of_a_product_sum_to_the_forecast() -> None:
    service = ProphetService({"seasonality_mode": "multiplicative", "jours_feries": "", "horizon": 20}).fit(TRAIN)
    parts = service.explain(TRAIN)
    assert "jours_feries" not in parts
    np.testing.assert_allclose(parts.drop(columns="date").sum(axis=1), service.predict(TRAIN)["prevision"], atol=1e-6)


def test_it_knows_the_days_of_taxes() -> None:
    frame = series(420)
    days = pd.DatetimeIndex(frame["date"])
    due = due_days(days, "FR")["du_tva"].to_numpy() == 1
    frame["flux"] = np.where(due, -20_000.0, frame["flux"])
    train, test, coming = frame.iloc[:330], frame.iloc[330:], due[330:]
    error = {
        known: np.abs(ProphetService({"echeances": known}).fit(train).predict(train)["prevision"] - test["flux"].array)
        for known in (True, False)
    }
    assert coming.sum() == 2  # that of February falls on a Saturday, and moves beyond the horizon
    assert error[True][coming].mean() < 0.2 * error[False][coming].mean()


def test_save_and_load_give_the_same_forecast(fitted: ProphetService) -> None:
    loaded = ProphetService.load(fitted.dump())
    pd.testing.assert_frame_equal(loaded.predict(TRAIN), fitted.predict(TRAIN))
    assert ProphetService().fit(TRAIN).dump() == fitted.dump()


def test_sampling_leaves_the_global_generator_alone(fitted: ProphetService) -> None:
    np.random.seed(1)
    expected = np.random.random()
    np.random.seed(1)
    fitted.predict(TRAIN)
    assert np.random.random() == expected


def test_it_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    ProphetService({"yearly_seasonality": False}).fit(series(100)).predict(series(100))
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


class TestBadInput:
    def test_too_few_days(self) -> None:
        with pytest.raises(NotEnoughData, match=r"^needs 90 days, has 12$"):
            ProphetService().fit(series(12))

    def test_no_days(self) -> None:
        with pytest.raises(NotEnoughData, match="needs 90 days, has 0"):
            ProphetService().fit(series(0))

    def test_nothing_moves(self) -> None:
        with pytest.raises(NotEnoughData, match="nothing moved in 100 days"):
            ProphetService().fit(series(100).assign(flux=0.0))

    def test_a_day_twice(self) -> None:
        with pytest.raises(ValueError, match="2023-01-02 is there twice"):
            ProphetService().fit(pd.concat([series(95), series(1)]))

    def test_a_missing_flow(self) -> None:
        with pytest.raises(ValueError, match="the flow of 2023-01-04 is not a number"):
            ProphetService().fit(series(95).assign(flux=lambda f: f["flux"].where(f.index != 2)))

    def test_a_missing_column(self, fitted: ProphetService) -> None:
        with pytest.raises(ValueError, match="missing: flux"):
            fitted.predict(TRAIN[["date"]])

    def test_not_fitted(self) -> None:
        with pytest.raises(NotFitted):
            ProphetService().predict(TRAIN)

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"seasonality_mod": "additive"}, "did you mean 'seasonality_mode'"),
            ({"interval_width": 1.5}, "interval_width"),
            ({"jours_feries": "XX"}, "no public holidays are known for 'XX'"),
        ],
    )
    def test_parameters(self, given: dict[str, object], text: str) -> None:
        with pytest.raises(InvalidParameters, match=text):
            ProphetService(given)

    def test_importance_is_not_defined(self, fitted: ProphetService) -> None:
        with pytest.raises(NotDefined, match="its only input is the date"):
            fitted.feature_importance()
