"""The SVM tells three classes apart, with probabilities that sum to 1 and exact explanations where it is linear."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score

from tests.services.judged import judged_rows
from wisebook_ml.entry_columns import ATTRIBUTES
from wisebook_ml.services.base import NotDefined, NotEnoughData, NotFitted
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.services.svm import SVMService

PROBABILITIES = ["probabilite_A_REVOIR", "probabilite_CORRECTE", "probabilite_ERREUR_SAISIE"]


@pytest.fixture(scope="module", params=["linear", "rbf"])
def fitted(request: pytest.FixtureRequest) -> SVMService:
    return SVMService({"kernel": request.param, "C": 1.0}, seed=7).fit(judged_rows(900, unknown=0.3))


@pytest.fixture(scope="module")
def linear() -> SVMService:
    return SVMService(seed=7).fit(judged_rows(900))


def test_it_tells_the_classes_apart(fitted: SVMService) -> None:
    frame = judged_rows(800, seed=2)
    metrics = fitted.evaluate(frame)
    found = fitted.predict(frame)["classe"]
    assert metrics["macro_f1"] == pytest.approx(f1_score(frame["classe"].astype(str), found, average="macro"))
    assert metrics["macro_f1"] > 0.7
    assert metrics["accuracy"] == pytest.approx((frame["classe"] == found).mean())
    assert {"f1_A_REVOIR", "f1_CORRECTE", "f1_ERREUR_SAISIE", "rows"} < set(metrics)


def test_probabilities_sum_to_one_and_the_class_is_the_likeliest(fitted: SVMService) -> None:
    said = fitted.predict(judged_rows(300, seed=3))
    assert list(said.columns) == ["classe", *PROBABILITIES]
    np.testing.assert_allclose(said[PROBABILITIES].sum(axis=1), 1.0)
    assert ("probabilite_" + said["classe"] == said[PROBABILITIES].idxmax(axis=1)).all()


def test_probabilities_hold_on_average(linear: SVMService) -> None:
    frame = judged_rows(2_000, seed=3)
    said = linear.predict(frame)
    for name in ("CORRECTE", "ERREUR_SAISIE", "A_REVOIR"):
        assert said[f"probabilite_{name}"].mean() == pytest.approx((frame["classe"] == name).mean(), abs=0.06)


def test_an_explanation_sums_to_how_much_likelier_the_class_is(linear: SVMService) -> None:
    frame = judged_rows(100, seed=4)
    explained = linear.explain(frame)
    best = np.sort(linear.predict(frame)[PROBABILITIES].to_numpy(), axis=1)
    assert set(explained.columns) == {*ATTRIBUTES.values(), "base"}
    np.testing.assert_allclose(explained.sum(axis=1), np.log(best[:, 2] / best[:, 1]), atol=1e-8)


def test_an_explanation_of_a_curved_border_is_not_defined() -> None:
    service = SVMService({"kernel": "rbf"}).fit(judged_rows(200))
    with pytest.raises(NotDefined, match="kernel 'linear' has exact"):
        service.explain(judged_rows(3))


def test_what_matters_is_what_was_made_to(fitted: SVMService) -> None:
    shares = fitted.feature_importance()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert set(list(shares)[:2]) == {"compte_num", "saisie_le"}


def test_what_is_loaded_says_the_same(fitted: SVMService) -> None:
    frame = judged_rows(50, seed=5)
    loaded = SVMService.load(fitted.dump())
    pd.testing.assert_frame_equal(loaded.predict(frame), fitted.predict(frame))
    assert loaded.feature_importance() == fitted.feature_importance()
    assert loaded.parametres == fitted.parametres


def test_the_same_data_and_seed_give_the_same_predictions() -> None:
    frame = judged_rows(300)
    one, same = (SVMService(seed=1).fit(frame).predict(frame) for _ in range(2))
    pd.testing.assert_frame_equal(one, same, check_exact=True)


def test_many_rows_are_cut_and_rare_classes_kept() -> None:
    frame = judged_rows(6_000)
    service = SVMService({"max_rows": 300, "kernel": "rbf"}).fit(frame)
    assert service.predict(frame)["classe"].nunique() == 3
    assert service.evaluate(frame)["macro_f1"] > 0.5


def test_the_classes_of_the_hold_out_are_those_that_count(linear: SVMService) -> None:
    frame = judged_rows(400, seed=6)
    metrics = linear.evaluate(frame[frame["classe"] != "A_REVOIR"])
    assert "f1_A_REVOIR" not in metrics
    assert metrics["macro_f1"] == pytest.approx((metrics["f1_CORRECTE"] + metrics["f1_ERREUR_SAISIE"]) / 2)


def test_too_few_verdicts_are_said_in_figures(linear: SVMService) -> None:
    frame = judged_rows(200)
    few = frame[frame["classe"] != "A_REVOIR"]
    with pytest.raises(NotEnoughData, match=r"needs 3 judged entries of each class, has 0 A_REVOIR, \d+ CORRECTE"):
        SVMService().fit(few)
    with pytest.raises(NotEnoughData, match="has 0 A_REVOIR, 0 CORRECTE, 0 ERREUR_SAISIE"):
        SVMService().fit(frame.assign(classe=None))
    with pytest.raises(NotEnoughData, match="of several classes, has 200 of CORRECTE"):
        linear.evaluate(frame.assign(classe="CORRECTE"))


def test_an_unknown_class_is_named() -> None:
    frame = judged_rows(100)
    frame.loc[3, "classe"] = "PERDUE"
    with pytest.raises(ValueError, match="unknown classes: PERDUE; there are A_REVOIR, CORRECTE, ERREUR_SAISIE"):
        SVMService().fit(frame)


def test_before_the_fit_nothing_can_be_asked() -> None:
    with pytest.raises(NotFitted):
        SVMService().predict(judged_rows(3))
    with pytest.raises(NotFitted):
        SVMService().feature_importance()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kernal": "rbf"}, "did you mean 'kernel'"),
        ({"kernel": "poly"}, "'kernel'"),
        ({"C": -1}, "'C'.*> 0"),
        ({"gamma": "wide"}, "'gamma'"),
        ({"class_weight": "fair"}, "'class_weight'"),
    ],
)
def test_parameters_are_checked(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        SVMService(given)


def test_parameters_are_honoured() -> None:
    assert SVMService({"kernel": "rbf", "gamma": 0.5, "class_weight": "balanced"}).parametres.gamma == 0.5


def test_no_rows_are_no_answers(linear: SVMService) -> None:
    none = judged_rows(3)[:0]
    assert len(linear.predict(none)) == len(linear.explain(none)) == 0
