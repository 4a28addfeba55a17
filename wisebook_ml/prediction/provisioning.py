"""Default models for a company, and their first training, as soon as it has the data that they need."""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from schemas import Motif, StatutCampagne, TypeModele, campagne_id
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, ModelRegistry, StorageError, open_database
from wisebook_ml.training.defaults import default_model
from wisebook_ml.training.request import request_training

__all__ = ["NEEDS", "Need", "Provisioner", "request_id", "stage"]

LOGGER = logging.getLogger(__name__)

REQUESTER = "provisioning"

LOOK_SECONDS = 30.0
"""Between two looks at trainings that have not ended: they take minutes."""

SETTLE_SECONDS = 2.0
"""Between news and asking: an import passes a threshold within seconds, and a moment later there is more to learn."""

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds until the next attempt after SQL or the brokers failed: doubled from the first to the longest."""


@dataclass(frozen=True, slots=True)
class Need:
    """What a model is trained from, and how much of it makes a first training worth its time."""

    count: str
    least: int


NEEDS: Mapping[TypeModele, Need] = {
    # A company uses some hundred accounts: a dozen lines each, on average, besides those that are held out.
    TypeModele.RANDOM_FOREST: Need("lines", 2_000),
    # A hundred to learn from; and below some sixty outcomes held out a metric tells nothing.
    TypeModele.XGBOOST: Need("outcomes", 200),
    # Thirty are held out, or the gate lets no first version pass; twenty would be enough to learn from.
    TypeModele.DBSCAN: Need("parties", 100),
    # The first two hundred met no habits yet and are left out; two hundred more are what is learnt from.
    TypeModele.ISOLATION_FOREST: Need("entries", 600),
    # Verdicts are what is learnt from: ten that were wrong and ten that were right.
    TypeModele.GRADIENT_BOOSTING: Need("avis", 60),
    # As many of each of three classes, of which some are rare.
    TypeModele.SVM: Need("avis", 90),
    # Half a year to learn from: a window of 90 days, and as many that follow it.
    TypeModele.LSTM: Need("days", 260),
    # A quarter to learn from: twelve weeks for what a week looks like.
    TypeModele.PROPHET: Need("days", 130),
}
"""What each algorithm needs, with the third that is held out. Where that is too little after all (the training fails,
or the gate lets no version pass) it is tried again with twice as much; too much would leave a company without its
model."""


def stage(count: int, least: int) -> int:
    """Return how often a count has reached its threshold: 1 from `least` on, 2 from twice as much on, and so on.

    Examples
    --------
    >>> [stage(count, 100) for count in (0, 99, 100, 199, 200, 400)]
    [0, 0, 1, 1, 2, 3]
    """
    return (count // least).bit_length()


def request_id(modele_id: int, number: int) -> str:
    """Return the id of a model's n-th provisioned training: the same after a crash, so that requests collapse."""
    return f"provision-{modele_id}-{number}"


class Provisioner:
    """Asks for first trainings, in a thread of its own: what it needs of SQL and the brokers delays no batch.

    It is told counts, which only ever grow, and told them again after a restart; everything else is in SQL. So it
    remembers nothing that could get lost, and asks for the same whenever it asks.

    Parameters
    ----------
    settings : Settings
        The process's.
    bootstrap : str
        Brokers.
    """

    def __init__(self, settings: Settings, bootstrap: str) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._lock = threading.Lock()
        self._due: dict[tuple[int, TypeModele], int] = {}
        self._known: dict[tuple[int, TypeModele], int] = {}
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._stores: tuple[ModelRegistry, CampaignStore] | None = None
        self._thread = threading.Thread(target=self._run, name="provisioning", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def close(self) -> None:
        """End the thread; what it has not asked for is asked for after the next start."""
        self._closed.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(LONGEST_PAUSE)

    def counted(self, societe_id: int, counts: Mapping[str, int]) -> None:
        """Take note of what a company has, by the names of `NEEDS`; returns at once."""
        for type_modele, need in NEEDS.items():
            if need.count not in counts:
                continue
            number = stage(counts[need.count], need.least)
            key = (societe_id, type_modele)
            with self._lock:
                if number > self._known.get(key, 0):
                    self._known[key] = self._due[key] = number
                    self._wake.set()

    def work(self) -> None:
        """Look after everything that is due, once.

        Raises
        ------
        StorageError, PublishError, ReadError
            Where SQL or the brokers do not answer; what is left is due still.
        """
        with self._lock:
            due = dict(self._due)
        for key, number in due.items():
            if self._is_settled(*key, number):
                with self._lock:
                    if self._due.get(key) == number:
                        del self._due[key]

    def _is_settled(self, societe_id: int, type_modele: TypeModele, number: int) -> bool:
        """Ask for a training where one is due; tell whether there is nothing left to do at this stage."""
        registry, campaigns = self._open()
        modele_id = default_model(registry, societe_id, type_modele)
        if registry.get(modele_id).version_courante is not None:
            return True
        if campaigns.get(campagne_id(request_id(modele_id, number))) is not None:
            return True
        for earlier in range(1, number):
            campaign = campaigns.get(campagne_id(request_id(modele_id, earlier)))
            if campaign is None:
                continue  # it was passed by before anybody asked
            if campaign.statut in (StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS):
                return False
            if campaign.statut is StatutCampagne.ANNULEE:
                return True  # somebody does not want it
        request_training(
            self._settings,
            self._bootstrap,
            modele_id,
            demandeur=REQUESTER,
            motif=Motif.PLANIFIE,
            demande_id=request_id(modele_id, number),
        )
        LOGGER.info(
            "company %d has enough data for its first %s model: training of model %d requested (%s)",
            societe_id,
            type_modele.value,
            modele_id,
            request_id(modele_id, number),
        )
        return True

    def _open(self) -> tuple[ModelRegistry, CampaignStore]:
        if self._stores is None:
            engine = open_database(self._settings.sql_url)
            self._stores = ModelRegistry(engine), CampaignStore(engine)
        return self._stores

    def _run(self) -> None:
        pause = 0.0
        while not self._closed.is_set():
            if self._wake.wait(LOOK_SECONDS if self._due else None):
                self._closed.wait(SETTLE_SECONDS)
            self._wake.clear()
            if self._closed.is_set():
                return
            try:
                self.work()
            except Exception as error:  # whatever fails here must not stop the role; it is told, and tried again
                expected = isinstance(error, StorageError | PublishError | ReadError)
                pause = min(2 * pause, LONGEST_PAUSE) or FIRST_PAUSE
                LOGGER.warning(
                    "first trainings cannot be requested: %s; tried again in %.0f s",
                    error,
                    pause,
                    exc_info=None if expected else error,
                )
                self._closed.wait(pause)  # news must not make it hurry
                self._wake.set()
            else:
                pause = 0.0
