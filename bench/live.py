"""Measuring a real worker from outside: by the offsets that its group commits, and the detections that can be read."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from bench.context import Context, Deployment, Failed
from bench.preload import PARTITIONS
from wisebook_ml.messaging.groups import group_name

__all__ = ["Group", "Readable", "Worked", "measure_worker", "stop"]

POLL_SECONDS = 0.02
"""How often offsets are read: small beside what is measured, and cheap for the broker."""

ANSWER_SECONDS = 5.0
START_SECONDS = 60.0
"""What a worker may take until its first commit."""

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker did between its first observed commit and its last."""

    lines: int
    records: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds if self.seconds > 0 else 0.0


class Group:
    """The committed offsets of a group on a topic.

    Parameters
    ----------
    bootstrap, group, topic : str
        Which.
    """

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False})
        self._asked = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]

    def committed(self) -> list[int]:
        """Return the offset of each partition, 0 where there is none yet or the broker does not answer."""
        try:
            found = self._consumer.committed(self._asked, timeout=ANSWER_SECONDS)
        except KafkaException:
            return [0] * PARTITIONS
        return [max(0, partition.offset) for partition in found]

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()


def measure_worker(context: Context, deployment: Deployment, lines: Sequence[Sequence[int]], seconds: float) -> Worked:
    """Run the scoring role on what is preloaded, and return what it did.

    The clock starts at the first commit that is seen, so neither start-up nor first use counts, and stops at the last.

    Parameters
    ----------
    context, deployment
        Where.
    lines : sequence of sequences of int
        Lines of the records of each partition, as `preload` returns them.
    seconds : float
        When to stop a worker that is not done.

    Raises
    ------
    Failed
        Where it ends, or commits nothing.
    """
    before = [[0, *accumulate(of_partition)] for of_partition in lines]
    ends = [len(of_partition) for of_partition in lines]
    worker = deployment.start_worker("scoring")
    group = Group(context.bootstrap, group_name(deployment.settings.topic_prefix, "scoring"), deployment.entries)
    context.say(f"scoring role: {deployment.settings.topic_prefix}")
    try:
        deadline = time.monotonic() + START_SECONDS
        first = last = None
        while True:
            offsets, now = group.committed(), time.monotonic()
            if worker.poll() is not None:
                raise Failed(f"the scoring worker ended: {deployment.log_tail('scoring')}")
            if any(offsets) and (last is None or offsets != last[0]):
                last = (offsets, now, process_cpu(worker.pid))
                first = first or last
            done = all(offset >= end for offset, end in zip(offsets, ends, strict=True))
            if first is not None and (done or now - first[1] > seconds):
                break
            if first is None and now > deadline:
                raise Failed(f"no commit within {START_SECONDS:.0f} s: {deployment.log_tail('scoring')}")
            time.sleep(POLL_SECONDS)
    finally:
        stop(worker)
        group.close()
    if last is None or first is None or last[1] == first[1]:
        raise Failed("all was done with the first commit that could be seen: too little was published to measure")
    pairs = list(zip(first[0], last[0], before, strict=True))
    return Worked(
        lines=sum(sums[min(end, len(sums) - 1)] - sums[min(start, len(sums) - 1)] for start, end, sums in pairs),
        records=sum(last[0]) - sum(first[0]),
        seconds=last[1] - first[1],
        cpu_seconds=last[2] - first[2],
    )


def process_cpu(pid: int) -> float:
    """Return the CPU time of another process, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def stop(worker: subprocess.Popen[bytes]) -> None:
    """End a worker as a crash does; what it was to show is measured."""
    if worker.poll() is None:
        worker.kill()
    worker.wait()


class _Found(msgspec.Struct):
    ecriture_id: str = ""


class Readable:
    """The detections that a subscriber can read, from now on (`read_committed`).

    Parameters
    ----------
    bootstrap, topic : str
        Of the detections.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "bench-subscriber",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            }
        )
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])
        self._decode = msgspec.json.Decoder(_Found).decode

    def wait_for(self, ids: set[str], seconds: float, worker: subprocess.Popen[bytes]) -> float | None:
        """Return when the last of these entries had its detection readable; None where that was not in time."""
        left, deadline = set(ids), time.monotonic() + seconds
        while time.monotonic() < deadline and worker.poll() is None:
            for message in self._consumer.consume(1_000, timeout=0.05):
                if message.error() is None:
                    left.discard(self._decode(message.value() or b"{}").ecriture_id)
            if not left:
                return time.monotonic()
        return None

    def close(self) -> None:
        """Let go of the broker."""
        self._consumer.close()
