"""Publishes entries at a steady rate, as WiseBook core does, and notes when each planted one was handed over."""

import sys
import time
from pathlib import Path

import msgspec
from confluent_kafka import Producer

__all__ = ["PublishJob", "Published"]

SLICE_SECONDS = 0.002
"""How long the publisher sleeps between two looks at what is due."""

DRAIN_SECONDS = 30.0


class PublishJob(msgspec.Struct, frozen=True):
    """What this process is told.

    Parameters
    ----------
    records : list
        Partition, key, value, headers, and the entry's id where it is planted (else empty), in the order of
        publication.
    rate : float
        Records a second.
    """

    bootstrap: str
    topic: str
    rate: float
    records: list[tuple[int, bytes, bytes, list[tuple[str, bytes]], str]]
    result: str


class Published(msgspec.Struct, frozen=True):
    """When planted entries were handed to the client (monotonic time), and how late the publisher ever was."""

    at: dict[str, float]
    late: float
    seconds: float


def main() -> None:
    """Run the job of this process."""
    job = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=PublishJob)
    # The client's defaults but for the guarantee that nothing is sent twice.
    producer = Producer({"bootstrap.servers": job.bootstrap, "enable.idempotence": True, "compression.type": "lz4"})
    producer.list_topics(job.topic, timeout=10)
    at: dict[str, float] = {}
    late, number, total = 0.0, 0, len(job.records)
    begin = time.monotonic()
    while number < total:
        now = time.monotonic()
        due = min(total, int((now - begin) * job.rate) + 1)
        if number < due:
            late = max(late, now - begin - number / job.rate)
        while number < due:
            partition, key, value, headers, planted = job.records[number]
            if planted:
                at[planted] = time.monotonic()
            producer.produce(job.topic, value, key, partition=partition, headers=list(headers))
            number += 1
        producer.poll(0)
        time.sleep(SLICE_SECONDS)
    seconds = time.monotonic() - begin
    producer.flush(DRAIN_SECONDS)
    Path(job.result).write_bytes(msgspec.msgpack.encode(Published(at, late, seconds)))


if __name__ == "__main__":
    main()
