"""A partition: companies side by side, markers between their entries, and what is refused."""

import datetime as dt
from collections.abc import Callable

import pytest

from schemas import Activation, Detection, Ecriture, Parametres, Tick, TypeModele, VersionModele
from wisebook_ml.generator import generate_ledger
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.events import Outcome
from wisebook_ml.scoring.stream import LedgerScorer

BuildEntry = Callable[..., Ecriture]
BROKEN = 99
"""A version whose artefact cannot be loaded."""


@pytest.fixture
def scorer(forest: IsolationForest) -> LedgerScorer:
    def load(version: VersionModele) -> IsolationForest:
        if version.version == BROKEN:
            raise ValueError("artefact 1/5/99/model.msgpack is not the one that was announced")
        return forest

    return LedgerScorer(load_model=load, parametres=Parametres(societe_id=0), seed=4)


def marker(version: int, societe_id: int = 1) -> Activation:
    described = VersionModele(
        modele_id=5,
        version=version,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact=f"{societe_id}/5/{version}/model.msgpack",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=described)


def used(outcome: Outcome) -> list[tuple[int, int]]:
    """Return model and version of each detection."""
    return [(found.modeles[0].modele_id, found.modeles[0].version) for _, found in outcome.detections]


ONLINE = (0, 1)


def test_a_model_takes_effect_exactly_at_its_marker(scorer: LedgerScorer, entry: BuildEntry) -> None:
    events = [entry("E1", gap=5), marker(1), entry("E2", gap=5), entry("E3", gap=5), marker(2), entry("E4", gap=5)]
    assert used(scorer.process(events)) == [ONLINE, (5, 1), (5, 1), (5, 2)]


def test_it_stays_in_effect_in_the_runs_after(scorer: LedgerScorer, entry: BuildEntry) -> None:
    scorer.process([marker(1)])
    assert used(scorer.process([entry("E1", gap=5)])) == [(5, 1)]


def test_an_older_version_can_be_put_back(scorer: LedgerScorer, entry: BuildEntry) -> None:
    assert used(scorer.process([marker(2), marker(1), entry("E1", gap=5)])) == [(5, 1)]


def test_a_broken_artefact_keeps_the_one_before_and_says_why(scorer: LedgerScorer, entry: BuildEntry) -> None:
    outcome = scorer.process([marker(1), entry("E1", gap=5), marker(BROKEN), entry("E2", gap=5)])
    assert used(outcome) == [(5, 1), (5, 1)]
    (refused,) = outcome.refused
    assert refused.position == 2
    assert "model 5 version 99 not activated, the one before stays" in refused.reason
    assert "not the one that was announced" in refused.reason


def test_a_broken_first_artefact_leaves_the_online_detector(scorer: LedgerScorer, entry: BuildEntry) -> None:
    assert used(scorer.process([marker(BROKEN), entry("E1", gap=5)])) == [ONLINE]


class TestGlobalModel:
    """Company 0 stands for all that have no model of their own."""

    def test_it_applies_to_companies_without_their_own(self, scorer: LedgerScorer, entry: BuildEntry) -> None:
        events = [marker(7, societe_id=0), entry("E1", gap=5), entry("E1", gap=5, societe_id=2)]
        assert used(scorer.process(events)) == [(5, 7), (5, 7)]

    def test_a_companys_own_goes_before_it(self, scorer: LedgerScorer, entry: BuildEntry) -> None:
        events = [marker(1), marker(7, societe_id=0), entry("E1", gap=5), entry("E1", gap=5, societe_id=2)]
        assert used(scorer.process(events)) == [(5, 1), (5, 7)]

    def test_a_companys_own_is_for_nobody_else(self, scorer: LedgerScorer, entry: BuildEntry) -> None:
        events = [marker(1), entry("E1", gap=5), entry("E1", gap=5, societe_id=2)]
        assert used(scorer.process(events)) == [(5, 1), ONLINE]


