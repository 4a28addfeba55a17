"""Measuring a real worker from outside: by the offsets that its group commits, and the detections that can be read."""

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition

from bench.context import Context, Deployment, Failed, tail_of
from bench.preload import PARTITIONS
from wisebook_ml.messaging.groups import group_name

__all__ = ["Group", "Readable", "Sample", "Worked", "between", "measure_role", "measure_worker", "steady", "stop"]

POLL_SECONDS = 0.02
"""How often offsets are read: small beside what is measured, and cheap for the broker."""

ANSWER_SECONDS = 5.0
START_SECONDS = 60.0
"""What a worker may take until its first commit."""

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Worked:
    """What a worker did between two commits in the midst of its work (see `steady`)."""

    lines: int
    records: int
    seconds: float
    cpu_seconds: float
    steady: bool = True
    """Whether the two commits are as they should be; else too few were made (see `between`)."""

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds if self.seconds > 0 else 0.0


class Sample(NamedTuple):
    """Committed offsets of all partitions when they were seen, and the CPU time of the worker by then."""

    offsets: list[int]
    at: float
    cpu: float


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


def measure_role(context: Context, deployment: Deployment, lines: Sequence[Sequence[int]], seconds: float) -> Worked:
    """Run the scoring role on what is preloaded, and return what it did (see `measure_worker`)."""
    context.say(f"scoring role: {deployment.settings.topic_prefix}")
    worker = deployment.start_worker("scoring")
    group = group_name(deployment.settings.topic_prefix, "scoring")
    return measure_worker(context, worker, deployment.log_of("scoring"), group, deployment.entries, lines, seconds)


def measure_worker(
    context: Context,
    worker: subprocess.Popen[bytes],
    log: Path,
    group_id: str,
    topic: str,
    lines: Sequence[Sequence[int]],
    seconds: float,
) -> Worked:
    """Watch a process that was just started by what its group commits, end it, and return what it did.

    Neither start-up nor first use counts, and both ends of what is measured lie in the midst of the work (`steady`).

    Parameters
    ----------
    context : Context
        Says which broker.
    worker, log
        The process, and what it writes.
    group_id, topic : str
        Its consumer group, and what it reads.
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
    group = Group(context.bootstrap, group_id, topic)
    try:
        deadline = time.monotonic() + START_SECONDS
        samples: list[Sample] = []
        while True:
            offsets, now = group.committed(), time.monotonic()
            if worker.poll() is not None:
                raise Failed(f"the worker ended: {tail_of(log)}")
            if any(offsets) and (not samples or offsets != samples[-1].offsets):
                samples.append(Sample(offsets, now, process_cpu(worker.pid)))
            done = all(offset >= end for offset, end in zip(offsets, ends, strict=True))
            if samples and (done or now - samples[0].at > seconds):
                break
            if not samples and now > deadline:
                raise Failed(f"no commit within {START_SECONDS:.0f} s: {tail_of(log)}")
            time.sleep(POLL_SECONDS)
    finally:
        stop(worker)
        group.close()
    chosen = steady(samples, ends)
    exact = chosen is not None
    chosen = chosen or between(samples)
    if chosen is None:
        raise Failed(f"all was done within {len(samples)} commits: too little was published to measure")
    first, last = chosen
    pairs = zip(first.offsets, last.offsets, before, strict=True)
    return Worked(
        lines=sum(sums[end] - sums[start] for start, end, sums in pairs),
        records=sum(last.offsets) - sum(first.offsets),
        seconds=last.at - first.at,
        cpu_seconds=last.cpu - first.cpu,
        steady=exact,
    )


def steady(samples: Sequence[Sample], ends: Sequence[int]) -> tuple[Sample, Sample] | None:
    """Return the two commits to measure between; None where there are none.

    A worker is ahead of its commits by what it has in work. That cancels out only where both commits were made in the
    same state: every partition has begun to be committed, and none is finished. From the very first commit to the very
    last one would count work that was done before the clock started.

    Examples
    --------
    >>> seen = [[4, 0], [4, 4], [8, 8], [10, 10]]
    >>> made = [Sample(offsets, at, 0.0) for at, offsets in enumerate(seen, 1)]
    >>> [sample.at for sample in steady(made, [10, 10])]
    [2, 3]
    >>> steady(made[:2], [10, 10]) is None
    True
    """
    within = [
        sample
        for sample in samples
        if all(0 < offset < end for offset, end in zip(sample.offsets, ends, strict=True) if end)
    ]
    return (within[0], within[-1]) if len(within) > 1 else None


def between(samples: Sequence[Sample]) -> tuple[Sample, Sample] | None:
    """Return the first and the last commit, for want of better ones: some work before the first may be counted.

    Examples
    --------
    >>> made = [Sample([4, 0], 1.0, 0.0), Sample([10, 10], 2.0, 0.0)]
    >>> [sample.at for sample in between(made)]
    [1.0, 2.0]
    >>> between(made[:1]) is None
    True
    """
    return (samples[0], samples[-1]) if len(samples) > 1 else None


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
