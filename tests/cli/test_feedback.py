"""Mistakes are told before anything is published, and rates read well in both languages."""

import datetime as dt
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from schemas import (
    Avis,
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    ModeleUtilise,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    Verdict,
    detection_id,
)
from wisebook_ml.cli import main
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DetectionStore, StoredDetection, VerdictStore, open_database

NOON = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
OBJET = Objet(type=TypeObjet.ECRITURE, id="E1")
ID = detection_id(7, DomaineApplication.ECRITURES_COMPTABLES, OBJET)
DETECTION = Detection(
    detection_id=ID,
    societe_id=7,
    domaine=DomaineApplication.ECRITURES_COMPTABLES,
    objet=OBJET,
    etat=Etat.OUVERTE,
    revision=1,
    ecriture_id="E1",
    journal_code="OD",
    montant="100.00",
    score=40.0,
    severite=Severite.FAIBLE,
    motifs=[
        MotifDetection(
            code=CodeMotif.MONTANT_ROND, poids=40.0, valeur=1, seuil=1, libelle_fr="rond", libelle_en="round"
        )
    ],
    contributions={"montant": 40.0},
    modeles=[],
    parametres_version=0,
)


def said(number: int, verdict: Verdict, about: uuid.UUID) -> Judgement:
    return Judgement(
        avis=Avis(societe_id=7, detection_id=about, verdict=verdict, auteur="anne", revision=1),
        detection_id=about,
        revision=1,
        donne_le=NOON,
        empreinte=str(number),
        ecriture_id=f"E{number}",
        journal_code="OD",
        motifs={CodeMotif.MONTANT_ROND: 40.0, CodeMotif.FORET_ISOLATION: 20.0},
        modeles=[ModeleUtilise(modele_id=3, version=2)],
    )


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep a database with a confirmed detection, and no Kafka."""
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.setenv("WISEBOOK_ML_BOOTSTRAP_SERVERS", "127.0.0.1:9")
    monkeypatch.delenv("WISEBOOK_ML_DATABASE_URL", raising=False)
    get_settings.cache_clear()
    engine = open_database(get_settings().sql_url)
    DetectionStore(engine).write([StoredDetection(detection=DETECTION, ce_time=NOON, partition=0, offset=0)])
    others = [said(number, Verdict.FAUX_POSITIF, uuid.uuid4()) for number in (2, 3)]
    VerdictStore(engine).write([said(1, Verdict.CONFIRMEE, ID), *others])
    yield
    engine.dispose()
    get_settings.cache_clear()


def run(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["feedback", *arguments])
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("give", str(ID), "FAUX_POSITIF"), 1, "contradicts CONFIRMEE by 'anne', which stands for detection"),
        (("give", str(ID), "RECLASSEE", "--compte", "6063"), 1, "contradicts CONFIRMEE"),
        (("give", str(ID), "RECLASSEE"), 2, "add --compte"),
        (("give", str(ID), "CONFIRMEE", "--compte", "6063"), 2, "--compte goes with RECLASSEE"),
        (("give", str(ID), "MANQUEE"), 2, "'MANQUEE' is not one of"),
        (("give", str(uuid.UUID(int=1)), "CONFIRMEE"), 1, "there is no detection 00000000"),
        (("give", "E1", "CONFIRMEE"), 2, "not a valid UUID"),
        (("missed", "E1", "--societe", "7"), 1, "was not missed: detection"),
        (("give", str(ID), "CONFIRMEE"), 0, "stands already"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], status: int, words: str) -> None:
    code, told = run(*arguments, "--par", "paul")
    assert code == status, told
    assert words in " ".join(told.split())


def test_rates() -> None:
    code, french = run("stats", "--lang", "fr")
    assert code == 0
    assert "Société 7 : 3 verdicts en vigueur (1 confirmées, 2 faux positifs)" in french
    assert "FORET_ISOLATION (modèle)" in french
    assert "3/2 (version de modèle)" in french
    assert "67\u202f%" in french
    _, english = run("stats", "--societe", "7")
    assert "Company 7: 3 verdicts stand" in english
    assert "21 % – 94 %" in english
    assert run("stats", "--societe", "8")[1] == "No verdicts.\n"
    told = json.loads(run("stats", "--json")[1])
    assert told["avis"] == {"CONFIRMEE": 1, "FAUX_POSITIF": 2}
    assert {one["nom"] for one in told["taux"]} == {"MONTANT_ROND", "FORET_ISOLATION", "3/2"}


def test_lists() -> None:
    code, told = run("list", "--verdict", "FAUX_POSITIF", "--json")
    assert code == 0
    lines = [json.loads(one) for one in told.splitlines()]
    assert [one["ecriture_id"] for one in lines] == ["E3", "E2"]
    assert "MONTANT_ROND 40" in run("list", "--societe", "7", "--limit", "1")[1]
    assert run("list", "--societe", "9")[1] == "No verdicts.\n"
