import math
import pickle

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from sklearn.metrics import roc_auc_score

from schemas import TypeModele
from wisebook_ml.datasets.invoices import frame_from_table
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.services.base import NotEnoughData, NotFitted
from wisebook_ml.services.calibration import expected_calibration_error
from wisebook_ml.services.catalogue import service_class
from wisebook_ml.services.expected import Expected
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.services.xgboost import XGBoostService

SMALL = {"n_estimators": 60}


def rows(count=700, seed=3):
    """Rows with all columns, of which three say something."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.normal(size=count) for name in XGBoostService.columns})
    frame["attribut_papier"] = rng.integers(0, 2, count).astype(float)
    frame["attribut_pays"] = rng.choice(["FR", "BE [x]", "DE <y>"], count)
    frame["client"] = rng.choice([f"C{n}" for n in range(30)], count)
    frame.loc[rng.random(count) < 0.2, "ecart_dernier"] = np.nan
    odds = 1.5 * frame["ecart_moyen"] + 1.0 * frame["attribut_papier"] + (frame["echu"] > 0.5) - 1.2
    frame["retard"] = (rng.random(count) < 1 / (1 + np.exp(-odds))).astype(int)
    frame.insert(0, "date", pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(count), "D"))
    return frame


@pytest.fixture(scope="module")
def fitted():
    frame = rows()
    return XGBoostService(SMALL).fit(frame.iloc[:500]), frame.iloc[500:]


def test_it_is_the_service_of_its_type():
    assert service_class(TypeModele.XGBOOST) is XGBoostService


def test_probabilities_are_good_and_mean_what_they_say(fitted):
    service, later = fitted
    metrics = service.evaluate(later)
    assert metrics["auc"] > 0.8
    assert metrics["ece"] < 0.12  # of 200 rows; chance alone is 0.07
    assert metrics["rows"] == 200
    assert metrics["base_rate"] == pytest.approx(later["retard"].mean())
    found = service.predict(later)
    assert found.index.equals(later.index)
    assert metrics["auc"] == pytest.approx(roc_auc_score(later["retard"], found["probabilite"]))
    expected = pd.cut(found["probabilite"], [0, 0.25, 0.5, 1], right=False, labels=["FAIBLE", "MOYEN", "ELEVE"])
    assert found["classe"].tolist() == expected.tolist()


def test_the_same_rows_and_seed_give_the_same_bytes_also_after_loading(fitted):
    service, later = fitted
    again = XGBoostService(SMALL).fit(rows().iloc[:500].sample(frac=1, random_state=1))
    loaded = XGBoostService.load(service.dump())
    expected = service.predict(later)["probabilite"].to_numpy().tobytes()
    assert again.predict(later)["probabilite"].to_numpy().tobytes() == expected
    assert loaded.predict(later)["probabilite"].to_numpy().tobytes() == expected
    assert loaded.dump() == service.dump()


@pytest.mark.parametrize("parametres", [SMALL, {**SMALL, "base": False, "max_depth": 4}])
def test_shap_values_sum_to_the_log_odds(parametres):
    frame = rows()
    service = XGBoostService(parametres).fit(frame.iloc[:500])
    later = frame.iloc[500:]
    found = service.explain(later)
    assert {"reglements", "encours", "papier", "pays", "comp_aux_num", "base"} <= set(found.columns)
    assert found["base"].nunique() == 1
    odds = logit(service.predict(later)["probabilite"].to_numpy())
    np.testing.assert_allclose(found.sum(axis=1), odds, atol=1e-4)
    importance = service.feature_importance()
    assert sum(importance.values()) == pytest.approx(1)
    assert next(iter(importance)) == "reglements"


def habits(count=600, seed=8):
    """Rows of clients that pay by habit, later with paper and when they dispute."""
    rng = np.random.default_rng(seed)
    owner = rng.integers(0, 25, count)
    usual, disputes = rng.normal(-2, 9, 25), rng.beta(1, 3, 25)
    dates = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.sort(rng.integers(0, 500, count)), "D")
    paper, disputed = rng.integers(0, 2, count), rng.random(count) < disputes[owner]
    days = np.maximum(usual[owner] + 7 * paper + 14 * disputed + rng.normal(0, 5, count), -30).round()
    table = pd.DataFrame({"client": [f"C{one}" for one in owner], "date": dates, "montant": 100.0})
    table["echeance"] = dates + pd.Timedelta(days=30)
    table["reglement"] = table["echeance"] + pd.to_timedelta(days, "D")
    return table.assign(litige=disputed, papier=paper)


@pytest.mark.parametrize("known", [False, True])
def test_what_is_expected_of_habits_is_found_and_explained_exactly(known):
    before, after, _ = split_by_date(frame_from_table(habits(), litige_connu=known))
    service = XGBoostService(SMALL).fit(before)
    without = XGBoostService(SMALL).fit(before.drop(columns="jours_retard"))
    assert service.evaluate(after)["auc"] > 0.85
    assert service.evaluate(after)["log_loss"] < without.evaluate(after)["log_loss"] + 0.01
    found = service.explain(after)
    np.testing.assert_allclose(found.sum(axis=1), logit(service.predict(after)["probabilite"]), atol=1e-4)
    paper = after["attribut_papier"] == 1
    assert found.loc[paper, "papier"].mean() > 0 > found.loc[~paper, "papier"].mean()
    if known:
        assert (found.loc[after["attribut_litige"] == 1, "litige"] > 0).all()
    predicted = service.predict(after.drop(columns=["jours_retard", "litige", "retard"]))
    pd.testing.assert_frame_equal(predicted, service.predict(after))


def test_effects_are_estimated_within_clients():
    rng = np.random.default_rng(2)
    owner = rng.integers(0, 20, 800)
    paper = (rng.random(800) < np.where(owner < 10, 0.9, 0.1)).astype(float)
    disputed = (rng.random(800) < 0.2).astype(float)
    days = np.where(owner < 10, -15, 15) + 6 * paper + 12 * disputed + rng.normal(0, 4, 800)
    names = ["ecart_moyen", "confiance", "part_litiges", "passe_papier", "attribut_papier"]
    x = np.column_stack([np.where(owner < 10, -12.0, 15.0), np.full(800, 0.9), np.full(800, 0.2), 0 * paper, paper])
    model = Expected.fit(names, x, owner, days, disputed, (days > 0).astype(float))
    np.testing.assert_allclose(model.effects, [12, 6], atol=1.0)
    assert Expected.fit(names, x, owner * 0 - 1, days, disputed, (days > 0).astype(float)) is None


def test_who_paid_later_is_no_better_a_payer(fitted):
    service, later = fitted
    low, high = later.assign(echu=-2.0), later.assign(echu=2.0)
    assert (service.predict(high)["probabilite"] >= service.predict(low)["probabilite"] - 1e-9).all()


def test_rows_of_a_new_client_and_without_the_tables_own_columns_can_be_predicted(fitted):
    service, later = fitted
    bare = later[list(service.columns)]
    assert service.predict(bare)["probabilite"].between(0, 1).all()
    assert len(service.predict(later.iloc[:0])) == 0
    assert len(service.explain(later.iloc[:0])) == 0


def test_too_few_or_constant_outcomes_say_what_is_needed():
    frame = rows(150)
    with pytest.raises(NotEnoughData, match=r"needs 100 customer invoices whose outcome is known, has 60"):
        XGBoostService().fit(frame.iloc[:60])
    with pytest.raises(NotEnoughData, match=r"10 invoices that were paid late and 10 in time, has 0 and 150"):
        XGBoostService().fit(frame.assign(retard=0))


def test_late_invoices_that_come_only_at_the_end_are_no_failure():
    frame = rows(200)
    frame["retard"] = (np.arange(200) >= 180).astype(int)
    assert XGBoostService(SMALL).fit(frame).predict(frame)["probabilite"].between(0, 1).all()


def test_labels_that_follow_chance_give_the_rate_for_everybody():
    frame = rows()
    frame["retard"] = (np.random.default_rng(1).random(len(frame)) < 0.3).astype(int)
    found = XGBoostService(SMALL).fit(frame).predict(frame)["probabilite"]
    assert found.std() < 0.08
    assert found.mean() == pytest.approx(0.3, abs=0.06)


def test_an_artefact_of_another_release_says_what_to_do(fitted):
    head, state = pickle.loads(fitted[0].dump())
    head["parametres"]["n_bushes"] = 7
    with pytest.raises(ValueError, match=r"another release of wisebook_ml .*n_bushes.*train the model again"):
        XGBoostService.load(pickle.dumps((head, state)))


def test_a_hold_out_with_one_outcome_tells_nothing(fitted):
    service, later = fitted
    assert math.isnan(service.evaluate(later.assign(retard=1))["auc"])  # the gate knows: it is not promoted
    nothing = service.evaluate(later.iloc[:0])
    assert math.isnan(nothing["auc"])
    assert nothing["rows"] == 0


@pytest.mark.parametrize(
    ("parametres", "match"),
    [
        ({"n_estimator": 500}, "did you mean 'n_estimators'"),
        ({"max_depth": 0}, "max_depth"),
        ({"learning_rate": 0}, "learning_rate"),
        ({"seuil_moyen": 0.6}, "must be below seuil_eleve"),
    ],
)
def test_parameters_are_checked(parametres, match):
    with pytest.raises(InvalidParameters, match=match):
        XGBoostService(parametres)


def test_before_it_was_fitted_nothing_can_be_asked():
    service = XGBoostService()
    for ask in (service.feature_importance, service.dump, lambda: service.predict(rows(5))):
        with pytest.raises(NotFitted):
            ask()
    with pytest.raises(ValueError, match="missing: montant_log"):
        service.fit(rows(5).drop(columns="montant_log"))


def test_calibration_error_is_that_of_bins_of_equal_mass():
    p = np.repeat([0.1, 0.9], 50)
    y = np.concatenate([np.tile([1.0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 5), np.ones(50)])
    assert expected_calibration_error(p, y, bins=2) == pytest.approx(0.05)
