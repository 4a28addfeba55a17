"""The LSTM, small, on a series whose course is known."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from wisebook_ml.services.base import NotDefined, NotEnoughData, NotFitted
from wisebook_ml.services.lstm import LSTMService
from wisebook_ml.services.parameters import InvalidParameters

SMALL = {"sequence_length": 14, "hidden_layers": [6, 4], "horizon": 14, "epochs": 4, "learning_rate": 0.01}


def series(days: int) -> pd.DataFrame:
    """Sales on working days, more on Fridays, rent on the 5th; and noise."""
    dates = pd.date_range("2023-01-02", periods=days, freq="D")
    rng = np.random.default_rng(3)
    flow = np.where(dates.day_of_week < 5, 1000.0 + 800 * (dates.day_of_week == 4), 0.0)
    flow = np.where(flow > 0, flow - 5000 * (dates.day == 5) + rng.normal(0, 300, days), 0.0)
    return pd.DataFrame({"date": dates, "flux": flow})


FRAME = series(200)
TRAIN, TEST = FRAME.iloc[:170], FRAME.iloc[170:]


TOLD: list[float] = []
"""What the fit of `fitted` told of its progress."""


@pytest.fixture(scope="module")
def fitted() -> LSTMService:
    return LSTMService(SMALL).fit(TRAIN, progress=TOLD.append)


def test_it_forecasts_the_days_that_follow(fitted: LSTMService) -> None:
    found = fitted.predict(TRAIN)
    assert found["date"].tolist() == TEST["date"].tolist()[:14]
    assert (found["bas"] <= found["prevision"]).all()
    assert (found["prevision"] <= found["haut"]).all()
    weekend = found["date"].dt.day_of_week >= 5
    assert (found.loc[weekend, ["prevision", "bas", "haut"]] == 0).all(axis=None)
    assert found.loc[~weekend, "haut"].gt(found.loc[~weekend, "bas"]).all()


def test_only_the_last_sequence_counts(fitted: LSTMService) -> None:
    pd.testing.assert_frame_equal(fitted.predict(TRAIN.tail(14)), fitted.predict(TRAIN))


def test_it_beats_the_week_before(fitted: LSTMService) -> None:
    metrics = fitted.evaluate(TEST, avant=TRAIN)
    assert metrics["mase"] < 0.9
    assert metrics["rows"] == 30


def test_evaluation_without_earlier_days_reads_its_own_first(fitted: LSTMService) -> None:
    assert fitted.evaluate(FRAME)["rows"] == 200 - 14


def test_save_and_load_give_the_same_forecast(fitted: LSTMService) -> None:
    loaded = LSTMService.load(fitted.dump())
    pd.testing.assert_frame_equal(loaded.predict(TRAIN), fitted.predict(TRAIN))
    assert loaded.evaluate(TEST, avant=TRAIN) == fitted.evaluate(TEST, avant=TRAIN)


def test_an_artefact_holds_arrays_only(fitted: LSTMService) -> None:
    _, state = pickle.loads(fitted.dump())
    assert {type(weight) for weight in state["weights"]} == {np.ndarray}
    assert b"keras" not in pickle.dumps(state)


def test_the_same_seed_gives_the_same_model(fitted: LSTMService) -> None:
    assert LSTMService(SMALL).fit(TRAIN).dump() == fitted.dump()


def test_progress_is_told_by_epoch(fitted: LSTMService) -> None:
    assert TOLD[:2] == [0.25, 0.5]
    assert sorted(TOLD) == TOLD
    assert TOLD[-1] == 1.0


def test_the_least_data_that_is_enough() -> None:
    service = LSTMService({**SMALL, "epochs": 1, "hidden_layers": [2]})
    assert np.isfinite(service.fit(series(service.needed_days)).predict(TRAIN)["prevision"]).all()


def test_tensorflow_is_imported_only_where_it_is_needed() -> None:
    code = "import sys, wisebook_ml.services.lstm as m; m.LSTMService(); assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


class TestBadInput:
    def test_too_few_days(self) -> None:
        with pytest.raises(NotEnoughData, match=r"^needs 180 days, has 12$"):
            LSTMService().fit(series(12))

    def test_a_sequence_that_is_too_short(self, fitted: LSTMService) -> None:
        with pytest.raises(NotEnoughData, match=r"^needs 14 days, has 13$"):
            fitted.predict(TRAIN.tail(13))

    def test_nothing_moves(self) -> None:
        with pytest.raises(NotEnoughData, match="nothing moved in 100 days"):
            LSTMService(SMALL).fit(series(100).assign(flux=0.0))

    def test_not_fitted(self) -> None:
        with pytest.raises(NotFitted):
            LSTMService().predict(TRAIN)

    @pytest.mark.parametrize(
        ("given", "text"),
        [
            ({"hiden_layers": [8]}, "did you mean 'hidden_layers'"),
            ({"hidden_layers": []}, "hidden_layers"),
            ({"hidden_layers": [0]}, "hidden_layers"),
            ({"dropout": 1.0}, "dropout"),
            ({"learning_rate": -1}, "learning_rate"),
            ({"jours_feries": "XX"}, "no public holidays are known"),
        ],
    )
    def test_parameters(self, given: dict[str, object], text: str) -> None:
        with pytest.raises(InvalidParameters, match=text):
            LSTMService(given)

    def test_parameters_are_honoured(self) -> None:
        given = {"sequence_length": 90, "hidden_layers": [128, 64, 32], "dropout": 0.2, "learning_rate": 0.001}
        assert LSTMService(given).parametres == LSTMService().parametres

    def test_explanations_are_not_defined(self, fitted: LSTMService) -> None:
        with pytest.raises(NotDefined, match="PROPHET"):
            fitted.feature_importance()
        with pytest.raises(NotDefined, match="PROPHET"):
            fitted.explain(TRAIN)
