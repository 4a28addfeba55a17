"""Reads detections as a subscriber does (`read_committed`), and notes when each entry's first one could be read."""

import sys
import time
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, TopicPartition

from bench.preload import PARTITIONS

__all__ = ["Seen", "SubscribeJob"]


class SubscribeJob(msgspec.Struct, frozen=True):
    """What this process is told: it ends when `stop` exists."""

    bootstrap: str
    topic: str
    stop: str
    ready: str
    result: str


class Seen(msgspec.Struct, frozen=True):
    """When each entry's first detection was read (monotonic time), and how many records were."""

    at: dict[str, float]
    records: int


class _Detection(msgspec.Struct):
    ecriture_id: str = ""


def main() -> None:
    """Run the job of this process."""
    job = msgspec.msgpack.decode(Path(sys.argv[1]).read_bytes(), type=SubscribeJob)
    consumer = Consumer(
        {
            "bootstrap.servers": job.bootstrap,
            "group.id": "bench-subscriber",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    consumer.assign([TopicPartition(job.topic, partition, 0) for partition in range(PARTITIONS)])
    decode, stop = msgspec.json.Decoder(_Detection).decode, Path(job.stop)
    at: dict[str, float] = {}
    records, looked = 0, time.monotonic()
    Path(job.ready).touch()
    while True:
        message = consumer.poll(0.1)
        now = time.monotonic()
        if message is not None and message.error() is None:
            records += 1
            at.setdefault(decode(message.value() or b"{}").ecriture_id, now)
        if now - looked > 0.1:
            looked = now
            if stop.exists() and message is None:
                break
    Path(job.result).write_bytes(msgspec.msgpack.encode(Seen(at, records)))


if __name__ == "__main__":
    main()
