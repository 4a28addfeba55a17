"""The Isolation Forest as a service: what it says, what it keeps, and that scoring reads what it keeps."""

import numpy as np
import pandas as pd
import pytest

from wisebook_ml.drift.reference import Reference
from wisebook_ml.entry_columns import ATTRIBUTES
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.services import isolation_forest as module
from wisebook_ml.services.base import NotEnoughData, NotFitted
from wisebook_ml.services.isolation_forest import MIN_ROWS, IsolationForestService
from wisebook_ml.services.parameters import InvalidParameters


def rows(number: int, seed: int = 1) -> pd.DataFrame:
    """Return rows whose columns depend on one another; every 50th has one that does not."""
    rng = np.random.default_rng(seed)
    size = rng.normal(0.0, 1.0, (number, 1))
    frame = pd.DataFrame(size + rng.normal(0.0, 0.2, (number, len(FEATURE_NAMES))), columns=list(FEATURE_NAMES))
    frame["corrigee"] = 0.0
    odd = np.arange(number) % 50 == 0
    frame.loc[odd, ["montant", "ecart_compte", "rondeur", "part_tva"]] = 6.0
    frame.loc[odd, "corrigee"] = 1.0
    return frame


@pytest.fixture(scope="module")
def fitted() -> IsolationForestService:
    return IsolationForestService({"n_estimators": 50}, seed=7).fit(rows(1_500))


def test_unusual_rows_score_higher_and_have_small_tails(fitted: IsolationForestService) -> None:
    frame = rows(1_000, seed=2)
    said = fitted.predict(frame)
    odd = frame["corrigee"] == 1
    assert list(said.columns) == ["score", "rang"]
    assert said.index.equals(frame.index)
    assert said.loc[odd, "score"].median() > said.loc[~odd, "score"].quantile(0.9)
    assert said["rang"].between(0, 1).all()
    assert said.loc[odd, "rang"].median() < 0.1


def test_scores_are_scikit_learns() -> None:
    from sklearn.ensemble import IsolationForest as Theirs

    frame = rows(800)
    matrix = frame[list(FEATURE_NAMES)].to_numpy()
    ours = IsolationForestService({"n_estimators": 30, "max_samples": 128}, seed=3).fit(frame).predict(frame)["score"]
    theirs = Theirs(n_estimators=30, max_samples=128, random_state=3).fit(matrix)
    np.testing.assert_allclose(ours, -theirs.score_samples(matrix), atol=1e-9)


def test_the_artefact_is_the_forest_that_scoring_loads(fitted: IsolationForestService) -> None:
    forest = IsolationForest.load(fitted.dump(), FEATURE_NAMES)
    frame = rows(50, seed=3)
    assert forest.score(frame[list(FEATURE_NAMES)].to_numpy()).tolist() == fitted.predict(frame)["score"].tolist()


def test_what_is_loaded_says_the_same(fitted: IsolationForestService) -> None:
    frame = rows(100, seed=3)
    loaded = IsolationForestService.load(fitted.dump())
    pd.testing.assert_frame_equal(loaded.predict(frame), fitted.predict(frame))
    pd.testing.assert_frame_equal(loaded.explain(frame), fitted.explain(frame))
    assert loaded.feature_importance() == fitted.feature_importance()
    assert loaded.parametres == fitted.parametres
    assert loaded.dump() == fitted.dump()


@pytest.mark.parametrize("samples", [2, 3, 100, 256, 1_000])
def test_the_samples_of_a_tree_are_read_from_the_artefact(samples: int) -> None:
    service = IsolationForestService({"n_estimators": 3, "max_samples": samples}).fit(rows(1_000))
    assert IsolationForestService.load(service.dump()).parametres.max_samples == samples


def test_a_pickle_is_no_forest() -> None:
    import pickle

    with pytest.raises(ValueError, match="not a model artefact"):
        IsolationForestService.load(pickle.dumps({}))


def test_an_explanation_sums_to_minus_the_path_length(fitted: IsolationForestService) -> None:
    frame = rows(60, seed=4)
    explained = fitted.explain(frame)
    assert set(explained.columns) == {*(ATTRIBUTES[name] for name in FEATURE_NAMES), "base"}
    trees = len(fitted.forest.starts) - 1
    length = -np.log2(fitted.predict(frame)["score"]) * fitted.forest.scale / trees
    np.testing.assert_allclose(explained.sum(axis=1), -length, atol=1e-4)


def test_an_explanation_names_what_is_odd(fitted: IsolationForestService) -> None:
    explained = fitted.explain(rows(50, seed=5).iloc[[0]]).drop(columns="base")
    assert explained.iloc[0].idxmax() == "montant"


