"""Training sees what scoring sees, says when it sees too little, and gives the same bytes again."""

import datetime as dt

import msgspec
import numpy as np
import pytest

from schemas import Activation, Ecriture, Operation, Parametres, TypeModele, VersionModele
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.ledger.batch import Floats
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.training import isolation
from wisebook_ml.training.isolation import (
    MIN_ENTRIES,
    WARM_UP,
    NotEnoughData,
    entry_features,
    train_isolation_forest,
)

PARAMETRES = Parametres(societe_id=0)


@pytest.fixture(scope="module")
def events() -> list[Ecriture]:
    """Return a ledger with corrections, and a deletion at its end."""
    found = generate_ledger(entries=420, seed=8, anomaly_rate=0.05).events
    return [*found, msgspec.structs.replace(found[-1], revision=9, operation=Operation.SUPPRESSION)]


class Listener:
    """Stands where a forest stands, and keeps what it is asked to score."""

    def __init__(self) -> None:
        self.seen: list[Floats] = []

    def score(self, matrix: Floats) -> Floats:
        self.seen.append(matrix.copy())
        return np.full(len(matrix), 0.5)

    def tails(self, scores: Floats) -> Floats:
        return np.ones(len(scores))


def scorer_with(forest: IsolationForest | Listener) -> LedgerScorer:
    """Return a scorer in which a model of company 1 is in force."""
    version = VersionModele(
        modele_id=5,
        version=1,
        societe_id=1,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact="1/5/1/model.msgpack",
        sha256="0" * 64,
    )
    scorer = LedgerScorer(load_model=lambda version: forest, parametres=PARAMETRES, seed=1)  # type: ignore[arg-type]
    assert scorer.process([Activation(societe_id=1, version=version)]).refused == []
    return scorer


def test_features_are_those_that_scoring_computes(events: list[Ecriture]) -> None:
    listener = Listener()
    scorer = scorer_with(listener)
    for start in range(0, len(events), 7):
        scorer.process(events[start : start + 7])
    scored = np.concatenate(listener.seen)
    assert len(scored) == len(events)
    arrivals = [entry.revision == 1 for entry in events]
    trained = entry_features(events, PARAMETRES)
    assert trained.shape == (sum(arrivals), len(FEATURE_NAMES))
    assert trained.tobytes() == scored[np.array(arrivals)].tobytes()


def test_features_do_not_depend_on_the_chunks(events: list[Ecriture], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = entry_features(events, PARAMETRES)
    monkeypatch.setattr(isolation, "CHUNK", 13)
    assert entry_features(events, PARAMETRES).tobytes() == whole.tobytes()


def test_features_are_finite_and_bounded(events: list[Ecriture]) -> None:
    matrix = entry_features(events, PARAMETRES)
    assert np.isfinite(matrix).all()
    assert (matrix >= 0).all()


def test_the_first_entries_of_a_long_ledger_are_left_out() -> None:
    events = generate_ledger(entries=700, seed=8).events
    arrivals = sum(entry.revision == 1 for entry in events)
    assert arrivals >= 2 * WARM_UP + MIN_ENTRIES
    assert len(entry_features(events, PARAMETRES)) == arrivals - WARM_UP


def test_a_range_limits_the_rows_but_not_the_habits(events: list[Ecriture]) -> None:
    du, au = dt.date(2024, 6, 1), dt.date(2024, 6, 30)
    rows = entry_features(events, PARAMETRES, du, au)
    arrivals = [entry for entry in events if entry.revision == 1]
    inside = np.array([du <= entry.ecriture_date <= au for entry in arrivals])
    assert 0 < len(rows) == inside.sum()
    assert rows.tobytes() == entry_features(events, PARAMETRES)[inside].tobytes()


def test_a_revision_that_came_twice_is_one_row(events: list[Ecriture]) -> None:
    again = [*events, *events[:50]]
    assert entry_features(again, PARAMETRES).tobytes() == entry_features(events, PARAMETRES).tobytes()


def test_too_little_data_is_said_in_figures(events: list[Ecriture]) -> None:
    with pytest.raises(NotEnoughData, match=f"needs {MIN_ENTRIES} entries in the range, has 50"):
        train_isolation_forest([entry for entry in events if entry.revision == 1][:50], PARAMETRES, seed=1)
    with pytest.raises(NotEnoughData, match="has 0"):
        train_isolation_forest([], PARAMETRES, seed=1)
    with pytest.raises(NotEnoughData, match="has 0"):
        train_isolation_forest(events, PARAMETRES, seed=1, du=dt.date(2031, 1, 1))


def test_the_same_data_and_seed_give_the_same_bytes(events: list[Ecriture]) -> None:
    one, rows = train_isolation_forest(events, PARAMETRES, seed=1)
    assert one.dump() == train_isolation_forest(events, PARAMETRES, seed=1)[0].dump()
    assert one.dump() != train_isolation_forest(events, PARAMETRES, seed=2)[0].dump()
    assert rows == one.as_large[0], "its scale has every row"


def test_what_was_trained_can_be_loaded_and_scores(events: list[Ecriture]) -> None:
    trained, _ = train_isolation_forest(events, PARAMETRES, seed=1)
    forest = IsolationForest.load(trained.dump(), FEATURE_NAMES)
    scored = scorer_with(forest).process(events)
    assert {found.modeles[0].modele_id for _, found in scored.detections} == {5}
