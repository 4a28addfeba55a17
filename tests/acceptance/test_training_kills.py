"""Trainers that are killed, and trainings that last: no request is lost, no version half written, nobody evicted."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from agents.app import SESSION_SECONDS
from schemas import (
    Activation,
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    Etape,
    StatutCampagne,
    TypeModele,
)
from topics import ENTRIES, TRAINING_CAMPAIGNS
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.generator import generate_ledger
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.request import follow_campaign, request_training
from wisebook_ml.training.resources import PROC

from .deployment import Deployment, Worker

TRAINING_SECONDS = 300.0
SOCIETE = 5

pytestmark = pytest.mark.skipif(not (PROC / "self").exists(), reason="this system has no /proc")


@pytest.fixture
def request_of(deployment: Deployment) -> DemandeEntrainement:
    """Publish a ledger and a request for a training that takes some seconds."""
    deployment.publish(generate_ledger(entries=1200, seed=12, societe_id=SOCIETE).events)
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    modele_id = registry.get_or_create(
        SOCIETE, "Anomalies", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES, {"n_estimators": 2000}
    )
    return request_training(deployment.settings, deployment.bootstrap, modele_id, demandeur="acceptance")


def steps_of(deployment: Deployment, request: DemandeEntrainement) -> Iterator[Campagne]:
    return follow_campaign(deployment.settings, deployment.bootstrap, request, TRAINING_SECONDS)


def until_it_learns(steps: Iterator[Campagne], tentative: int = 1) -> None:
    """Follow a training until its model is being fitted."""
    assert next(step for step in steps if step.etape is Etape.APPRENTISSAGE and step.tentative == tentative)


def training_of(worker: Worker) -> int:
    """Return the process in which a worker trains: its child whose command is multiprocessing's `spawn_main`."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdecimal() and int(folder.name) != worker.pid:
            try:
                parent = int((folder / "stat").read_bytes().rpartition(b")")[2].split()[1])
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == worker.pid and b"spawn_main" in command:
                found.append(int(folder.name))
    (pid,) = found
    return pid


def runs(pid: int) -> bool:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def assert_one_whole_version(deployment: Deployment, end: Campagne) -> None:
    """Check that a campaign has led to one version, which is in force and can be loaded, and to nothing else."""
    assert end.version is not None
    registry = ModelRegistry(open_database(deployment.settings.sql_url))
    assert [one.version for one in registry.versions(end.modele_id)] == [end.version]
    assert registry.get(end.modele_id).version_courante == end.version.version
    store = ArtefactStore.of(deployment.settings)
    assert len(store.load_forest(end.version).starts) - 1 == 2000

    folder = Path(deployment.settings.artefacts) / str(SOCIETE) / str(end.modele_id)
    number = end.version.version
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    expected = {f"{number}/model.pkl", f"{number}/version.json", "model_latest.pkl", "model_latest.json"}
    assert {name for name in files if not name.endswith(".lock")} == expected

    published = [msgspec.json.decode(one.value or b"", type=Campagne) for one in deployment.read(TRAINING_CAMPAIGNS)]
    assert published.count(end) == 1
    markers = [one for one in deployment.read(ENTRIES) if one.header("ce_type") == Activation.ce_type]
    assert len(markers) == 1


def test_another_trainer_takes_over_from_one_that_is_killed(
    deployment: Deployment, request_of: DemandeEntrainement
) -> None:
    first = deployment.start("training")
    steps = steps_of(deployment, request_of)
    until_it_learns(steps)
    training = training_of(first)
    first.kill()
    second = deployment.start("training")
    deployment.until(lambda: not runs(training), "the end of the training that lost its trainer")
    *_, end = steps
    assert (end.statut, end.tentative) == (StatutCampagne.REUSSIE, 2), end.erreur
    assert_one_whole_version(deployment, end)
    assert second.stop() == 0


@pytest.mark.chaos
def test_a_long_training_and_a_second_worker_evict_nobody(
    deployment: Deployment, request_of: DemandeEntrainement
) -> None:
    first = deployment.start("training")
    steps = steps_of(deployment, request_of)
    until_it_learns(steps)
    before = set(deployment.members("training"))
    assert len(before) == 1
    training = training_of(first)
    # As long as we like, whatever the machine: it goes on when it is told.
    os.kill(training, signal.SIGSTOP)
    frozen = time.monotonic()
    second = deployment.start("training")
    deployment.until(lambda: len(deployment.members("training")) == 2, "two members", first, second)
    while time.monotonic() - frozen < 1.2 * SESSION_SECONDS:
        assert before <= set(deployment.members("training"))
        time.sleep(0.5)
    os.kill(training, signal.SIGCONT)
    *_, end = steps
    assert (end.statut, end.tentative) == (StatutCampagne.REUSSIE, 1), end.erreur
    assert before <= set(deployment.members("training"))
    assert_one_whole_version(deployment, end)
    assert (first.stop(), second.stop()) == (0, 0)


@pytest.mark.chaos
def test_a_trainer_that_is_told_to_stop_hands_its_training_on(
    deployment: Deployment, request_of: DemandeEntrainement
) -> None:
    first = deployment.start("training")
    steps = steps_of(deployment, request_of)
    until_it_learns(steps)
    training = training_of(first)
    assert first.stop() == 0
    assert not runs(training)
    deployment.start("training")
    *_, end = steps
    assert (end.statut, end.tentative) == (StatutCampagne.REUSSIE, 1), end.erreur
    assert_one_whole_version(deployment, end)
