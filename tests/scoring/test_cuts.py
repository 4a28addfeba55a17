"""The invariants: the same stream gives the same bytes however it is cut, and companies do not see each other."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Activation, Ecriture, Operation, Parametres, TypeModele, VersionModele
from wisebook_ml.habits.arrivals import tell_arrivals
from wisebook_ml.habits.layout import MAX_ENTRIES
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.events import Event
from wisebook_ml.scoring.stream import LedgerScorer

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


def new_scorer(forest: IsolationForest) -> LedgerScorer:
    return LedgerScorer(load_model=lambda version: forest, parametres=PARAMETRES, seed=4)


def go_on(scorer: LedgerScorer, events: Sequence[Event], cuts: Sequence[int]) -> Found:
    """Score the events in runs that end at the cuts."""
    found: Found = []
    for start, end in pairwise([0, *sorted(cuts), len(events)]):
        outcome = scorer.process(events[start:end])
        assert outcome.refused == []
        found += [(start + position, encode_detection(detection)) for position, detection in outcome.detections]
    return found


def process(events: Sequence[Event], cuts: Sequence[int], forest: IsolationForest) -> tuple[Found, str]:
    """Return what a new scorer finds, and the digest of its state."""
    scorer = new_scorer(forest)
    return go_on(scorer, events, cuts), scorer.digest()


@pytest.fixture(scope="module", params=["online", "marker"])
def stream(request: pytest.FixtureRequest, ledger: list[Ecriture]) -> list[Event]:
    """Return the ledger, with a model from the middle on where the parameter says so."""
    events: list[Event] = ledger[:]
    if request.param == "marker":
        events.insert(len(events) // 2, marker())
    return type(ledger)(events)


@pytest.fixture(scope="module")
def uncut(stream: list[Event], forest: IsolationForest) -> tuple[Found, str]:
    """What one single run finds, and the state that it ends in."""
    found, digest = process(stream, [], forest)
    assert len(found) >= 15, "a ledger in which nothing is found proves nothing"
    return found, digest


@REPEATABLE
@given(data=st.data())
def test_any_cut_gives_the_same_bytes(
    stream: list[Event], uncut: tuple[Found, str], forest: IsolationForest, data: st.DataObject
) -> None:
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=30))
    assert process(stream, cuts, forest) == uncut


def test_batches_of_one_give_the_same_bytes(
    stream: list[Event], uncut: tuple[Found, str], forest: IsolationForest
) -> None:
    assert process(stream, range(len(stream)), forest) == uncut


def test_a_second_scorer_finds_the_same(stream: list[Event], uncut: tuple[Found, str], forest: IsolationForest) -> None:
    assert process(stream, [], forest) == uncut


def test_the_stream_has_what_makes_it_hard(ledger: list[Ecriture], uncut: tuple[Found, str]) -> None:
    assert {entry.operation for entry in ledger} >= {Operation.CREATION, Operation.MODIFICATION, Operation.VALIDATION}
    assert any(b'"etat":"CLOSE"' in detection for _, detection in uncut[0]), "a revision that closes"
    assert any(b"DETECTEUR_EN_LIGNE" in detection or b"FORET" in detection for _, detection in uncut[0]), (
        "a model's say"
    )


@settings(REPEATABLE, max_examples=4)
@given(data=st.data())
def test_another_companys_entries_change_nothing(
    ledger: list[Ecriture], neighbour: list[Ecriture], forest: IsolationForest, data: st.DataObject
) -> None:
    alone = {n: [bytes_ for _, bytes_ in process(books, [], forest)[0]] for n, books in ((1, ledger), (2, neighbour))}
    order = [1] * len(ledger) + [2] * len(neighbour)
    data.draw(st.randoms(use_true_random=False)).shuffle(order)
    queues = {1: iter(ledger), 2: iter(neighbour)}
    mixed = [next(queues[societe_id]) for societe_id in order]
    cuts = data.draw(st.lists(st.integers(0, len(mixed)), max_size=6))
    found: dict[int, list[bytes]] = {1: [], 2: []}
    for position, bytes_ in process(mixed, cuts, forest)[0]:
        found[order[position]].append(bytes_)
    assert found == alone


def test_another_companys_model_changes_nothing(
    ledger: list[Ecriture], neighbour: list[Ecriture], forest: IsolationForest
) -> None:
    mixed: list[Event] = [marker(societe_id=2), *ledger]
    assert [bytes_ for _, bytes_ in process(mixed, [], forest)[0]] == [b for _, b in process(ledger, [], forest)[0]]


def full_of_entries(forest: IsolationForest, oldest: Ecriture) -> LedgerScorer:
    """Return a scorer that remembers as many entries of company 1 as it can, the oldest of which is a real one."""
    scorer = new_scorer(forest)
    scorer.process([oldest])
    habits = scorer._state.habits
    habits.reserve({"entries": MAX_ENTRIES}, {})
    rest = MAX_ENTRIES - 1
    keys = np.arange(1, rest + 1) * 0x9E3779B97F4A7C1
    told = np.zeros(rest, np.int8)
    same = np.ones(rest, np.int64)
    assert tell_arrivals(habits.directory(), 0, same, keys, same, same, told) == rest
    assert habits.count("entries") == MAX_ENTRIES
    return scorer


@pytest.mark.parametrize("revised", [False, True])
def test_what_is_forgotten_does_not_depend_on_the_cut(
    entry: Callable[..., Ecriture], forest: IsolationForest, revised: bool
) -> None:
    """The oldest entry comes again just as it is forgotten: new, or corrected, but the same in every run."""
    fresh = [entry(f"F{n}", euros=50.17 + n) for n in range(3)]
    again = [entry("E0", revision=2)] if revised else []
    events = [*again, *fresh, entry("E0", gap=1.0), entry("E0", gap=2.0, revision=3)]
    one, other = (full_of_entries(forest, entry("E0", gap=1.0)) for _ in range(2))
    found = go_on(one, events, [])
    assert found == go_on(other, events, range(len(events)))
    assert one.digest() == other.digest()
    assert one._state.habits.count("entries") == MAX_ENTRIES
    if revised:
        assert b'"etat":"CLOSE"' in found[0][1], "it is part of the batch, so its detection is still known"
        assert [position for position, _ in found] == [0, 5], "and so is the revision that comes again"
    else:
        assert [position for position, _ in found] == [3, 4], "forgotten, and new again"
