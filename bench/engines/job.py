"""What an engine is told, what it answers, and the meter by which it measures itself.

Imports nothing but msgspec, so that it costs every engine the same.
"""

import os
import resource
import sys
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import msgspec

__all__ = ["Job", "Measured", "Meter", "Task", "job_of_process"]

CHECK_EVERY = 500
"""Records between two looks at the clock: what a look costs disappears in them."""


class Task(StrEnum):
    """What an engine does with each record."""

    COUNT = "count"
    """Counts it: what is left is the transport."""
    DECODE_ENTRIES = "decode-entries"
    DECODE_SMALL = "decode-small"
    CORE = "core"
    """Hands it, with its neighbours, to the project's columnar core; encoded outputs are counted."""
    PER_EVENT = "per-event"
    """Scores it by itself (`bench.per_event`) and publishes detections."""
    PUBLISH = "publish"
    """As CORE, and publishes the outputs without transactions or snapshots (this project only)."""


class Job(msgspec.Struct, kw_only=True, frozen=True):
    """What an engine is told.

    Parameters
    ----------
    records : int
        How many records to process at most; the topic holds at least as many.
    seconds : float
        For how long at most.
    home : str
        A folder of the engine's own.
    """

    task: Task
    bootstrap: str
    prefix: str
    topic: str
    output: str
    group: str
    partitions: int
    records: int
    seconds: float
    home: str
    artefacts: str = ""
    assigned: tuple[int, ...] = ()
    """The partitions of this process (bulk scoring only)."""

    @property
    def result(self) -> Path:
        """Where the answer goes."""
        return Path(self.home) / "result.json"


class Measured(msgspec.Struct, kw_only=True, frozen=True):
    """What an engine answers.

    The first record, or the first batch of an engine that works in batches, only starts the clock: so neither the
    start-up nor what is compiled or imported at first use counts, for no engine.

    Parameters
    ----------
    records, seconds, cpu_seconds
        From the end of the first record (batch) to the end of the last; CPU of all threads of the process.
    outputs : int
        Records that followed from all records, the first ones included.
    rss : int
        Bytes of memory at the end.
    """

    records: int
    seconds: float
    cpu_seconds: float
    outputs: int = 0
    rss: int = 0
    started: float = 0.0
    """Monotonic time at which the clock was started."""

    @property
    def rate(self) -> float:
        """Records a second."""
        return self.records / self.seconds if self.seconds > 0 else 0.0

    @property
    def cpu_micros(self) -> float:
        """Microseconds of CPU a record."""
        return 1e6 * self.cpu_seconds / self.records if self.records else 0.0


class Meter:
    """Counts what is done, and ends the process when it is enough.

    Parameters
    ----------
    job : Job
        Says what is enough.
    before : callable
        Called just before the clock stops, for outputs that are still on their way.
    """

    def __init__(self, job: Job, before: Callable[[], object] | None = None) -> None:
        self.outputs = 0
        self._job = job
        self._before = before
        self._done = 0
        self._first = 0
        self._next = 1
        self._started = self._cpu = 0.0

    def one(self) -> None:
        """Tell that a record is done."""
        self._done += 1
        if self._done >= self._next:
            self._look()

    def many(self, records: int) -> None:
        """Tell that a batch is done."""
        self._done += records
        if self._done >= self._next and records:
            self._look()

    def _look(self) -> None:
        now = time.monotonic()
        self._next = min(self._done + CHECK_EVERY, max(self._job.records, self._done + 1))
        if not self._first:
            self._first, self._started, self._cpu = self._done, now, cpu_seconds()
        elif self._done >= self._job.records or now - self._started >= self._job.seconds:
            self.finish()

    def finish(self) -> NoReturn:
        """Write the answer and end the process; nothing after it is measured, so nothing is wound up."""
        if self._before is not None:
            self._before()
        measured = Measured(
            records=self._done - self._first,
            seconds=time.monotonic() - self._started,
            cpu_seconds=cpu_seconds() - self._cpu,
            outputs=self.outputs,
            rss=resident_bytes(),
            started=self._started,
        )
        self._job.result.write_bytes(msgspec.json.encode(measured))
        os._exit(0)


def cpu_seconds() -> float:
    """Return the CPU time of the process, all threads, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def resident_bytes() -> int:
    """Return the memory that the process holds now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def job_of_process() -> Job:
    """Return the job that the command line names."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
