"""Everything that is watched of one process, from its start to its end."""

import datetime as dt
import logging
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from types import TracebackType

import faust

from schemas import PartitionServie, Travailleur
from wisebook_ml import __version__
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.metrics import PROCESS
from wisebook_ml.monitoring.collector import WorkerCollector
from wisebook_ml.monitoring.readiness import Check, Readiness, brokers_answer, database_answers
from wisebook_ml.monitoring.recovering import under_recovery
from wisebook_ml.monitoring.reports import Reporter
from wisebook_ml.monitoring.server import MetricsServer
from wisebook_ml.settings import Settings
from wisebook_ml.transport import BatchTransport, Health

__all__ = ["WITHOUT_DATABASE", "Watch"]

LOGGER = logging.getLogger(__name__)

WITHOUT_DATABASE = frozenset({"scoring", "treasury", "cash"})
"""Roles that reach no database; `tests/monitoring` holds this together with the compose file."""

LONGEST_REASON = 500
"""Characters of a reason that a report keeps."""


class Watch:
    """Metrics, readiness and reports of a process; a context manager.

    It begins before the process has begun to work, so that what takes long (compiling, recovering) is seen.

    Parameters
    ----------
    role : str
        What the process does.
    settings : Settings
        Where metrics are served, if at all, and where the brokers and the database are.
    """

    def __init__(self, role: str, settings: Settings) -> None:
        self._role = role
        self._settings = settings
        self._transport: BatchTransport | None = None
        self._started = utc_now()
        self._id = f"{role}-{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        checks: list[Check] = [brokers_answer(settings), self._gets_on]
        if role not in WITHOUT_DATABASE:
            checks.append(database_answers(settings.sql_url))
        self._reading = role != "api"
        self._readiness = Readiness(checks)
        self._closing: list[Callable[[], None]] = []
        self._port: int | None = None

    def __enter__(self) -> "Watch":
        PROCESS.info({"role": self._role, "version": __version__})
        collector = WorkerCollector(self.health, self.reasons)
        self._closing.append(collector.close)
        if self._settings.metrics_port is not None:
            server = MetricsServer(self._settings.metrics_host, self._settings.metrics_port, self.reasons)
            self._port = server.port
            self._closing.append(server.close)
        try:
            bootstrap = resolve_bootstrap(self._settings)
        except ConnectError as error:  # the API answers without brokers, too
            LOGGER.warning("this process does not report itself: %s", error)
            return self
        self._closing.append(Reporter(bootstrap, self._settings.topic_prefix, self.report).close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._closing:
            self._closing.pop()()

    def follow(self, app: faust.App) -> None:
        """Look at an app from now on."""
        assert isinstance(app.transport, BatchTransport)
        self._transport = app.transport

    def health(self) -> Health | None:
        """Tell how the app gets on that is followed; None where there is none yet."""
        return self._transport.health() if self._transport is not None else None

    def reasons(self) -> Sequence[str]:
        """Return why the process is not ready; empty where it is."""
        return self._readiness.reasons()

    def report(self) -> Travailleur:
        """Return what the process says of itself."""
        health, reasons = self.health(), self.reasons()
        return Travailleur(
            travailleur_id=self._id,
            role=self._role,
            hote=socket.gethostname(),
            pid=os.getpid(),
            version=__version__,
            demarre_le=self._started,
            vu_le=utc_now(),
            pret=not reasons,
            motifs=[reason[:LONGEST_REASON] for reason in reasons],
            partitions=_partitions(health),
            commis_le=_moment(health.committed_at if health is not None else None),
            port_metriques=self._port,
        )

    def _gets_on(self) -> Sequence[str]:
        if not self._reading:
            return ()
        health = self.health()
        if health is None:
            return ("It is starting: what it needs is loaded or compiled.",)
        if not health.assigned:
            return (*health.reasons, "Its group has not handed out partitions yet.")
        return (*health.reasons, *under_recovery())


def _partitions(health: Health | None) -> list[PartitionServie]:
    if health is None:
        return []
    return [
        PartitionServie(
            topic=topic,
            partition=partition,
            retard=one.lag,
            commis=one.committed,
            immobile_s=round(one.still_seconds, 1),
        )
        for (topic, partition), one in sorted(health.partitions.items())
        if one.delivered
    ]


def _moment(seconds: float | None) -> dt.datetime | None:
    return None if seconds is None else dt.datetime.fromtimestamp(seconds, dt.UTC)
