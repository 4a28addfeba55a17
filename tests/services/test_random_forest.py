"""The recommendation of accounts."""

import numpy as np
import pandas as pd
import pytest

from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.lines import line_frame
from wisebook_ml.datasets.split import split_by_date
from wisebook_ml.generator import generate_ledger
from wisebook_ml.services.base import NotEnoughData, NotFitted
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.services.random_forest import RandomForestService

SMALL = {"n_estimators": 20, "blocs": 4, "candidats": 8}


@pytest.fixture(scope="module")
def rows() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The earlier and the later lines of a generated company."""
    ledger = generate_ledger(entries=500, seed=7)
    before, after, _ = split_by_date(line_frame(Collected(entries=ledger.events)))
    return before, after


@pytest.fixture(scope="module")
def service(rows: tuple[pd.DataFrame, pd.DataFrame]) -> RandomForestService:
    return RandomForestService(SMALL).fit(rows[0])


def test_it_recommends_the_account_that_is_used(service: RandomForestService, rows: tuple[pd.DataFrame, ...]) -> None:
    metrics = service.evaluate(rows[1])

    assert metrics["top1"] > 0.85
    assert metrics["top3"] >= metrics["top1"] >= metrics["top1_all"]
    assert metrics["rows"] == len(rows[1])
    assert metrics["ece"] < 0.08
    assert service.gate.metric in metrics


def test_probabilities_fall_and_sum_to_at_most_one(
    service: RandomForestService, rows: tuple[pd.DataFrame, ...]
) -> None:
    said = service.predict(rows[1])

    shares = said[[f"probabilite_{place}" for place in (1, 2, 3)]].to_numpy()
    assert (np.diff(shares, axis=1) <= 0).all()
    assert shares.sum(axis=1).max() <= 1 + 1e-9
    assert said.index.equals(rows[1].index)
    same = said["compte_1"] == rows[1]["compte_num"]
    assert said.loc[same, "probabilite_utilise"].to_numpy() == pytest.approx(said.loc[same, "probabilite_1"].to_numpy())


def test_an_account_never_seen_is_flagged(service: RandomForestService, rows: tuple[pd.DataFrame, ...]) -> None:
    some = rows[1].head(4).assign(compte_num=["999999", "999999", *rows[0]["compte_num"].head(2)])

    said = service.predict(some)

    assert said["compte_inconnu"].to_list() == [True, True, False, False]
    assert said["probabilite_utilise"].to_list()[:2] == [0.0, 0.0]


def test_what_is_said_of_a_line_depends_on_nothing_else(
    service: RandomForestService, rows: tuple[pd.DataFrame, ...]
) -> None:
    together = service.predict(rows[1])
    alone = pd.concat([service.predict(rows[1].iloc[[at]]) for at in range(5)])
    unlabelled = service.predict(rows[1].drop(columns="compte_num"))

    pd.testing.assert_frame_equal(together.head(5), alone)
    pd.testing.assert_frame_equal(together[unlabelled.columns], unlabelled)
    assert service.predict(rows[1].head(0)).empty


def test_the_same_seed_says_the_same_and_an_artefact_too(
    service: RandomForestService, rows: tuple[pd.DataFrame, ...]
) -> None:
    said = service.predict(rows[1])

    again = RandomForestService(SMALL).fit(rows[0].sample(frac=1, random_state=1).sort_index())
    pd.testing.assert_frame_equal(again.predict(rows[1]), said)
    pd.testing.assert_frame_equal(RandomForestService.load(service.dump()).predict(rows[1]), said)


def test_explanations_sum_to_the_probability(service: RandomForestService, rows: tuple[pd.DataFrame, ...]) -> None:
    pytest.importorskip("shap")
    some = rows[1].head(20)

    values = service.explain(some)

    assert {"montant", "ecriture_lib", "tiers", "journal", "autres_lignes", "base"} < set(values.columns)
    assert values.sum(axis=1).to_numpy() == pytest.approx(service.predict(some)["probabilite_1"].to_numpy())


def test_importance_is_told_by_accounting_attribute(service: RandomForestService) -> None:
    importance = service.feature_importance()

    assert sum(importance.values()) == pytest.approx(1)
    assert list(importance.values()) == sorted(importance.values(), reverse=True)
    assert {"montant", "ecriture_lib", "tiers", "journal", "autres_lignes"} < set(importance)


def test_progress_is_told(rows: tuple[pd.DataFrame, ...]) -> None:
    told: list[float] = []
    RandomForestService({"n_estimators": 3, "blocs": 2}).fit(rows[0].head(200), progress=told.append)

    assert told == sorted(told)
    assert told[-1] == 1.0


def test_parameters_are_honoured(rows: tuple[pd.DataFrame, ...]) -> None:
    wanted = {"n_estimators": 7, "max_depth": 3, "min_samples_leaf": 10}
    forest = RandomForestService(wanted).fit(rows[0].head(300)).state().forest

    assert len(forest.estimators_) == 7
    assert max(tree.get_depth() for tree in forest.estimators_) <= 3
    leaves = [tree.tree_.n_node_samples[tree.tree_.children_left == -1].min() for tree in forest.estimators_]
    assert min(leaves) > 0
    assert forest.min_samples_leaf == 10
    assert RandomForestService({"max_depth": None}).parametres.max_depth is None
    full = RandomForestService({"n_estimators": 500, "max_depth": 15, "min_samples_leaf": 10}).parametres
    assert (full.n_estimators, full.max_depth, full.min_samples_leaf) == (500, 15, 10)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"n_estimator": 5}, "n_estimators"), ({"max_depth": 0}, "max_depth"), ({"max_features": "all"}, "max_features")],
)
def test_wrong_parameters_are_refused(wrong: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidParameters, match=says):
        RandomForestService(wrong)


def test_what_nothing_can_be_learnt_from(rows: tuple[pd.DataFrame, ...]) -> None:
    with pytest.raises(NotEnoughData, match="needs 50 entry lines, has 12"):
        RandomForestService().fit(rows[0].head(12))
    with pytest.raises(NotEnoughData, match="at least 2 accounts, all 200 have 512000"):
        RandomForestService().fit(rows[0].head(200).assign(compte_num="512000"))
    with pytest.raises(NotFitted):
        RandomForestService().predict(rows[0].head(1))
    with pytest.raises(ValueError, match="missing: journal_code"):
        RandomForestService().fit(rows[0].drop(columns="journal_code"))


def test_two_accounts_are_enough_and_leave_a_third_place_empty(rows: tuple[pd.DataFrame, ...]) -> None:
    some = rows[0][rows[0]["compte_num"].isin(["401000", "411000"])].head(200)
    service = RandomForestService({"n_estimators": 5, "blocs": 3}).fit(some)

    said = service.predict(some)

    assert set(said["compte_3"]) == {""}
    assert (said["compte_1"] == some["compte_num"]).mean() > 0.95