def test_importances_are_shares_by_attribute(fitted: IsolationForestService) -> None:
    shares = fitted.feature_importance()
    assert sum(shares.values()) == pytest.approx(1.0)
    assert list(shares.values()) == sorted(shares.values(), reverse=True)
    assert set(shares) == {ATTRIBUTES[name] for name in FEATURE_NAMES}


def test_it_is_evaluated_with_and_without_labels(fitted: IsolationForestService) -> None:
    frame = rows(1_500, seed=6)
    metrics = fitted.evaluate(frame)
    assert metrics["auc_permute"] > 0.7
    assert metrics["auc"] > 0.9
    assert metrics["rows"] == 1_500
    assert metrics == fitted.evaluate(frame)
    assert "auc" not in fitted.evaluate(frame.drop(columns="corrigee"))
    assert "auc" not in fitted.evaluate(frame[:900]), "18 labelled rows"
    assert "auc" in fitted.evaluate(frame.assign(corrigee=frame["corrigee"].where(frame.index % 2 == 0)))


def test_the_same_data_and_seed_give_the_same_bytes() -> None:
    frame = rows(400)
    one, same, other = (IsolationForestService({"n_estimators": 5}, seed=seed).fit(frame).dump() for seed in (1, 1, 2))
    assert one == same != other


def test_too_little_data_is_said_in_figures() -> None:
    with pytest.raises(NotEnoughData, match=f"needs {MIN_ROWS} entries in the range, has 50"):
        IsolationForestService().fit(rows(50))
    with pytest.raises(NotEnoughData, match="all 300 entries are the same"):
        IsolationForestService().fit(pd.DataFrame(1.0, index=range(300), columns=list(FEATURE_NAMES)))
    with pytest.raises(NotEnoughData, match="no entries"):
        IsolationForestService({"n_estimators": 2}).fit(rows(300)).evaluate(rows(300)[:0])


def test_before_the_fit_nothing_can_be_asked() -> None:
    for ask in (IsolationForestService().dump, IsolationForestService().feature_importance):
        with pytest.raises(NotFitted):
            ask()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"n_estimator": 5}, "did you mean 'n_estimators'"),
        ({"n_estimators": 0}, "'n_estimators'.*>= 1"),
        ({"max_samples": 1}, "'max_samples'.*>= 2"),
        ({"max_samples": 40_000}, "'max_samples'.*<= 32768"),
        ({"contamination": 0.1}, "unknown parameter 'contamination'"),
    ],
)
def test_parameters_are_checked(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidParameters, match=message):
        IsolationForestService(given)


def test_a_missing_column_is_named(fitted: IsolationForestService) -> None:
    with pytest.raises(ValueError, match="missing: montant"):
        fitted.predict(rows(3).drop(columns="montant"))


def test_no_rows_are_no_answers(fitted: IsolationForestService) -> None:
    none = rows(3)[:0]
    assert len(fitted.predict(none)) == len(fitted.explain(none)) == 0


class TestReference:
    """An artefact says what was usual of its rows, so that drift can be told."""

    def test_it_is_of_the_days_of_the_rows(self) -> None:
        frame = rows(1_200)
        frame["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(1_200) % 30, unit="D")
        service = IsolationForestService({"n_estimators": 5}).fit(frame)
        reference = Reference.load(IsolationForestService.load(service.dump()).forest.reference)
        assert (reference.days, reference.pooled.rows) == (30, 1_200)
        shuffled = IsolationForestService({"n_estimators": 5}).fit(frame.sample(frac=1.0, random_state=1))
        assert shuffled.forest.reference == service.forest.reference

    @pytest.mark.parametrize(("number", "days", "lack"), [(400, 30, "400 rows"), (1_200, 9, "9 days")])
    def test_too_little_for_one_is_said(
        self, number: int, days: int, lack: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        frame = rows(number)
        frame["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(number) % days, unit="D")
        service = IsolationForestService({"n_estimators": 5}).fit(frame)
        assert service.forest.reference == b""
        assert f"drift of this version will not be watched: its training has {lack}" in caplog.text

    def test_older_years_are_left_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "MOST_DAYS", 20)
        frame = rows(1_500)
        frame["date"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(1_500) // 30, unit="D")
        reference = Reference.load(IsolationForestService({"n_estimators": 5}).fit(frame).forest.reference)
        assert (reference.days, reference.pooled.rows) == (20, 600)

    def test_one_entry_dated_far_ahead_costs_one_day(self) -> None:
        frame = rows(1_201)
        frame["date"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(1_201) % 30, unit="D")
        frame.loc[1_200, "date"] = pd.Timestamp("2099-12-31")
        reference = Reference.load(IsolationForestService({"n_estimators": 5}).fit(frame).forest.reference)
        assert (reference.days, reference.pooled.rows) == (31, 1_201)

    def test_rows_without_dates_have_none(self) -> None:
        assert IsolationForestService({"n_estimators": 5}).fit(rows(1_200)).forest.reference == b""
