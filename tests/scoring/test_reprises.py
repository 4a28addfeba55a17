"""What a replay found holds from its marker on, and later revisions go on from it."""

import datetime as dt

import pytest
from msgspec.structs import replace

from schemas import Detection, DetectionReprise, Ecriture, Etat, Parametres, Reprise
from tests.acceptance.deployment import with_gaps
from wisebook_ml.habits.store import StateError
from wisebook_ml.scoring.events import Outcome
from wisebook_ml.scoring.reprises import Reprises
from wisebook_ml.scoring.stream import LedgerScorer

NOW = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)


def scorer() -> LedgerScorer:
    def load(version: object) -> None:
        raise AssertionError(version)

    return LedgerScorer(load_model=load, parametres=Parametres(societe_id=0), seed=1)  # type: ignore[arg-type, return-value]


def reprise(*found: Detection, numero: int = 1, nombre: int = 1, reprise_id: str = "r") -> Reprise:
    items = [DetectionReprise(decalage=k, instant=NOW, detection=one) for k, one in enumerate(found)]
    return Reprise(
        societe_id=found[0].societe_id, reprise_id=reprise_id, numero=numero, nombre=nombre, detections=items
    )


@pytest.fixture(scope="module")
def entries(ledger: list[Ecriture]) -> list[Ecriture]:
    return with_gaps([one for one in ledger if one.revision == 1][:40], every=4)


@pytest.fixture(scope="module")
def first(entries: list[Ecriture]) -> Outcome:
    return scorer().process(entries)


def of(outcome: Outcome, entry: Ecriture) -> Detection:
    return next(found for _, found in outcome.detections if found.objet.id == entry.ecriture_id)


def closed(detection: Detection) -> Detection:
    return replace(detection, etat=Etat.CLOSE, score=0.0, motifs=[], contributions={}, parametres_version=9)


def test_what_a_replay_closed_is_not_closed_again(entries: list[Ecriture], first: Outcome) -> None:
    wrong, right = entries[0], [one for one in entries[0].lignes if one.compte_num != "471000"]
    mended = replace(wrong, revision=2, lignes=right)
    without, with_ = scorer(), scorer()
    told = without.process([*entries, mended])
    taken = with_.process([*entries, reprise(closed(of(first, wrong)))])
    after = with_.process([mended])
    assert [one.detection for _, one in taken.replayed] == [closed(of(first, wrong))]
    assert any(found.objet.id == wrong.ecriture_id and found.revision == 2 for _, found in told.detections)
    assert not any(found.objet.id == wrong.ecriture_id for _, found in after.detections)


def test_what_a_replay_opened_is_closed_once_it_is_mended(entries: list[Ecriture], first: Outcome) -> None:
    quiet = next(one for one in entries if all(f.objet.id != one.ecriture_id for _, f in first.detections))
    opened = replace(
        of(first, entries[0]),
        objet=replace(of(first, entries[0]).objet, id=quiet.ecriture_id),
        ecriture_id=quiet.ecriture_id,
    )
    one = scorer()
    one.process([*entries, reprise(opened)])
    after = one.process([replace(quiet, revision=2, saisie_par="x")])
    assert [f.etat for _, f in after.detections if f.objet.id == quiet.ecriture_id] == [Etat.CLOSE]


def test_a_later_revision_is_left_as_it_was_judged(entries: list[Ecriture], first: Outcome) -> None:
    wrong = entries[0]
    again = replace(wrong, revision=2)
    outcome = scorer().process([*entries, again, reprise(closed(of(first, wrong)))])
    assert outcome.replayed == []


def test_all_parts_hold_at_once_with_the_last(entries: list[Ecriture], first: Outcome) -> None:
    parts = [
        reprise(closed(of(first, one)), numero=k, nombre=2) for k, one in enumerate((entries[0], entries[4]), start=1)
    ]
    one = scorer()
    assert one.process([*entries, parts[0]]).replayed == []
    again = scorer()
    again.load({name: bytes(part) for name, part in one.dump()})
    for each in (one, again):
        outcome = each.process([entries[0], parts[1]])
        assert [position for position, _ in outcome.replayed] == [1, 1]
        assert [found.detection.ecriture_id for _, found in outcome.replayed] == [
            entries[0].ecriture_id,
            entries[4].ecriture_id,
        ]
    assert dict(one.dump())["reprises"] == b"[]"


@pytest.mark.parametrize("numero", [2, 3])
def test_a_part_that_does_not_follow_is_refused(entries: list[Ecriture], first: Outcome, numero: int) -> None:
    outcome = scorer().process([*entries, reprise(of(first, entries[0]), numero=numero, nombre=2)])
    assert [one.position for one in outcome.refused] == [len(entries)]
    assert "promote the replay again" in outcome.refused[0].reason


def test_detections_of_another_company_are_refused(entries: list[Ecriture], first: Outcome) -> None:
    marker = replace(reprise(of(first, entries[0])), societe_id=99)
    outcome = scorer().process([*entries, marker])
    assert outcome.replayed == []
    assert "of company 99 has detections of company" in outcome.refused[0].reason


def test_a_promotion_that_stopped_halfway_gives_way_to_the_next(entries: list[Ecriture], first: Outcome) -> None:
    torn = reprise(of(first, entries[0]), numero=1, nombre=2, reprise_id="torn")
    whole = reprise(closed(of(first, entries[4])), reprise_id="whole")
    outcome = scorer().process([*entries, torn, whole])
    assert [one.detection.ecriture_id for _, one in outcome.replayed] == [entries[4].ecriture_id]
    assert outcome.refused == []


def test_a_damaged_dump_is_refused() -> None:
    with pytest.raises(StateError, match="reprises is missing"):
        Reprises().load({})
    with pytest.raises(StateError, match="reprises"):
        Reprises().load({"reprises": b"{"})
