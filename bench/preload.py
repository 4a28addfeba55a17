"""Filling topics before anything is measured, as fast as the client can."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from wisebook_ml.training.collect import partition_of

__all__ = ["PARTITIONS", "Record", "create_topic", "partition", "preload", "preload_at"]

PARTITIONS = 6
"""Of every topic of the bench, as `entries` has."""

QUEUED = 50_000
"""Records that the client holds at once."""

FLUSH_SECONDS = 120.0


class Record(NamedTuple):
    """A record to be published."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]
    lines: int = 0


def partition(key: bytes) -> int:
    """Return the partition of a key: Kafka's own choice."""
    return partition_of(int(key), PARTITIONS)


def create_topic(bootstrap: str, name: str) -> None:
    """Create a topic of the bench's own."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.create_topics([NewTopic(name, num_partitions=PARTITIONS, replication_factor=1)]).values():
        future.result()


def preload_at(bootstrap: str, topic: str, records: Mapping[int, Iterable[Record]]) -> None:
    """Publish records to partitions that are named rather than chosen by key."""
    producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
    for place, some in records.items():
        for record in some:
            producer.produce(topic, record.value, record.key, partition=place, headers=list(record.headers))
    if producer.flush(FLUSH_SECONDS):
        raise TimeoutError(f"topic {topic} was not filled within {FLUSH_SECONDS:.0f} s")


def preload(bootstrap: str, topic: str, records: Iterable[Record]) -> list[list[int]]:
    """Publish records; return, for each partition, the lines of its records in order."""
    producer = Producer(
        {
            "bootstrap.servers": bootstrap,
            "enable.idempotence": True,
            "compression.type": "lz4",
            "linger.ms": 50,
            "queue.buffering.max.messages": 2 * QUEUED,
            "queue.buffering.max.kbytes": 512 * 1024,
        }
    )
    places: dict[bytes, int] = {}
    lines: list[list[int]] = [[] for _ in range(PARTITIONS)]
    for number, record in enumerate(records, 1):
        place = places.get(record.key)
        if place is None:
            place = places[record.key] = partition(record.key)
        producer.produce(topic, record.value, record.key, partition=place, headers=list(record.headers))
        lines[place].append(record.lines)
        if number % 1_000 == 0:
            producer.poll(0)
            while len(producer) > QUEUED:
                producer.poll(0.01)
    if producer.flush(FLUSH_SECONDS):
        raise TimeoutError(f"topic {topic} was not filled within {FLUSH_SECONDS:.0f} s")
    return lines
