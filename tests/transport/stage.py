"""One topic, one consumer group, and workers as processes; what they did is read from the files they write."""

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.acceptance.deployment import group_members
from wisebook_ml.messaging.reader import end_offsets

WORKER = Path(__file__).parent / "worker.py"
PARTITIONS = 4
SECONDS = 90.0
"""How long anything may take; a worker is ready after three."""


class Worker:
    """A worker process, and what it wrote."""

    def __init__(self, spec: dict[str, Any], errors: Path) -> None:
        self.log = Path(spec["log"])
        self.log.touch()
        self.errors = errors
        with errors.open("wb") as stderr:
            self._process = subprocess.Popen([sys.executable, WORKER, json.dumps(spec)], stderr=stderr)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Whole lines only: it may be writing."""
        return [json.loads(line) for line in self.log.read_text().splitlines(keepends=True) if line.endswith("\n")]

    def finished(self) -> list[dict[str, Any]]:
        """Return the batches it finished."""
        return [line for line in self.lines if "offsets" in line]

    def seen(self) -> dict[int, list[int]]:
        """Return the offsets it finished, of each partition, in the order it had them."""
        seen: dict[int, list[int]] = {partition: [] for partition in range(PARTITIONS)}
        for line in self.finished():
            seen[line["partition"]] += line["offsets"]
        return seen

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Return its exit status."""
        return self._process.wait(SECONDS)

    def stop(self) -> int:
        """Ask it to end, and return its exit status."""
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """End it as a crash does."""
        self._process.kill()
        self._process.wait()


class Stage:
    """A topic and a group of one test."""

    def __init__(self, bootstrap: str, home: Path) -> None:
        self.bootstrap = bootstrap
        self.home = home
        self._admin = AdminClient({"bootstrap.servers": bootstrap})
        self.group = f"g{uuid.uuid4().hex[:8]}"
        self._offsets = Consumer({"bootstrap.servers": bootstrap, "group.id": self.group})
        self.topic = self.create("batches")
        self._workers: list[Worker] = []

    def create(self, name: str) -> str:
        """Create a topic, and return its full name."""
        topic = f"{self.group}-{name}"
        for future in self._admin.create_topics([NewTopic(topic, PARTITIONS, 1)]).values():
            future.result()
        return topic

    def start(self, style: str = "each", **spec: Any) -> Worker:
        """Start a worker."""
        name = f"worker{len(self._workers)}"
        told = {"bootstrap": self.bootstrap, "group": self.group, "topic": self.topic, "style": style, **spec}
        worker = Worker({**told, "log": str(self.home / f"{name}.jsonl")}, self.home / f"{name}.err")
        self._workers.append(worker)
        return worker

    def close(self) -> None:
        """End the workers that still run."""
        for worker in self._workers:
            if worker.running:
                worker.kill()
        self._offsets.close()

    def publish(self, counts: Iterable[int], first: int = 0, topic: str = "", **settings: Any) -> None:
        """Publish so many records to each partition; their values are numbered from `first`."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "linger.ms": 5, **settings})
        for partition, count in enumerate(counts):
            for k in range(first, first + count):
                producer.produce(topic or self.topic, f"{partition}:{k}", key=f"k{k % 7}", partition=partition)
            producer.poll(0)
        assert producer.flush(SECONDS) == 0

    def committed(self) -> dict[int, int]:
        """Return what the group has committed."""
        # By a consumer that joins nothing: the admin client's question crashes the process (librdkafka 2.16) where the
        # coordinator of a broker's first group is not ready yet.
        asked = self._offsets.committed([TopicPartition(self.topic, p) for p in range(PARTITIONS)], SECONDS)
        return {tp.partition: tp.offset for tp in asked if tp.offset >= 0}

    def ends(self) -> dict[int, int]:
        """Return where the partitions end."""
        return {partition: end for partition, (_, end) in end_offsets(self.bootstrap, self.topic).items()}

    def members(self) -> int:
        """Return how many workers the group has."""
        return len(group_members(self.bootstrap, self.group))

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + SECONDS
        while not holds():
            logs = "\n".join(worker.errors.read_text()[-3000:] for worker in self._workers)
            assert time.monotonic() < deadline, f"not within {SECONDS:.0f} s: {what}\n{logs}"
            time.sleep(0.05)

    def until_done(self, what: str = "everything committed") -> None:
        """Wait until the group has committed all there is."""
        ends = {partition: end for partition, end in self.ends().items() if end}
        self.until(lambda: self.committed() == ends, what)
