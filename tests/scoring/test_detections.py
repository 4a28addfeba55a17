"""What a detection says: the schema, the sums, the order, the id."""

import dataclasses
import json
import uuid
from collections.abc import Callable
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest

import schemas
from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Ecriture,
    Etat,
    Ligne,
    ModeleUtilise,
    Objet,
    Parametres,
    Severite,
    TypeObjet,
    detection_id,
)
from wisebook_ml.features import FEATURES
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.scoring.core import Model

from .company import Company

PARAMETRES = Parametres(societe_id=0, version=3)


@pytest.fixture(scope="module", params=["online", "forest"])
def detections(request: pytest.FixtureRequest, ledger: list[Ecriture], forest: IsolationForest) -> list[Detection]:
    model = Model(ModeleUtilise(modele_id=5, version=2), forest) if request.param == "forest" else None
    return Company(PARAMETRES, model).found(*ledger)


@pytest.fixture(scope="module")
def opened(detections: list[Detection]) -> list[Detection]:
    return [found for found in detections if found.etat is Etat.OUVERTE]


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    schema = json.loads((Path(schemas.__file__).parent / "json" / "detection.schema.json").read_text("utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER)


def of_entries(detections: list[Detection]) -> list[Detection]:
    """Return the detections that are about an entry."""
    return [found for found in detections if found.objet.type is TypeObjet.ECRITURE]


def hundredths(points: float) -> int:
    """Return points as the whole hundredths that they are."""
    assert points == round(points * 100) / 100, "no digits beyond the hundredth"
    return round(points * 100)


def test_every_detection_fits_its_schema(
    detections: list[Detection], validator: jsonschema.Draft202012Validator
) -> None:
    assert len(detections) > 20
    for found in detections:
        validator.validate(json.loads(encode_detection(found)))
        assert msgspec.json.decode(encode_detection(found), type=Detection) == found


def test_the_largest_entry_fits_its_schema(validator: jsonschema.Draft202012Validator, entry) -> None:
    lines = [Ligne(compte_num="512000", debit="99999999999.99")] * 2
    for found in Company(PARAMETRES).found(entry(lignes=lines)):
        validator.validate(json.loads(encode_detection(found)))


def test_reasons_sum_to_the_score(opened: list[Detection]) -> None:
    for found in opened:
        assert sum(hundredths(motif.poids) for motif in found.motifs) == hundredths(found.score)


def test_contributions_sum_to_the_score(opened: list[Detection]) -> None:
    for found in opened:
        assert sum(hundredths(points) for points in found.contributions.values()) == hundredths(found.score)
        assert all(points > 0 for points in found.contributions.values())


def test_a_model_that_no_feature_speaks_for_counts_for_all(ledger: list[Ecriture], forest: IsolationForest) -> None:
    blank = dataclasses.replace(forest, expected=np.zeros_like(forest.expected))
    found = Company(PARAMETRES, Model(ModeleUtilise(modele_id=5, version=2), blank)).found(*ledger)
    concerned = [
        one for one in found for motif in one.motifs if motif.code is CodeMotif.FORET_ISOLATION and motif.poids >= 1
    ]
    assert concerned
    for one in concerned:
        assert sum(hundredths(points) for points in one.contributions.values()) == hundredths(one.score)
        assert one.contributions.keys() >= {feature.attribute for feature in FEATURES}


def test_all_figures_are_on_the_scale(detections: list[Detection]) -> None:
    for found in detections:
        figures = [found.score, *found.contributions.values(), *(motif.poids for motif in found.motifs)]
        assert all(0 <= figure <= 100 for figure in figures)


def test_reasons_and_contributions_come_by_size(opened: list[Detection]) -> None:
    for found in opened:
        assert found.motifs, "an open detection has a reason"
        weights = [motif.poids for motif in found.motifs]
        assert weights == sorted(weights, reverse=True)
        assert list(found.contributions.values()) == sorted(found.contributions.values(), reverse=True)
        assert len({motif.code for motif in found.motifs}) == len(found.motifs)


def test_lines_are_counted_from_one(opened: list[Detection], ledger: list[Ecriture]) -> None:
    sizes = {(entry.ecriture_id, entry.revision): len(entry.lignes) for entry in ledger}
    for found in of_entries(opened):
        for motif in found.motifs:
            assert all(1 <= line <= sizes[found.ecriture_id, found.revision] for line in motif.lignes)


def test_ids_are_those_of_the_entry_or_the_subject(detections: list[Detection]) -> None:
    for found in detections:
        if found.objet.type is TypeObjet.ECRITURE:
            assert found.objet == Objet(type=TypeObjet.ECRITURE, id=found.ecriture_id or "")
        assert found.detection_id == detection_id(1, DomaineApplication.ECRITURES_COMPTABLES, found.objet)


def test_an_id_stays_what_it_was_when_it_was_first_published() -> None:
    """Subscribers keep these: a change here orphans every detection of every company."""
    objet = Objet(type=TypeObjet.ECRITURE, id="E1-00000042")
    assert detection_id(1, DomaineApplication.ECRITURES_COMPTABLES, objet) == uuid.uuid5(
        uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/detections"),
        "1/ECRITURES_COMPTABLES/ECRITURE/E1-00000042",
    )


def test_a_detection_names_its_entry_its_model_and_its_settings(
    opened: list[Detection], ledger: list[Ecriture]
) -> None:
    entries = {(entry.ecriture_id, entry.revision): entry for entry in ledger}
    for found in of_entries(opened):
        entry = entries[found.ecriture_id or "", found.revision]
        assert (found.journal_code, found.ecriture_num) == (entry.journal_code, entry.ecriture_num)
        assert found.ecriture_date == entry.ecriture_date
        assert found.parametres_version == 3
        assert len(found.modeles) == 1


def test_a_closing_record_has_no_reason_left(detections: list[Detection]) -> None:
    closed = [found for found in detections if found.etat is Etat.CLOSE]
    assert closed
    for found in closed:
        assert (found.score, found.severite, found.motifs, found.contributions) == (0.0, Severite.INFO, [], {})


def test_the_amount_at_stake_is_the_larger_side(entry: Callable[..., Ecriture]) -> None:
    (found,) = Company(PARAMETRES).found(entry(euros=100, gap=-20))
    assert found.montant == "120.00"
