"""The courier: takes what is due from SQL, has it sent, and records what came of it."""

import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from schemas import Canal
from wisebook_ml.clock import utc_now
from wisebook_ml.delivery.events import delivery_event
from wisebook_ml.delivery.schedule import Answer, Backoff, Kind
from wisebook_ml.delivery.sender import Letter
from wisebook_ml.messaging.correlation import CORRELATION
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.storage.deliveries import DeliveryClaim, DeliveryStore
from wisebook_ml.storage.delivery_log import DeliveryLog

__all__ = ["ROOM", "Courier"]

LOGGER = logging.getLogger(__name__)

ROOM: Mapping[Canal, int] = {Canal.WEBHOOK: 24, Canal.EMAIL: 8}
"""Attempts at once. Each channel has its own, so that a mail server that hangs holds no webhook up; each waits most of
its time, and one destination has no more than one of them."""

LEASE = dt.timedelta(seconds=10)
"""After a crash, what was in work is tried again so late at most."""
RENEW_SECONDS = 3.0

IDLE_SECONDS = 1.0
"""Between two looks at what is due; what has just been planned, or sent, wakes the courier at once."""

KEPT = dt.timedelta(days=90)
PURGE_SECONDS = 3600.0


class Courier:
    """Sends what is due, in threads of its own, until it is told to leave.

    Parameters
    ----------
    store : DeliveryStore
        The queue.
    log : DeliveryLog
        What of it is to be published.
    send : callable
        Makes an attempt; it does not raise for what a receiver does.
    producer : EventProducer
        Publishes attempts; nobody else may use it.
    backoff : Backoff
        When what failed is tried again.
    fail : callable
        Told of an error that nobody here can repair; it ends the process, which is restarted.
    clock : callable
        Tells the present moment.
    """

    def __init__(
        self,
        store: DeliveryStore,
        log: DeliveryLog,
        send: Callable[[Letter], Answer],
        producer: EventProducer,
        backoff: Backoff,
        fail: Callable[[BaseException], None],
        *,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._store = store
        self._log = log
        self._send = send
        self._producer = producer
        self._backoff = backoff
        self._fail = fail
        self._clock = clock
        self._news = threading.Event()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._in_work: dict[object, DeliveryClaim] = {}
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Look at what is due now."""
        self._news.set()

    def leave(self) -> None:
        """Begin no more attempts; return when those in work are recorded and published."""
        self._ended.set()
        self._news.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            with ExitStack() as stack:
                pools = {canal: stack.enter_context(ThreadPoolExecutor(room)) for canal, room in ROOM.items()}
                self._work(pools)
                self._finish_work()
            self._publish()
        except Exception as error:
            self._fail(error)

    def _work(self, pools: Mapping[Canal, ThreadPoolExecutor]) -> None:
        renewed, purged = time.monotonic(), float("-inf")
        while not self._ended.is_set():
            self._news.clear()
            self._publish()
            now = time.monotonic()
            if now - renewed >= RENEW_SECONDS:
                renewed = now
                self._renew()
            if now - purged >= PURGE_SECONDS:
                purged = now
                self._store.purge(self._clock() - KEPT)
            for claim in self._store.claim(self._room(), self._backoff, self._clock(), LEASE):
                with self._lock:
                    self._in_work[claim.livraison_id] = claim
                pools[claim.canal].submit(self._attempt, claim)
            self._news.wait(IDLE_SECONDS)

    def _finish_work(self) -> None:
        """Wait for attempts that are in work, and keep them meanwhile."""
        while True:
            with self._lock:
                if not self._in_work:
                    return
            self._renew()
            self._news.wait(IDLE_SECONDS)
            self._news.clear()

    def _room(self) -> dict[Canal, int]:
        with self._lock:
            busy = Counter(claim.canal for claim in self._in_work.values())
        return {canal: room - busy[canal] for canal, room in ROOM.items()}

    def _renew(self) -> None:
        with self._lock:
            claims = list(self._in_work.values())
        if claims:
            self._store.renew(claims, self._clock() + LEASE)

    def _publish(self) -> None:
        """Publish what has been recorded; what a crash prevents from being marked comes again, with the same id."""
        while attempts := self._log.unpublished():
            for attempt, correlation in attempts:
                self._producer.send(delivery_event(attempt, correlation))
            self._producer.flush()
            self._log.published([attempt for attempt, _ in attempts])

    def _attempt(self, claim: DeliveryClaim) -> None:
        CORRELATION.set(claim.correlation)  # of this thread, until its next attempt
        try:
            letter = Letter(
                livraison_id=claim.livraison_id,
                alerte=claim.alerte,
                canal=claim.canal,
                adresse=claim.adresse,
                langue=claim.langue,
                emise_le=claim.emise_le,
                dite=claim.dite,
            )
            self._record(claim, self._send(letter))
        except Exception as error:
            self._fail(error)
        finally:
            with self._lock:
                self._in_work.pop(claim.livraison_id, None)
            self._news.set()

    def _record(self, claim: DeliveryClaim, answer: Answer) -> None:
        ended = self._clock()
        key = str(claim.livraison_id)
        step = self._backoff.step(answer, key=key, attempt=claim.tentative, now=ended, issued=claim.emise_le)
        delivered = answer.kind is Kind.DELIVERED
        pause = None if delivered else self._backoff.pause(claim.destination, claim.echecs + 1, answer)
        self._store.finish(claim, step, code=answer.code, ended=ended, pause=pause)
        if delivered:
            LOGGER.info(
                "alert %s revision %d reached %s %s, attempt %d",
                claim.alerte.alerte_id, claim.alerte.revision, claim.canal.value, claim.destination, claim.tentative,
            )  # fmt: skip
        else:
            LOGGER.warning(
                "alert %s revision %d did not reach %s %s, attempt %d: %s",
                claim.alerte.alerte_id, claim.alerte.revision, claim.canal.value, claim.destination,
                claim.tentative, step.detail,
            )  # fmt: skip
