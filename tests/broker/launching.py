"""What the tests of the launcher share: its command line, and records that go through a broker."""

import subprocess
import sys
import time
from pathlib import Path

from confluent_kafka import Consumer, Producer

TOPIC = "entries"


def cli(home: Path, *arguments: str) -> list[str]:
    command, *rest = arguments
    code = "from wisebook_ml.cli.kafka import kafka; kafka(prog_name='kafka')"
    return [sys.executable, "-c", code, command, "--home", str(home), *rest]


def run_cli(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(cli(home, *arguments), capture_output=True, text=True, timeout=60, check=False)


def produce(bootstrap: str, *values: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "acks": "all"})
    for value in values:
        producer.produce(TOPIC, value.encode())
    assert producer.flush(10) == 0


def consume(bootstrap: str, count: int) -> list[str]:
    """Read `count` records as a new consumer group, so that the group coordinator is tested too."""
    settings = {
        "bootstrap.servers": bootstrap,
        "group.id": f"g{time.time_ns()}",
        "auto.offset.reset": "earliest",
    }
    consumer = Consumer(settings)
    consumer.subscribe([TOPIC])
    try:
        found: list[str] = []
        deadline = time.monotonic() + 60
        while len(found) < count and time.monotonic() < deadline:
            found += [(message.value() or b"").decode() for message in consumer.consume(count, 0.5)]
        return found
    finally:
        consumer.close()
