"""Reports of processes: publishing one's own, and reading everybody's.

By a compacted topic and not by SQL, since not every role can reach a database (scoring, treasury and cash cannot in the
compose file), and all of them can reach the brokers.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import msgspec
from confluent_kafka import KafkaException, Producer

from schemas import Travailleur
from topics import WORKERS
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Decoder, Outgoing, RawRecord, Undecodable, event_headers
from wisebook_ml.messaging.producer import Deliveries, PublishError, hand_over, producer_config
from wisebook_ml.messaging.reader import end_offsets, read_partition

__all__ = ["STALE_SECONDS", "Reporter", "is_stale", "last_reports", "read_reports"]

LOGGER = logging.getLogger(__name__)

REPORT_SECONDS = 5.0
"""Between two reports: so a worker that is gone is noticed soon, at two records a second for ten of them."""

STALE_SECONDS = 16.0
"""After so long without a report (three were missed) a worker counts as gone."""

FORGOTTEN = dt.timedelta(hours=1)
"""Who has not reported for so long is no longer listed."""

READ_RECORDS = 5_000
"""Most records that are looked through, from the topic's end: 40 minutes of ten workers, read in some 0.1 s."""

DELIVERY_SECONDS = 10.0
"""How long a report may take; the next one says more."""

FLUSH_SECONDS = 2.0
"""How long a process that stops waits for its last word."""

SOURCE = "wisebook-ml/workers"


class Reporter:
    """Publishes what a process says of itself, from a thread. That it cannot is logged, and stops nothing.

    Parameters
    ----------
    bootstrap, prefix : str
        Brokers, and what stands before topic names.
    report : callable
        Returns the report of now.
    seconds : float
        Between two.
    """

    def __init__(
        self, bootstrap: str, prefix: str, report: Callable[[], Travailleur], seconds: float = REPORT_SECONDS
    ) -> None:
        self._prefix = prefix
        self._report = report
        self._seconds = seconds
        self._deliveries = Deliveries()
        settings = {**producer_config(bootstrap), "delivery.timeout.ms": int(DELIVERY_SECONDS * 1000)}
        self._producer = Producer(settings)
        self._stopped = threading.Event()
        self._complained = False
        self._id: str | None = None
        self._thread = threading.Thread(target=self._run, name="reports", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Say that the process stops, as far as the brokers listen."""
        self._stopped.set()
        self._thread.join(FLUSH_SECONDS)
        if self._id is not None:
            headers = event_headers(Travailleur, id_=f"{self._id}/stopped", source=SOURCE, time=utc_now())
            self._send(Outgoing(WORKERS, self._id.encode(), None, headers))
            self._producer.flush(FLUSH_SECONDS)

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                report = self._report()
            except Exception:
                LOGGER.exception("what this process would say of itself cannot be told; trying again")
            else:
                self._id = report.travailleur_id
                self._send(report_event(report))
            with suppress(KafkaException):  # of a client that has failed for good, as each of its records says
                self._producer.poll(0)
            self._complain()
            self._stopped.wait(self._seconds)

    def _send(self, record: Outgoing) -> None:
        try:
            hand_over(self._producer, self._prefix, record, self._deliveries)
        except (KafkaException, PublishError) as error:
            LOGGER.warning("this process cannot report itself: %s", error)

    def _complain(self) -> None:
        lost = self._deliveries.take()
        if lost and not self._complained:
            LOGGER.warning(
                "this process is not seen among the workers: %s; `wisebook-ml topics apply` creates a missing topic",
                lost,
            )
        self._complained = bool(lost)


def report_event(report: Travailleur) -> Outgoing:
    """Return the record of a report."""
    id_ = f"{report.travailleur_id}/{report.vu_le.isoformat()}"
    headers = event_headers(report, id_=id_, source=SOURCE, time=report.vu_le)
    return Outgoing(WORKERS, report.travailleur_id.encode(), msgspec.json.encode(report), headers)


def read_reports(bootstrap: str, prefix: str, now: dt.datetime) -> list[Travailleur]:
    """Return the last report of each process that has not stopped, by role; those long gone are left out.

    Raises
    ------
    ReadError
        Where the topic is missing or the brokers do not answer.
    """
    topic = WORKERS.full_name(prefix)
    last: dict[bytes, Travailleur] = {}
    for partition, (start, end) in end_offsets(bootstrap, topic).items():
        for run in read_partition(bootstrap, topic, partition, max(start, end - READ_RECORDS), end):
            last_reports(run, last)
    found = [report for report in last.values() if now - report.vu_le < FORGOTTEN]
    return sorted(found, key=lambda report: (report.role, report.travailleur_id))


def last_reports(run: Sequence[RawRecord], last: dict[bytes, Travailleur]) -> Mapping[bytes, Travailleur]:
    """Bring the last report of each process up to date with further records, in their order."""
    for raw in run:
        if raw.value is None:
            last.pop(raw.key or b"", None)
            continue
        try:
            report = DECODER.decode(raw)
        except Undecodable as error:
            LOGGER.warning("a report of a worker, offset %d, is passed over: %s", raw.offset, error)
        else:
            assert isinstance(report, Travailleur)  # what WORKERS declares
            last[raw.key or b""] = report
    return last


def is_stale(report: Travailleur, now: dt.datetime) -> bool:
    """Tell whether a process has been silent for so long that it counts as gone."""
    return (now - report.vu_le).total_seconds() > STALE_SECONDS


DECODER = Decoder(WORKERS)
