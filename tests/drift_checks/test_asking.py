"""What the database says at a check: thresholds of the model, and what verdicts say or let expect."""

import datetime as dt
import uuid
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine

from schemas import (
    Avis,
    Detection,
    DomaineApplication,
    Etat,
    ModeleUtilise,
    Objet,
    Severite,
    TypeModele,
    TypeObjet,
    Verdict,
)
from schemas.detection import detection_id
from wisebook_ml.drift.thresholds import Thresholds
from wisebook_ml.drift_checks.advice import Advice
from wisebook_ml.drift_checks.asking import UNREACHABLE, Database
from wisebook_ml.drift_checks.usual import VersionKey
from wisebook_ml.drift_checks.worth import expected
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.storage import DetectionStore, ModelRegistry, StoredDetection, VerdictStore, open_database

NIGHT = dt.datetime(2026, 3, 10, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SOCIETE = 3


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'wisebook_ml.db'}"


@pytest.fixture
def engine(url: str) -> Engine:
    return open_database(url)


def create(engine: Engine, **parametres: object) -> VersionKey:
    registry = ModelRegistry(engine)
    model = registry.create(SOCIETE, "f", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES, parametres)
    return VersionKey(SOCIETE, model.id, 2)


def verdict(
    number: int, version: VersionKey, days: float, *, good: bool, score: float = 50.0, missed: bool = False
) -> Judgement:
    said = Verdict.MANQUEE if missed else Verdict.CONFIRMEE if good else Verdict.FAUX_POSITIF
    about = uuid.UUID(int=number)
    avis = Avis(
        societe_id=SOCIETE,
        detection_id=None if missed else about,
        ecriture_id="E" if missed else None,
        verdict=said,
        auteur="marie",
    )
    return Judgement(
        avis=avis,
        detection_id=about,
        revision=1,
        donne_le=NIGHT - days * DAY,
        empreinte=f"{number:032d}",
        ecriture_id="E" if missed else None,
        score=score,
        modeles=[ModeleUtilise(modele_id=version.modele_id, version=version.version)],
    )


class TestThresholds:
    def test_those_of_the_model(self, engine: Engine, url: str) -> None:
        version = create(engine, n_estimators=50, derive={"psi": 0.3, "alpha": 0.01})
        assert Database(url)(version, NIGHT) == Advice(Thresholds(psi=0.3, alpha=0.01))

    def test_those_that_cannot_be_used(self, engine: Engine, url: str) -> None:
        advice = Database(url)(create(engine, derive={"psy": 0.3}), NIGHT)
        assert advice.thresholds == Thresholds()
        assert "unknown threshold of drift 'psy'; did you mean 'psi'?" in advice.remarks[0][1]

    def test_of_an_unknown_model(self, engine: Engine, url: str) -> None:
        advice = Database(url)(VersionKey(SOCIETE, 99, 1), NIGHT)
        assert (advice.thresholds, advice.remarks[0][1][:18]) == (Thresholds(), "Default thresholds")

    def test_without_a_database_until_it_is_back(self, tmp_path: Path) -> None:
        folder = tmp_path / "db"
        folder.write_text("in the way")
        database = Database(f"sqlite:///{folder / 'wisebook_ml.db'}")
        assert database(VersionKey(SOCIETE, 1, 1), NIGHT) == Advice(remarks=(UNREACHABLE,))
        folder.unlink()
        assert database(VersionKey(SOCIETE, 1, 1), NIGHT).remarks != (UNREACHABLE,)


class TestVerdicts:
    def test_worse_than_before(self, engine: Engine, url: str) -> None:
        version = create(engine)
        earlier = version._replace(version=1)
        before = [verdict(n, earlier, 60, good=n % 10 > 0) for n in range(200)]
        now = [verdict(n, version, 5, good=n % 2 > 0) for n in range(300, 360)]
        others = [verdict(n, version._replace(modele_id=50), 5, good=False) for n in range(400, 440)]
        others += [verdict(500, version, -1, good=False), verdict(501, version, 5, good=False, missed=True)]
        VerdictStore(engine).write([*before, *now, *others])
        (found,) = Database(url)(version, NIGHT).performance
        assert (found.before, found.precision, found.verdicts, found.estimated) == (0.9, 0.5, 60, False)
        assert found.p < 1e-6
        assert Database(url)(version, NIGHT - 10 * DAY).performance == ()  # none was given by then

    def test_expected_while_they_are_late(self, engine: Engine, url: str) -> None:
        version = create(engine)
        rng = np.random.default_rng(1)
        scores = rng.uniform(0, 100, 600)
        VerdictStore(engine).write(
            [
                verdict(n, version, 60, good=bool(rng.random() < score / 100), score=float(score))
                for n, score in enumerate(scores)
            ]
        )
        flagged = [(60.0, score) for score in rng.uniform(50, 100, 200)] + [(3.0, s) for s in rng.uniform(20, 60, 200)]
        DetectionStore(engine).write([self.stored(n, version, *one) for n, one in enumerate(flagged)])
        (found,) = Database(url)(version, NIGHT).performance
        assert found.estimated
        assert abs(found.before - 0.75) < 0.08
        assert abs(found.precision - 0.40) < 0.08
        assert found.p < 1e-6

    def test_what_is_judged_first_is_no_measure(self) -> None:
        """People judge the worst first: what is flagged as ever is not expected to be worse."""
        rng = np.random.default_rng(2)
        version = VersionKey(SOCIETE, 1, 1)
        judged = [
            verdict(n, version, 60, good=bool(rng.random() < score / 100), score=float(score))
            for n, score in enumerate(rng.uniform(70, 100, 300))
        ]
        found = expected(judged, rng.uniform(20, 100, 500), rng.uniform(20, 100, 200))
        assert found is not None
        assert found.p > 0.01
        assert abs(found.fall) < 0.1
        assert expected(judged[:100], rng.uniform(20, 100, 500), rng.uniform(20, 100, 200)) is None

    def stored(self, number: int, version: VersionKey, days: float, score: float) -> StoredDetection:
        objet = Objet(type=TypeObjet.ECRITURE, id=f"E{number}")
        detection = Detection(
            detection_id=detection_id(SOCIETE, DomaineApplication.ECRITURES_COMPTABLES, objet),
            societe_id=SOCIETE,
            domaine=DomaineApplication.ECRITURES_COMPTABLES,
            objet=objet,
            etat=Etat.OUVERTE,
            revision=1,
            montant="1.00",
            score=score,
            severite=Severite.INFO,
            motifs=[],
            contributions={},
            modeles=[ModeleUtilise(modele_id=version.modele_id, version=version.version)],
            parametres_version=0,
        )
        return StoredDetection(
            detection=detection, ce_time=NIGHT - days * DAY, partition=0, offset=number, topic="wisebook.entries"
        )