def test_detections_come_in_the_order_of_their_entries(scorer: LedgerScorer, entry: BuildEntry) -> None:
    events = [entry(f"E{k}", gap=5, societe_id=1 + k % 3) for k in range(12)]
    outcome = scorer.process(events)
    assert [position for position, _ in outcome.detections] == list(range(12))
    assert [found.societe_id for _, found in outcome.detections] == [event.societe_id for event in events]
    assert len(outcome.scored) == len(outcome.composites) == 12


def test_one_id_in_two_companies_is_two_entries(scorer: LedgerScorer, entry: BuildEntry) -> None:
    found: list[Detection] = [d for _, d in scorer.process([entry(gap=5), entry(gap=5, societe_id=2)]).detections]
    assert found[0].detection_id != found[1].detection_id


def test_conflicts_and_broken_models_are_refused_in_their_order(scorer: LedgerScorer, entry: BuildEntry) -> None:
    events = [
        entry("A", societe_id=2),
        entry("A"),
        entry("A", euros=1),
        entry("A", euros=1, societe_id=2),
        marker(BROKEN),
        entry("A", euros=2),
    ]
    assert [refused.position for refused in scorer.process(events).refused] == [2, 3, 4, 5]


def test_ticks_pass_by(scorer: LedgerScorer, entry: BuildEntry) -> None:
    tick = Tick(societe_id=0, minuterie="absence", echeance=dt.datetime(2024, 3, 1, tzinfo=dt.UTC))
    outcome = scorer.process([tick, entry(gap=5), tick])
    assert [position for position, _ in outcome.detections] == [1]
    assert outcome.refused == []


@pytest.mark.parametrize(
    ("name", "moves"), [("absence", True), ("import", True), ("statistics", False), ("new", False)]
)
def test_only_ticks_for_the_scorer_move_its_clock(scorer: LedgerScorer, name: str, moves: bool) -> None:
    """An hourly tick in the middle of an import would have half of a lettering judged."""
    scorer.process(generate_ledger(entries=600, seed=5).events)
    before = scorer.digest()
    tick = Tick(societe_id=0, minuterie=name, echeance=dt.datetime(2031, 3, 1, tzinfo=dt.UTC))
    outcome = scorer.process([tick, tick])
    assert outcome.refused == []
    assert outcome.detections == [] or moves
    assert (scorer.digest() != before) is moves


def test_the_strict_mode_refuses_companies_it_does_not_know(forest: IsolationForest, entry: BuildEntry) -> None:
    strict = LedgerScorer(
        load_model=lambda version: forest,
        parametres=Parametres(societe_id=0),
        seed=4,
        accepts=lambda societe_id: societe_id == 1,
    )
    outcome = strict.process([entry(gap=5), entry(gap=5, societe_id=2)])
    assert [position for position, _ in outcome.detections] == [0]
    assert outcome.refused[0].position == 1
    assert "WISEBOOK_ML_SOCIETES" in outcome.refused[0].reason


def test_the_strict_mode_may_know_nobody(forest: IsolationForest, entry: BuildEntry) -> None:
    strict = LedgerScorer(
        load_model=lambda version: forest, parametres=Parametres(societe_id=0), seed=4, accepts=lambda societe_id: False
    )
    before = strict.digest()
    outcome = strict.process([entry(gap=5), marker(1), entry(gap=5, societe_id=2)])
    assert [refused.position for refused in outcome.refused] == [0, 2]
    assert (outcome.detections, len(outcome.scored)) == ([], 0)
    assert strict.digest() == before, "who is refused leaves no trace"


def test_a_batch_of_what_was_delivered_before_changes_nothing(scorer: LedgerScorer, entry: BuildEntry) -> None:
    events = [entry(f"E{k}", gap=5) for k in range(4)]
    scorer.process(events)
    before = scorer.digest()
    outcome = scorer.process(events)
    assert (outcome.detections, outcome.refused, outcome.scored.tolist()) == ([], [], [])
    assert scorer.digest() == before


def test_nothing_in_nothing_out(scorer: LedgerScorer) -> None:
    outcome = scorer.process([])
    assert (outcome.detections, outcome.refused, outcome.scored.tolist()) == ([], [], [])
