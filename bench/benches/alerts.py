"""(l) Latency from a detection on the topic to its alert readable, through the real alerting role.

Each detection that is followed belongs to a company of its own, so that it is told at once; between them come others
that no policy lets through. The role that stores detections writes to the same SQLite file meanwhile, as in a small
deployment.
"""

import threading
import time

import msgspec
from confluent_kafka import Consumer, Producer, TopicPartition

from bench.benches.latency import percentile
from bench.context import Context, Deployment, Failed
from bench.detections import detection_of
from bench.live import stop
from bench.preload import PARTITIONS, partition
from bench.results import line_of
from schemas import (
    CodeMotif,
    Severite,
)
from topics import ALERTS
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import event_headers

__all__ = ["run"]

P99_MS = 200.0
FOLLOWED_RATE, OTHER_RATE = 10, 100
"""Detections a second that make an alert, and that make none: an entry in a hundred at 10,000 entries a second."""

WARM_SECONDS = 3.0
START_SECONDS = 90.0
SETTLE_SECONDS = 3.0
FIRST_COMPANY = 600_000


def run(context: Context) -> None:
    """Measure at a steady rate."""
    deployment = context.deployment("alerts")
    workers = [deployment.start_worker(role) for role in ("alerting", "storage")]
    follower = _Follower(context.bootstrap, ALERTS.full_name(deployment.settings.topic_prefix))
    try:
        sent = _publish(context, deployment, follower)
        time.sleep(SETTLE_SECONDS)
    finally:
        follower.end()
        for worker in workers:
            stop(worker)
    begin = min(sent.values()) + WARM_SECONDS
    counted = {societe: at for societe, at in sent.items() if at >= begin}
    delays = sorted(1_000 * (follower.at[one] - at) for one, at in counted.items() if one in follower.at)
    missing = len(counted) - len(delays)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        context.results.add(
            line_of(
                f"alerts.{name}",
                percentile(delays, share) if delays and not missing else None,
                "ms",
                at_most=P99_MS if name == "p99" else None,
                alerts_per_second=FOLLOWED_RATE,
                detections_per_second=FOLLOWED_RATE + OTHER_RATE,
                followed=len(delays),
                missing=missing,
                largest_ms=delays[-1] if delays else None,
                error=f"{missing} alerts were not readable" if missing else "",
            )
        )


class _Follower:
    """Notes when the first alert of each company could be read."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.at: dict[int, float] = {}
        self._ended = threading.Event()
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-alerts",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
            }
        )
        self._consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        while not self._ended.is_set():
            message = self._consumer.poll(0.05)
            if message is not None and message.error() is None:
                self.at.setdefault(int(message.key() or b"0"), time.monotonic())

    def end(self) -> None:
        """Read no more."""
        self._ended.set()
        self._thread.join()
        self._consumer.close()


def _publish(context: Context, deployment: Deployment, follower: _Follower) -> dict[int, float]:
    """Publish detections at their rate; return when each was handed over, by company."""
    producer = Producer({"bootstrap.servers": context.bootstrap, "enable.idempotence": True, "linger.ms": 0})

    def send(societe: int, severite: Severite) -> float:
        value, key, headers = _record(societe, severite)
        at = time.monotonic()
        producer.produce(
            deployment.detections, value, key, headers=list(headers), partition=partition(str(societe).encode())
        )
        producer.poll(0)
        return at

    warm = range(FIRST_COMPANY - PARTITIONS, FIRST_COMPANY)
    for societe in warm:
        send(societe, Severite.ELEVEE)
    deadline = time.monotonic() + START_SECONDS
    while not all(societe in follower.at for societe in warm):
        if time.monotonic() > deadline:
            raise Failed(f"the alerting worker did not start: {deployment.log_tail('alerting')}")
        time.sleep(0.1)
    context.say(f"publishing {FOLLOWED_RATE + OTHER_RATE} detections a second")
    sent: dict[int, float] = {}
    start = time.monotonic()
    every = OTHER_RATE // FOLLOWED_RATE + 1
    for number in range(round((context.sizes.latency_seconds + WARM_SECONDS) * (FOLLOWED_RATE + OTHER_RATE))):
        time.sleep(max(0.0, start + number / (FOLLOWED_RATE + OTHER_RATE) - time.monotonic()))
        societe = FIRST_COMPANY + number
        if number % every == 0:
            sent[societe] = send(societe, Severite.ELEVEE)
        else:
            send(societe, Severite.FAIBLE)
    producer.flush()
    return sent


def _record(societe: int, severite: Severite) -> tuple[bytes, bytes, list[tuple[str, str | bytes | None]]]:
    found = detection_of(societe, "E1", CodeMotif.DESEQUILIBRE, severite=severite, montant="777.77")
    id_ = found.detection_id
    headers: list[tuple[str, str | bytes | None]] = [
        *event_headers(found, id_=f"{id_}/1", source="bench", time=utc_now())
    ]
    return msgspec.json.encode(found), str(id_).encode(), headers
