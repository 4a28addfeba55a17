"""Each way in which an artefact is refused leads to an alert that says what to do."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from schemas import Alerte, TypeModele, VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.pipeline.refusals import kind_of, refusal_alert


def altered(root: Path, version: VersionModele) -> VersionModele:
    path = root / version.artefact
    path.write_bytes(path.read_bytes() + b"\0")
    return version


def missing(root: Path, version: VersionModele) -> VersionModele:
    (root / version.artefact).unlink()
    return version


def unsigned(root: Path, version: VersionModele) -> VersionModele:
    return replace(version, signature="")


def outside(root: Path, version: VersionModele) -> VersionModele:
    return replace(version, artefact="../elsewhere.pkl")


CASES = {"ALTERE": altered, "ABSENT": missing, "NON_SIGNE": unsigned, "HORS_DEPOT": outside}


@pytest.mark.parametrize("code", CASES)
def test_what_the_store_refuses_is_told_apart(tmp_path: Path, code: str) -> None:
    store = ArtefactStore(tmp_path, "a key")
    spoil: Callable[[Path, VersionModele], VersionModele] = CASES[code]
    saved = store.save(b"model", societe_id=1, modele_id=2, version=3, type_modele=TypeModele.SVM)
    spoiled = spoil(tmp_path, saved)
    with pytest.raises(ValueError, match="artefact") as refused:
        store.read(spoiled)
    kind = kind_of(str(refused.value))
    assert kind.code == code
    alert = refusal_alert(1, spoiled, str(refused.value))
    assert kind.fr in alert.titre_fr
    assert kind.en in alert.titre_en
    assert alert.modele == spoiled
    assert msgspec.json.decode(msgspec.json.encode(alert), type=Alerte) == alert


def test_the_same_refusal_is_one_alert_and_another_reason_another(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path)
    version = store.save(b"model", societe_id=0, modele_id=2, version=3, type_modele=TypeModele.SVM)
    first = refusal_alert(0, version, "artefact a is not the one that was announced (its SHA-256 differs)")
    assert first == refusal_alert(0, version, "artefact b is not the one that was announced (its SHA-256 differs)")
    ids = {first.alerte_id} | {
        refusal_alert(societe_id, one, reason).alerte_id
        for societe_id, one, reason in (
            (0, version, "artefact a cannot be read"),
            (0, replace(version, version=4), "its SHA-256 differs"),
            (1, version, "its SHA-256 differs"),
            (0, version, "something else"),
        )
    }
    assert len(ids) == 5
