"""Whether a process can do its work, and if not, why not."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from sqlalchemy import Engine, text

from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DatabaseUnreachable, create_engine
from wisebook_ml.storage.engine import reading

__all__ = ["Check", "Readiness", "brokers_answer", "database_answers"]

ANSWER_SECONDS = 3.0
"""How long a broker may take: who probes waits no longer than some ten seconds for all of it."""

FRESH_SECONDS = 5.0
"""How long an answer holds: probes of several kinds come every few seconds, and must not load what they look at."""

Check = Callable[[], Iterable[str]]
"""Returns reasons why the process is not ready, in sentences that name no address and no secret."""


class Readiness:
    """Asks all checks, and remembers what they said for a moment. Any thread may ask.

    Parameters
    ----------
    checks : sequence of callable
        What must hold.
    fresh_seconds : float
        How long an answer holds.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        fresh_seconds: float = FRESH_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._checks = checks
        self._fresh_seconds = fresh_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._told: tuple[str, ...] = ()
        self._asked_at: float | None = None

    def reasons(self) -> tuple[str, ...]:
        """Return why the process is not ready; empty where it is."""
        with self._lock:
            now = self._clock()
            if self._asked_at is None or now - self._asked_at >= self._fresh_seconds:
                self._told = tuple(reason for check in self._checks for reason in _asked(check))
                self._asked_at = self._clock()
            return self._told


def _asked(check: Check) -> list[str]:
    try:
        return list(check())
    except Exception as error:  # what cannot be told is no reason to say that all is well
        return [f"It cannot be told whether it is ready: {type(error).__name__}."]


def brokers_answer(settings: Settings) -> Check:
    """Return the check that the Kafka brokers answer."""
    clients: list[AdminClient] = []  # one, made when it is first needed: it keeps its connections

    def check() -> list[str]:
        try:
            if not clients:
                clients.append(AdminClient(client_config(resolve_bootstrap(settings))))
            clients[0].list_topics(timeout=ANSWER_SECONDS)
        except (ConnectError, KafkaException):
            return ["The Kafka brokers do not answer."]
        return []

    return check


def database_answers(engine: Engine | str) -> Check:
    """Return the check that the database of an engine, or of a URL, answers."""

    def check() -> list[str]:
        nonlocal engine
        if isinstance(engine, str):
            engine = create_engine(engine)
        try:
            with reading(engine) as connection:
                connection.execute(text("SELECT 1"))
        except DatabaseUnreachable:
            return ["The database does not answer."]
        return []

    return check
