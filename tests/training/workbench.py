"""Trainers in the test's own process, and what they did."""

import multiprocessing
import os
import signal
import time
import uuid
from collections.abc import Callable
from typing import TypeVar

from schemas import (
    Activation,
    AnnonceModele,
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    Motif,
    Record,
    RoleModele,
    TypeModele,
    campagne_id,
)
from topics import ENTRIES, MODELS, TRAINING_CAMPAIGNS, Topic
from wisebook_ml.messaging.events import Decoder
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, ModelRegistry, open_database
from wisebook_ml.training.trainer import Trainer

T = TypeVar("T", bound=Record)

SECONDS = 120.0
SOCIETE = 7


class Bench:
    """Trainers of one test, and what they did."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.registry = ModelRegistry(open_database(settings.sql_url))
        self.store = CampaignStore(open_database(settings.sql_url))
        self.failed: list[BaseException] = []
        self._trainers: list[Trainer] = []

    def trainer(self, **changes: object) -> Trainer:
        """Start a trainer, with other settings."""
        settings = self.settings.model_copy(update=changes)
        trainer = Trainer(settings, settings.bootstrap_servers, fail=self.failed.append)
        self._trainers.append(trainer)
        trainer.start()
        return trainer

    def close(self) -> None:
        for trainer in self._trainers:
            trainer.stop()
        assert self.failed == []
        assert multiprocessing.active_children() == []

    def model(self, societe_id: int = SOCIETE, **parametres: object) -> int:
        name = f"Anomalies {uuid.uuid4()}"
        parametres = {"n_estimators": 5, **parametres}
        return self.registry.get_or_create(
            societe_id, name, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES, parametres
        )

    def request(self, modele_id: int) -> DemandeEntrainement:
        societe_id = self.registry.get(modele_id).societe_id
        return DemandeEntrainement(
            demande_id=str(uuid.uuid4()),
            modele_id=modele_id,
            societe_id=societe_id,
            motif=Motif.MANUEL,
            demandeur="me",
        )

    def read(self, topic: Topic, type_: type[T]) -> list[T]:
        """Return the records of one type of a topic."""
        name, decode = topic.full_name(self.settings.topic_prefix), Decoder(topic).decode
        bootstrap = self.settings.bootstrap_servers
        found = [
            decode(raw)
            for partition, (first, end) in end_offsets(bootstrap, name).items()
            for run in read_partition(bootstrap, name, partition, first, end)
            for raw in run
        ]
        return [record for record in found if isinstance(record, type_)]

    def steps(self, request: DemandeEntrainement) -> list[Campagne]:
        wanted = campagne_id(request.demande_id)
        return [one for one in self.read(TRAINING_CAMPAIGNS, Campagne) if one.campagne_id == wanted]

    def end(self, request: DemandeEntrainement) -> Campagne:
        """Wait until a campaign's end is published; return it."""
        found: list[Campagne] = []

        def ended() -> bool:
            assert self.failed == []
            found[:] = [one for one in self.steps(request) if one.statut not in ("DEMANDEE", "EN_COURS")]
            return bool(found)

        until(ended)
        return found[0]

    def markers(self, modele_id: int) -> list[tuple[int, RoleModele]]:
        """Return versions and roles of a model's markers, in their order."""
        found = self.read(ENTRIES, Activation)
        return [(one.version.version, one.role) for one in found if one.version.modele_id == modele_id]

    def announced(self, modele_id: int) -> AnnonceModele:
        """Return the last announcement of a model."""
        return [one for one in self.read(MODELS, AnnonceModele) if one.modele_id == modele_id][-1]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def training_process() -> int:
    """Wait until a training's process works; return its number."""
    until(lambda: len(multiprocessing.active_children()) > 0)
    (child,) = multiprocessing.active_children()
    assert child.pid is not None
    return child.pid


def kill_the_training() -> None:
    """End the training's process as a crash does, and wait until it is gone."""
    pid = training_process()
    os.kill(pid, signal.SIGKILL)
    until(lambda: pid not in [child.pid for child in multiprocessing.active_children()])
