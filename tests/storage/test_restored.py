"""Models of a registry that is older than the topics: versions, which is in charge, and numbers that are taken."""

import msgspec
import pytest
from sqlalchemy import Engine

from schemas import AnnonceModele, DomaineApplication, Statut, TypeModele, VersionModele
from wisebook_ml.clock import utc_now
from wisebook_ml.storage import ModelRegistry, VersionConflict
from wisebook_ml.storage.restored import MOTIVE, restore_model

KIND, DOMAIN = TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES


def version(modele_id: int, number: int) -> VersionModele:
    return VersionModele(
        modele_id=modele_id,
        version=number,
        societe_id=7,
        type_modele=KIND,
        artefact=f"7/{modele_id}/{number}/model.pkl",
        sha256=f"{number:064x}",
        signature="",
    )


def announced(modele_id: int, champion: int, challenger: int | None = None) -> AnnonceModele:
    return AnnonceModele(
        modele_id=modele_id,
        societe_id=7,
        domaine_application=DOMAIN,
        champion=version(modele_id, champion),
        challenger=None if challenger is None else version(modele_id, challenger),
        promu_le=utc_now(),
    )


def test_a_model_goes_on_with_the_versions_that_were_made_since(engine: Engine) -> None:
    registry = ModelRegistry(engine)
    modele_id = registry.create(7, "Anomalies", KIND, DOMAIN, {"trees": 50}).id
    registry.next_version(modele_id)
    registry.record_version(version(modele_id, 1))
    registry.promote(modele_id, 1)
    known = [(version(modele_id, number), {"accuracy": 0.9}) for number in (1, 2, 3)]
    assert restore_model(engine, modele_id, known, announced(modele_id, 2, challenger=3), DOMAIN) == (2, False)
    assert restore_model(engine, modele_id, known, announced(modele_id, 2, challenger=3), DOMAIN) == (0, False)
    model = registry.get(modele_id)
    assert (model.version_courante, model.version_challenger, model.accuracy) == (2, 3, 0.9)
    assert (model.nom, model.parametres_modele) == ("Anomalies", {"trees": 50})
    assert [(one.version, one.version_avant, one.motif) for one in registry.history(modele_id)] == [
        (1, None, ""),
        (2, 1, MOTIVE),
    ]
    assert registry.next_version(modele_id) == 4


def test_a_model_that_is_unknown_keeps_its_number_and_nobody_else_gets_it(engine: Engine) -> None:
    registry = ModelRegistry(engine)
    assert restore_model(engine, 5, [(version(5, 2), {})], announced(5, 2), DOMAIN) == (1, True)
    model = registry.get(5)
    assert (model.societe_id, model.nom, model.version_courante, model.statut) == (7, "modele-5", 2, Statut.PRET)
    assert restore_model(engine, 4, [(version(4, 1), {})], None, DOMAIN) == (1, True)
    assert registry.get(4).statut is Statut.BROUILLON
    assert registry.create(8, "Anomalies", KIND, DOMAIN, {}).id == 6


def test_a_version_that_is_another_changes_nothing(engine: Engine) -> None:
    registry = ModelRegistry(engine)
    modele_id = registry.create(7, "Anomalies", KIND, DOMAIN, {}).id
    registry.record_version(version(modele_id, 2))
    other = msgspec.structs.replace(version(modele_id, 2), sha256="f" * 64)
    with pytest.raises(VersionConflict):
        restore_model(engine, modele_id, [(version(modele_id, 1), {}), (other, {})], None, DOMAIN)
    assert [one.version.version for one in registry.versions(modele_id)] == [2]
