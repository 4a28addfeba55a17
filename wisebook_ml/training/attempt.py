"""One attempt at a campaign: a process that trains, and what watches over it."""

import datetime as dt
import logging
import threading
import time
from collections.abc import Callable

from msgspec.structs import replace

from schemas import Campagne, Etape, StatutCampagne
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DatabaseUnreachable
from wisebook_ml.storage.campaigns import CampaignStore, Claim, LeaseLost
from wisebook_ml.training.learn import campaign_of
from wisebook_ml.training.process import Passing, Report, TrainingProcess

__all__ = ["LEASE", "Attempt"]

LOGGER = logging.getLogger(__name__)

LEASE = dt.timedelta(seconds=12)
"""How long a trainer may be silent before its campaign goes to another: six beats, so a slow disk costs nothing."""

BEAT_SECONDS = 2.0
"""Between two renewals; a cancellation that another trainer has recorded is seen as late."""

TICK_SECONDS = 0.2
"""Between two looks at the clock and at what is wanted of us."""

WEIGH_SECONDS = 0.5
"""Between two looks at the memory: it takes some 30 µs for each process of the machine."""

STEP_SECONDS = 0.5
"""Between two steps that are published: a progress bar needs no more."""

PAUSE_SECONDS = 2.0
"""Pause before a campaign whose process died, or missed something that was away, is given back; its lease holds."""

AWAY_SECONDS = 1.0
"""Pause before a database that is away is asked again."""

MEBIBYTE = 1024 * 1024


