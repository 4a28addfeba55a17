"""The invariants: the same stream gives the same bytes however it is cut, and companies do not see each other."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Activation, Ecriture, Operation, Parametres, TypeModele, VersionModele
from wisebook_ml.habits import profiles
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.core import score_entries
from wisebook_ml.scoring.state import CompanyState
from wisebook_ml.scoring.stream import Event, LedgerScorer

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=6)
PARAMETRES = Parametres(societe_id=0, version=3)

Found = list[tuple[int, bytes]]
"""Detections as they are published, each with the position of its event."""


def marker(societe_id: int = 1) -> Activation:
    version = VersionModele(
        modele_id=5,
        version=2,
        societe_id=societe_id,
        type_modele=TypeModele.ISOLATION_FOREST,
        artefact="1/5/2/model.msgpack",
        sha256="0" * 64,
    )
    return Activation(societe_id=societe_id, version=version)


def process(events: Sequence[Event], cuts: Sequence[int], forest: IsolationForest) -> Found:
    """Score the events in runs that end at the cuts."""
    scorer = LedgerScorer(load_model=lambda version: forest, parametres=PARAMETRES, seed=4)
    found: Found = []
    for start, end in pairwise([0, *sorted(cuts), len(events)]):
        outcome = scorer.process(events[start:end])
        assert outcome.refused == []
        found += [(start + position, encode_detection(detection)) for position, detection in outcome.detections]
    return found


@pytest.fixture(scope="module", params=["online", "marker"])
def stream(request: pytest.FixtureRequest, ledger: list[Ecriture]) -> list[Event]:
    """Return the ledger, with a model from the middle on where the parameter says so."""
    events: list[Event] = ledger[:]
    if request.param == "marker":
        events.insert(len(events) // 2, marker())
    return type(ledger)(events)


@pytest.fixture(scope="module")
def uncut(stream: list[Event], forest: IsolationForest) -> Found:
    """What one single run finds."""
    found = process(stream, [], forest)
    assert len(found) >= 15, "a ledger in which nothing is found proves nothing"
    return found


@REPEATABLE
@given(data=st.data())
def test_any_cut_gives_the_same_bytes(
    stream: list[Event], uncut: Found, forest: IsolationForest, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=30))
    assert process(stream, cuts, forest) == uncut


def test_batches_of_one_give_the_same_bytes(stream: list[Event], uncut: Found, forest: IsolationForest) -> None:
    assert process(stream, range(len(stream)), forest) == uncut


def test_a_second_scorer_finds_the_same(stream: list[Event], uncut: Found, forest: IsolationForest) -> None:
    assert process(stream, [], forest) == uncut


def test_the_stream_has_what_makes_it_hard(ledger: list[Ecriture], uncut: Found) -> None:
    assert {entry.operation for entry in ledger} >= {Operation.CREATION, Operation.MODIFICATION, Operation.VALIDATION}
    assert any(b'"etat":"CLOSE"' in detection for _, detection in uncut), "a revision that closes"
    assert any(b"DETECTEUR_EN_LIGNE" in detection or b"FORET" in detection for _, detection in uncut), "a model's say"


@REPEATABLE
@given(data=st.data())
def test_any_cut_ends_in_the_same_state(ledger: list[Ecriture], data: st.DataObject) -> None:
    whole, cut = CompanyState.new(1), CompanyState.new(1)
    score_entries(ledger, whole, None, PARAMETRES)
    cuts = data.draw(st.lists(st.integers(0, len(ledger)), max_size=10))
    for start, end in pairwise([0, *sorted(cuts), len(ledger)]):
        score_entries(ledger[start:end], cut, None, PARAMETRES)
    for part in ("habits", "composites", "fired", "judged", "open"):
        assert getattr(cut, part) == getattr(whole, part)
    assert (cut.online.count, cut.online.sums, cut.online.ranks) == (
        whole.online.count,
        whole.online.sums,
        whole.online.ranks,
    )


@settings(REPEATABLE, max_examples=4)
@given(data=st.data())
def test_another_companys_entries_change_nothing(
    ledger: list[Ecriture], neighbour: list[Ecriture], forest: IsolationForest, data: st.DataObject
) -> None:
    alone = {n: [bytes_ for _, bytes_ in process(books, [], forest)] for n, books in ((1, ledger), (2, neighbour))}
    order = [1] * len(ledger) + [2] * len(neighbour)
    data.draw(st.randoms(use_true_random=False)).shuffle(order)
    queues = {1: iter(ledger), 2: iter(neighbour)}
    mixed = [next(queues[societe_id]) for societe_id in order]
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=6))
    found: dict[int, list[bytes]] = {1: [], 2: []}
    for position, bytes_ in process(mixed, cuts, forest):
        found[order[position]].append(bytes_)
    assert found == alone


def test_another_companys_model_changes_nothing(
    ledger: list[Ecriture], neighbour: list[Ecriture], forest: IsolationForest
) -> None:
    mixed: list[Event] = [marker(societe_id=2), *ledger]
    assert [bytes_ for _, bytes_ in process(mixed, [], forest)] == [b for _, b in process(ledger, [], forest)]


def test_what_is_forgotten_does_not_depend_on_the_cut(
    entry: Callable[..., Ecriture], forest: IsolationForest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An entry that is delivered again just as it is forgotten: new or not, but the same in every run."""
    monkeypatch.setattr(profiles, "MAX_SEEN", 10)
    events = [entry(f"E{n}", gap=1.0) for n in range(15)] + [entry("E0", gap=1.0)]
    assert process(events, range(len(events)), forest) == process(events, [], forest)
