"""DBSCAN: segments of third parties."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from bench.evaluate.behaviours import make_ledger
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.third_parties import third_party_frame
from wisebook_ml.services.base import NotDefined, NotEnoughData, NotFitted
from wisebook_ml.services.dbscan import DBSCANService
from wisebook_ml.services.parameters import InvalidParameters


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Third parties of five behaviours, 15 each, and four odd ones, with what they are in `truth`."""
    entries, truth = make_ledger(11, each=15, months=9, odd_share=0.05)
    found = third_party_frame(Collected(entries=entries))
    return found.assign(truth=found["tiers"].map(truth))


@pytest.fixture(scope="module")
def fitted(frame: pd.DataFrame) -> DBSCANService:
    return DBSCANService().fit(frame)


def test_behaviours_are_found_from_entries_on(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    assert adjusted_rand_score(frame["truth"], fitted.predict(frame)["segment"]) >= 0.8


def test_one_behaviour_is_one_segment() -> None:
    entries, _ = make_ledger(0, behaviours=["CLIENT_PONCTUEL"], odd_share=0.0, months=9)
    frame = third_party_frame(Collected(entries=entries))
    found = DBSCANService().fit(frame).predict(frame)
    assert found["segment"].max() == 0
    assert (found["segment"] == 0).mean() > 0.9


def test_predictions_have_names_and_distances(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    found = fitted.predict(frame.iloc[::-1])
    assert found.index.equals(frame.index[::-1])
    noise = found["segment"] < 0
    assert (found.loc[noise, "classe"] == "ATYPIQUE").all()
    assert (found.loc[~noise, "classe"] == "SEGMENT_" + (found.loc[~noise, "segment"] + 1).astype(str)).all()
    assert (found["distance"] > 1).equals(noise)
    assert np.isfinite(found["distance"]).all()


def test_segments_are_of_one_side(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    sides = frame["client"].groupby(fitted.predict(frame)["segment"]).nunique().drop(-1, errors="ignore")
    assert (sides == 1).all()


def test_a_third_party_unlike_any_is_an_outlier(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    odd = frame.head(1).assign(montant=5e6, delai=400.0, irregularite=9.0, part_avoirs=0.9)
    assert fitted.predict(odd)["classe"].tolist() == ["ATYPIQUE"]


def test_what_is_unknown_is_taken_as_usual(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    unknown = frame.head(3).assign(delai=np.nan, delai_dispersion=np.nan, part_regle=np.nan)
    assert np.isfinite(fitted.predict(unknown)["distance"]).all()


def test_save_and_load_give_the_same_predictions(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    loaded = DBSCANService.load(fitted.dump())
    pd.testing.assert_frame_equal(loaded.predict(frame), fitted.predict(frame))
    pd.testing.assert_frame_equal(loaded.profiles(), fitted.profiles())
    assert DBSCANService().fit(frame).dump() == fitted.dump()


def test_evaluation_counts_outliers_against_a_version(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    metrics = fitted.evaluate(frame)
    assert metrics["rows"] == len(frame)
    assert metrics["segments"] == 5
    assert metrics["silhouette_ponderee"] == pytest.approx(metrics["silhouette"] * (1 - metrics["bruit"]))
    strict = DBSCANService({"eps": 0.3}).fit(frame).evaluate(frame)
    assert strict["bruit"] > metrics["bruit"]
    assert strict["silhouette_ponderee"] < metrics["silhouette_ponderee"]


def test_profiles_say_how_segments_differ(frame: pd.DataFrame, fitted: DBSCANService) -> None:
    profiles = fitted.profiles()
    assert sorted(profiles["segment"]) == list(range(5))
    assert profiles["tiers"].sum() <= len(frame)


@pytest.mark.parametrize("metric", ["manhattan", "chebyshev"])
def test_metrics_are_honoured(frame: pd.DataFrame, metric: str) -> None:
    found = DBSCANService({"metric": metric, "min_samples": 4, "dimensions": 4}).fit(frame).predict(frame)
    assert adjusted_rand_score(frame["truth"], found["segment"]) > 0.6


def test_third_parties_that_are_all_alike_are_one_segment(frame: pd.DataFrame) -> None:
    alike = pd.concat([frame.head(1)] * 30, ignore_index=True)
    assert DBSCANService().fit(alike).predict(alike)["segment"].tolist() == [0] * 30


class TestBadInput:
    def test_too_few_third_parties(self, frame: pd.DataFrame) -> None:
        with pytest.raises(NotEnoughData, match=r"needs 20 third parties .*, has 7"):
            DBSCANService().fit(frame.head(7))

    def test_too_few_of_either_side(self, frame: pd.DataFrame) -> None:
        with pytest.raises(NotEnoughData, match="needs 60 clients or as many suppliers"):
            DBSCANService({"min_samples": 30}).fit(frame.groupby("client").head(20))

    def test_a_missing_column_is_named(self, frame: pd.DataFrame, fitted: DBSCANService) -> None:
        with pytest.raises(ValueError, match="missing: delai"):
            fitted.predict(frame.drop(columns="delai"))

    def test_not_fitted(self, frame: pd.DataFrame) -> None:
        with pytest.raises(NotFitted):
            DBSCANService().predict(frame)

    @pytest.mark.parametrize("given", [{"eps": 0}, {"min_sample": 5}, {"metric": "cosine"}, {"min_samples": 1}])
    def test_parameters(self, given: dict[str, object]) -> None:
        with pytest.raises(InvalidParameters):
            DBSCANService(given)

    def test_explanations_are_not_defined(self, frame: pd.DataFrame, fitted: DBSCANService) -> None:
        with pytest.raises(NotDefined, match="profiles"):
            fitted.feature_importance()
        with pytest.raises(NotDefined, match="profiles"):
            fitted.explain(frame)