class Attempt:
    """Trains what was claimed, and ends the campaign or gives it back.

    Parameters
    ----------
    claim : Claim
        What a trainer has claimed.
    store : CampaignStore
        Where it has.
    settings : Settings
        Limits of time and memory, and what the training itself needs.
    bootstrap : str
        Brokers.
    publish : callable
        Sends a step; must not block.
    """

    def __init__(
        self,
        claim: Claim,
        store: CampaignStore,
        settings: Settings,
        bootstrap: str,
        publish: Callable[[Campagne], None],
    ) -> None:
        self._claim = claim
        self._store = store
        self._settings = settings
        self._bootstrap = bootstrap
        self._publish = publish
        self._nudged = threading.Event()
        self._leaving = threading.Event()
        self._begun = time.monotonic()
        self._weighed = 0.0
        self._last = campaign_of(claim.request, StatutCampagne.EN_COURS, claim.tentative)

    def nudge(self) -> None:
        """Have the attempt look at once whether it is wanted any more."""
        self._nudged.set()

    def leave(self) -> None:
        """Have the attempt end its process and give the campaign back."""
        self._leaving.set()

    def run(self) -> None:
        """Train to the end, whichever it is; return once it is recorded, or is somebody else's to record."""
        claim = self._claim
        self._publish(self._last)
        try:
            end = self._train()
            if end is None:
                self._give_back()
            elif isinstance(end, Passing):
                self._try_again(end.erreur)
            else:
                self._finish(end)
        except LeaseLost:
            LOGGER.warning("campaign %s is another trainer's by now, or has ended; dropped", claim.campagne_id)

    def _train(self) -> Report | None:
        """Return how the training ended; None where this trainer is to leave."""
        claim = self._claim
        process = TrainingProcess(claim.request, claim.tentative, self._settings, self._bootstrap)
        try:
            with process:
                return self._watch(process)
        except OSError as error:  # the machine has no room for another process
            return Passing(f"the training process could not be started: {error}")
        finally:
            self._last = process.campaign

    def _watch(self, process: TrainingProcess) -> Report | None:
        renewed = told = time.monotonic()
        etape: Etape | None = None
        waiting: Campagne | None = None
        while not self._leaving.is_set():
            report = process.next_report(TICK_SECONDS)
            if report is not None:
                if isinstance(report, Passing) or report.statut is not StatutCampagne.EN_COURS:
                    return report
                waiting = report
            now = time.monotonic()
            if now - renewed >= BEAT_SECONDS or self._nudged.is_set():
                self._nudged.clear()
                if self._is_cancelled(process.campaign):
                    return self._ended(process.campaign, StatutCampagne.ANNULEE, "cancelled on request")
                renewed = now
            exceeded = self._exceeded(process, now)
            if exceeded:
                return self._ended(process.campaign, StatutCampagne.ECHEC, exceeded)
            if waiting is not None and (waiting.etape is not etape or now - told >= STEP_SECONDS):
                self._publish(replace(waiting, duree_minutes=self._minutes()))
                told, etape, waiting = now, waiting.etape, None
        return None

    def _is_cancelled(self, campaign: Campagne) -> bool:
        try:
            return self._store.renew(self._claim, LEASE, etape=campaign.etape, avancement=campaign.avancement)
        except DatabaseUnreachable as error:
            # Whether the lease holds, it tells when it is back; until then the training may as well go on.
            LOGGER.warning("campaign %s: the lease is not renewed: %s", self._claim.campagne_id, error)
            return False

    def _exceeded(self, process: TrainingProcess, now: float) -> str:
        minutes, limit = self._settings.training_minutes, self._settings.training_memory_mb
        if now - self._begun > minutes * 60:
            return (
                f"took longer than {minutes:g} minutes; narrow the dates, or raise WISEBOOK_ML_TRAINING_MINUTES "
                "of the trainers"
            )
        if now - self._weighed < WEIGH_SECONDS:
            return ""
        self._weighed = now
        used = process.memory // MEBIBYTE
        if used > limit:
            return (
                f"used {used:,} MB of memory, {limit:,} are allowed; narrow the dates, or raise "
                "WISEBOOK_ML_TRAINING_MEMORY_MB of the trainers"
            )
        return ""

    def _ended(self, campaign: Campagne, statut: StatutCampagne, erreur: str) -> Campagne:
        return replace(campaign, statut=statut, erreur=erreur)

    def _minutes(self) -> float:
        return round((time.monotonic() - self._begun) / 60, 4)

    # What becomes of the campaign

    def _finish(self, campaign: Campagne) -> None:
        ended = replace(campaign, duree_minutes=self._minutes())
        self._insist(lambda: self._store.finish(self._claim, ended, ended.version))
        LOGGER.info(
            "campaign %s: %s, %d rows, %s",
            ended.campagne_id,
            ended.statut.value,
            ended.lignes,
            ended.erreur or ended.decision,
        )

    def _try_again(self, erreur: str) -> None:
        campaign, again = self._last, False
        self._leaving.wait(PAUSE_SECONDS)

        def retry() -> None:
            nonlocal again
            again = self._store.retry(self._claim, erreur)

        self._insist(retry)
        if again:
            LOGGER.warning("campaign %s is tried again: %s", campaign.campagne_id, erreur)
            self._publish(replace(campaign, statut=StatutCampagne.DEMANDEE, etape=None, avancement=0.0, erreur=erreur))
        else:
            tried = f"{erreur} (attempt {campaign.tentative}; it is not tried again by itself)"
            self._finish(self._ended(campaign, StatutCampagne.ECHEC, tried))

    def _give_back(self) -> None:
        LOGGER.info("campaign %s is given back: the trainer ends", self._claim.campagne_id)
        self._insist(lambda: self._store.release(self._claim))

    def _insist(self, record: Callable[[], None]) -> None:
        """Record something, again and again while the database is away; a trainer that ends does not wait for it."""
        while True:
            try:
                record()
            except DatabaseUnreachable as error:
                if self._leaving.is_set():
                    LOGGER.warning("campaign %s is left to its lease: %s", self._claim.campagne_id, error)
                    return
                LOGGER.warning("campaign %s: not recorded yet: %s", self._claim.campagne_id, error)
                self._leaving.wait(AWAY_SECONDS)
            else:
                return
