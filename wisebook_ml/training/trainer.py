"""The trainer: takes campaigns from the queue, has each trained in a process of its own, announces what came out."""

import logging
import os
import socket
import threading
import uuid
from collections.abc import Callable

from schemas import AnnulationEntrainement, Campagne, DemandeEntrainement
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.metrics import TRAINING_SECONDS, TRAININGS
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, DatabaseUnreachable, ModelRegistry, open_database
from wisebook_ml.training.attempt import LEASE, Attempt
from wisebook_ml.training.events import ENDED, campaign_event
from wisebook_ml.training.promotion import Announcer

__all__ = ["Trainer"]

LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""Between two looks at the queue where nobody wakes the trainer: a request that another worker has recorded."""

OUTBOX_SECONDS = 3.0
"""Between two looks for ends that another trainer has recorded and not announced."""

STOP_SECONDS = 20.0
"""How long the threads may take to end: a process is killed within seconds, a database may be slow."""


class Trainer:
    """Trains in the background, `settings.training_processes` campaigns at a time, from `start` to `stop`.

    Several may work on one queue, in one process or in many. One that is killed loses nothing: its campaign goes to
    another when its lease has run out, and what it has recorded and not announced is announced by another.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    fail : callable
        Told of an error that nobody has foreseen; a thread that met one does nothing any more.
    """

    def __init__(self, settings: Settings, bootstrap: str, *, fail: Callable[[BaseException], None]) -> None:
        self._settings = settings
        self._bootstrap = bootstrap
        self._fail = fail
        engine = open_database(settings.sql_url)
        self.store = CampaignStore(engine)
        """The queue."""
        self._announcer = Announcer(settings, bootstrap, ModelRegistry(engine))
        self._producer = EventProducer(bootstrap, settings.topic_prefix)
        self._name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._changes = 0
        self._attempts: set[Attempt] = set()
        self._finished = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to take campaigns."""
        work = [(f"trainer-{k}", self._train) for k in range(self._settings.training_processes)]
        for name, target in [*work, ("trainer-outbox", self._announce)]:
            thread = threading.Thread(target=self._guard, args=(target,), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def take(self, record: DemandeEntrainement | AnnulationEntrainement) -> None:
        """Record a request or a cancellation; when it returns, no crash can lose it.

        While the database or the brokers are away it waits: nothing is gained by giving up, and campaigns in work
        would be lost with the process.

        Raises
        ------
        DatabaseUnreachable, PublishError
            Where they are still away when the trainer is stopped.
        """
        while True:
            try:
                self._record(record)
            except (DatabaseUnreachable, PublishError) as error:
                if self._stopping.is_set():
                    raise
                LOGGER.warning("request %s is not recorded yet: %s", record.demande_id, error)
                self._stopping.wait(POLL_SECONDS)
            else:
                return

    def _record(self, record: DemandeEntrainement | AnnulationEntrainement) -> None:
        if isinstance(record, DemandeEntrainement):
            campaign = self.store.submit(record)
            # Ends are announced from the outbox, but for those that SQL cannot hold.
            if campaign.statut not in ENDED or self.store.get(campaign.campagne_id) is None:
                self._producer.send(campaign_event(campaign))
                self._producer.flush()
        else:
            self.store.cancel(record.demande_id, societe_id=record.societe_id)
        self.wake()

    def wake(self) -> None:
        """Say that the queue has changed: there is a new request, or a cancellation."""
        with self._changed:
            self._changes += 1
            self._changed.notify_all()
        self._finished.set()  # a request may have ended at once, as a duplicate does
        for attempt in tuple(self._attempts):
            attempt.nudge()

    def stop(self) -> None:
        """End: campaigns in work are given back, and wait for another trainer."""
        self._stopping.set()
        for attempt in tuple(self._attempts):
            attempt.leave()
        self.wake()
        for thread in self._threads:
            thread.join(STOP_SECONDS)
        self._threads.clear()

    def publish(self, campaign: Campagne) -> None:
        """Publish a step of a campaign, without waiting for the brokers: the end is what must arrive."""
        try:
            self._producer.send(campaign_event(campaign))
        except PublishError as error:
            LOGGER.warning("campaign %s: a step was not published: %s", campaign.campagne_id, error)

    def _guard(self, target: Callable[[], None]) -> None:
        try:
            target()
        except BaseException as error:
            self._fail(error)

    # Training

    def _train(self) -> None:
        worker = f"{self._name}-{threading.current_thread().name}"
        while not self._stopping.is_set():
            seen = self._changes
            try:
                claim = self.store.claim(worker, LEASE)
            except DatabaseUnreachable as error:
                LOGGER.warning("no campaign is taken: %s", error)
                claim = None
            if claim is None:
                self._wait_for_change(seen)
                continue
            LOGGER.info("campaign %s of model %d begins", claim.campagne_id, claim.request.modele_id)
            attempt = Attempt(claim, self.store, self._settings, self._bootstrap, self.publish)
            self._attempts.add(attempt)
            if self._stopping.is_set():
                attempt.leave()
            try:
                attempt.run()
            finally:
                self._attempts.discard(attempt)
            self._finished.set()

    def _wait_for_change(self, seen: int) -> None:
        """Wait until the queue is not what it was at the `seen`th change, or may be so without our knowledge."""
        with self._changed:
            self._changed.wait_for(lambda: self._changes != seen, POLL_SECONDS)

    # Announcing

    def _announce(self) -> None:
        """Announce ends: those that wait when it starts, its own at once, others' where nobody else does it soon."""
        before: set[uuid.UUID] | None = None
        while not self._stopping.is_set():
            own = self._finished.is_set()
            self._finished.clear()
            try:
                waiting = self.store.unannounced()
                for campaign in waiting:
                    if before is None or own or campaign.campagne_id in before:
                        self._announce_end(campaign)
                before = {campaign.campagne_id for campaign in waiting}
            except (DatabaseUnreachable, PublishError, ReadError, OSError) as error:
                LOGGER.warning("what has ended is not announced yet: %s", error)
                before = None
            self._finished.wait(OUTBOX_SECONDS)

    def _announce_end(self, campaign: Campagne) -> None:
        """Put a version in force, then tell the end: who hears of it may rely on the version."""
        if campaign.version is not None:
            self._announcer.announce(campaign.modele_id)
        self._producer.send(campaign_event(campaign))
        self._producer.flush()
        self.store.announced(campaign.campagne_id)
        TRAININGS.labels(campaign.statut.value).inc()
        TRAINING_SECONDS.observe(60 * campaign.duree_minutes)
