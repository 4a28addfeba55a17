"""What a broker tells about groups and transactions, and brokers that a test may stop."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from tests.acceptance.deployment import Deployment
from topics import COUNTS, DEAD_LETTER, DETECTIONS, SKETCHES, Topic
from wisebook_ml.broker import LocalKafka
from wisebook_ml.messaging.clients import client_config

ANSWER_SECONDS = 60.0
RETRY_SECONDS = 0.2


@cache
def _admin(bootstrap: str) -> AdminClient:
    return AdminClient(client_config(bootstrap))


def ends(deployment: Deployment, topic: Topic, level: IsolationLevel) -> dict[int, int]:
    """Return the next offset of every partition, as readers of this isolation level see it."""
    asked = {
        TopicPartition(deployment.name(topic), partition): OffsetSpec.latest() for partition in range(topic.partitions)
    }
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        admin = _admin(deployment.bootstrap)
        try:
            answer = admin.list_offsets(asked, isolation_level=level, request_timeout=ANSWER_SECONDS)
            return {tp.partition: future.result().offset for tp, future in answer.items()}
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            # Its leaders, and what a client remembers of them, are of the broker before the restart.
            _admin.cache_clear()
            time.sleep(RETRY_SECONDS)


def written(deployment: Deployment) -> int:
    """Return how far the partitions of `detections` go, whether what is there is committed or not."""
    return sum(ends(deployment, DETECTIONS, IsolationLevel.READ_UNCOMMITTED).values())


def open_transactions(deployment: Deployment) -> list[tuple[str, int]]:
    """Return the partitions of what scoring writes to, in which a transaction is neither committed nor aborted."""
    found = []
    for topic in (DETECTIONS, COUNTS, SKETCHES, DEAD_LETTER):
        stable = ends(deployment, topic, IsolationLevel.READ_COMMITTED)
        last = ends(deployment, topic, IsolationLevel.READ_UNCOMMITTED)
        found += [(topic.name, partition) for partition, end in last.items() if end > stable[partition]]
    return found


def kill_broker(broker: LocalKafka) -> None:
    """End a broker as a crash does."""
    pid = broker.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


@contextmanager
def frozen_broker(broker: LocalKafka) -> Iterator[None]:
    """Have a broker answer nobody, though its connections stay."""
    pid = broker.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
