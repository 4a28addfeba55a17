"""What later revisions and second publications do to what was detected."""

import datetime as dt
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from schemas import CodeMotif, Ecriture, Etat, Ligne, Operation, detection_id
from schemas.detection import Objet
from schemas.enums import DomaineApplication, TypeObjet
from topics import ENTRIES
from wisebook_ml.generator import generate_ledger

from .deployment import Deployment, Seen, Worker, values_of, with_gaps


@pytest.fixture(scope="module")
def worker(shared: Deployment) -> Iterator[Worker]:
    yield shared.start("scoring")


def sale(societe_id: int, debit: str = "120.00", **fields: object) -> Ecriture:
    lines = [
        Ligne(compte_num="411000", comp_aux_num="C1", piece_ref="F1", ecriture_lib="Facture F1 Martin", debit=debit),
        Ligne(compte_num="707000", piece_ref="F1", ecriture_lib="Facture F1 Martin", credit="100.00"),
        Ligne(compte_num="445710", piece_ref="F1", ecriture_lib="Facture F1 Martin", credit="20.00"),
    ]
    entry = Ecriture(
        societe_id=societe_id,
        ecriture_id="E-1",
        journal_code="VE",
        ecriture_num="1",
        ecriture_date=dt.date(2024, 5, 14),
        lignes=lines,
    )
    return replace(entry, **fields)


def score(deployment: Deployment, worker: Worker, *entries: Ecriture) -> list[Seen]:
    deployment.publish(entries)
    deployment.wait("scoring", ENTRIES, worker)
    seen = deployment.detections(entries[0].societe_id)
    objet = Objet(type=TypeObjet.ECRITURE, id=entries[0].ecriture_id)
    id_ = detection_id(entries[0].societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet)
    assert {one.detection.detection_id for one in seen} <= {id_}
    assert {one.key for one in seen} <= {str(id_).encode()}
    return seen


def test_a_corrected_entry_closes_its_detection_under_the_same_id(shared: Deployment, worker: Worker) -> None:
    (opened,) = score(shared, worker, sale(1, debit="121.00"))
    assert (opened.detection.etat, opened.detection.revision) == (Etat.OUVERTE, 1)
    assert CodeMotif.DESEQUILIBRE in [motif.code for motif in opened.detection.motifs]

    first, closed = score(shared, worker, sale(1, revision=2, operation=Operation.MODIFICATION))
    assert first == opened
    assert (closed.detection.etat, closed.detection.revision) == (Etat.CLOSE, 2)
    assert closed.detection.motifs == []

    *_, again = score(shared, worker, sale(1, debit="121.00", revision=3, operation=Operation.MODIFICATION))
    assert (again.detection.etat, again.detection.revision) == (Etat.OUVERTE, 3)


def test_a_deleted_entry_closes_its_detection(shared: Deployment, worker: Worker) -> None:
    wrong = sale(2, debit="121.00")
    opened, closed = score(shared, worker, wrong, replace(wrong, revision=2, operation=Operation.SUPPRESSION))
    assert [opened.detection.etat, closed.detection.etat] == [Etat.OUVERTE, Etat.CLOSE]
    assert closed.detection.revision == 2


def test_an_entry_changed_after_its_validation_is_detected(shared: Deployment, worker: Worker) -> None:
    entry = sale(3)
    validated = replace(entry, revision=2, operation=Operation.VALIDATION, valid_date=dt.date(2024, 6, 30))
    assert score(shared, worker, entry, validated) == []

    lines = [replace(entry.lignes[0], debit="150.00"), replace(entry.lignes[1], credit="130.00"), entry.lignes[2]]
    changed = replace(validated, revision=3, operation=Operation.MODIFICATION, lignes=lines)
    (found,) = score(shared, worker, changed)
    assert (found.detection.etat, found.detection.revision) == (Etat.OUVERTE, 3)
    assert CodeMotif.MODIFIEE_APRES_VALIDATION in [motif.code for motif in found.detection.motifs]


def test_a_revision_that_was_overtaken_changes_nothing(shared: Deployment, worker: Worker) -> None:
    wrong = sale(4, debit="121.00")
    seen = score(shared, worker, wrong, sale(4, revision=2), wrong)
    assert [one.detection.etat for one in seen] == [Etat.OUVERTE, Etat.CLOSE]
    assert shared.dead_letters(b"4") == []


def test_a_deletion_under_an_old_revision_is_not_dropped_silently(shared: Deployment, worker: Worker) -> None:
    wrong = sale(5, debit="121.00")
    opened, *closed = score(shared, worker, wrong, replace(wrong, operation=Operation.SUPPRESSION))
    assert opened.detection.etat is Etat.OUVERTE
    assert len(closed) + len(shared.dead_letters(b"5")) == 1


def test_a_ledger_published_twice_gives_no_second_detections(shared: Deployment, worker: Worker) -> None:
    events = with_gaps(generate_ledger(entries=1500, seed=31, societe_id=9).events)
    shared.publish(events)
    shared.wait("scoring", ENTRIES, worker)
    once = shared.detections(9)
    assert len(once) > 20

    shared.publish(events)
    shared.wait("scoring", ENTRIES, worker)
    assert shared.detections(9) == once
    assert values_of(once) == shared.undisturbed(events)
    assert shared.dead_letters(b"9") == []
