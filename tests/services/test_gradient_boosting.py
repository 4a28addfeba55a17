"""Gradient Boosting tells wrong entries from right ones, with probabilities that hold and SHAP values that sum."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from tests.services.judged import judged_rows
from wisebook_ml.entry_columns import ATTRIBUTES
from wisebook_ml.services.base import NotEnoughData, NotFitted
from wisebook_ml.services.gradient_boosting import GradientBoostingService
from wisebook_ml.services.parameters import InvalidParameters

SMALL = {"n_estimators": 60, "learning_rate": 0.1}


@pytest.fixture(scope="module")
def fitted() -> GradientBoostingService:
    return GradientBoostingService(SMALL, seed=7).fit(judged_rows(900, unknown=0.3))


def test_it_tells_wrong_entries_from_right_ones(fitted: GradientBoostingService) -> None:
    frame = judged_rows(800, seed=2)
    metrics = fitted.evaluate(frame)
    probability = fitted.predict(frame)["probabilite"]
    assert metrics["auc"] == pytest.approx(roc_auc_score(frame["corrigee"], probability))
    assert metrics["auc"] > 0.85
    assert metrics["rows"] == 800
    assert 0 < metrics["brier"] < 0.15
    assert metrics["average_precision"] > 0.75


def test_its_probability_holds_on_average(fitted: GradientBoostingService) -> None:
    frame = judged_rows(2_000, seed=3)
    assert fitted.predict(frame)["probabilite"].mean() == pytest.approx(frame["corrigee"].mean(), abs=0.06)


def test_shap_values_sum_to_the_log_odds(fitted: GradientBoostingService) -> None:
    frame = judged_rows(40, seed=4)
    explained, probability = fitted.explain(frame), fitted.predict(frame)["probabilite"]
    assert set(explained.columns) == {*ATTRIBUTES.values(), "base"}
    np.testing.assert_allclose(explained.sum(axis=1), np.log(probability / (1 - probability)), atol=1e-6)


def test_what_matters_is_what_was_made_to(fitted: GradientBoostingService) -> None:
    shares = fitted.feature_importance()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert set(list(shares)[:2]) == {"compte_num", "saisie_le"}


def test_what_is_loaded_says_the_same(fitted: GradientBoostingService) -> None:
    frame = judged_rows(50, seed=5)
    loaded = GradientBoostingService.load(fitted.dump())
    pd.testing.assert_frame_equal(loaded.predict(frame), fitted.predict(frame))
    pd.testing.assert_frame_equal(loaded.explain(frame), fitted.explain(frame))
    assert loaded.feature_importance() == fitted.feature_importance()
    assert loaded.parametres == fitted.parametres


def test_the_same_data_and_seed_give_the_same_predictions() -> None:
    frame = judged_rows(300)
    one, same, other = (
        GradientBoostingService({"n_estimators": 20}, seed=seed).fit(frame).predict(frame)["probabilite"].tolist()
        for seed in (1, 1, 2)
    )
    assert one == same != other


def test_rows_without_a_verdict_are_optional_and_not_evaluated(fitted: GradientBoostingService) -> None:
    frame = judged_rows(400, unknown=0.6)
    service = GradientBoostingService({**SMALL, "unlabelled_weight": 0.0}, seed=1).fit(frame)
    only = GradientBoostingService(SMALL, seed=1).fit(frame[frame["corrigee"].notna()])
    assert service.evaluate(frame) == only.evaluate(frame)
    assert service.evaluate(frame)["rows"] == frame["corrigee"].notna().sum()
    unsaid = frame.assign(avis=frame["avis"] & (frame.index % 2 == 0))
    assert fitted.evaluate(unsaid)["rows"] == unsaid["avis"].sum(), "corrected without a word does not count"


def test_progress_is_told_to_the_end() -> None:
    told: list[float] = []
    GradientBoostingService({"n_estimators": 5}).fit(judged_rows(200), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_too_few_verdicts_are_said_in_figures(fitted: GradientBoostingService) -> None:
    frame = judged_rows(200)
    with pytest.raises(NotEnoughData, match=r"needs 10 entries that were wrong .* has 0 and 200"):
        GradientBoostingService(SMALL).fit(frame.assign(corrigee=0.0))
    with pytest.raises(NotEnoughData, match="has 0 and 0; give more verdicts"):
        GradientBoostingService(SMALL).fit(frame.assign(corrigee=np.nan))
    with pytest.raises(NotEnoughData, match=r"hold-out needs 3 entries that were wrong .* has 200 and 0"):
        fitted.evaluate(frame.assign(corrigee=1.0))


def test_before_the_fit_nothing_can_be_asked() -> None:
    with pytest.raises(NotFitted):
        GradientBoostingService().predict(judged_rows(3))
    with pytest.raises(NotFitted):
        GradientBoostingService().dump()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_estimator": 5}, "did you mean 'n_estimators'"),
        ({"learning_rate": 0}, "'learning_rate'.*> 0"),
        ({"max_depth": 99}, "'max_depth'.*<= 16"),
        ({"subsample": "half"}, "'subsample'.*float"),
    ],
)
def test_parameters_are_checked(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        GradientBoostingService(given)


def test_a_missing_column_is_named(fitted: GradientBoostingService) -> None:
    with pytest.raises(ValueError, match="missing: force_SENS_INVERSE"):
        fitted.predict(judged_rows(3).drop(columns="force_SENS_INVERSE"))
    with pytest.raises(ValueError, match="missing: corrigee"):
        fitted.evaluate(judged_rows(3).drop(columns="corrigee"))


def test_no_rows_are_no_answers(fitted: GradientBoostingService) -> None:
    none = judged_rows(3)[:0]
    assert len(fitted.predict(none)) == len(fitted.explain(none)) == 0
