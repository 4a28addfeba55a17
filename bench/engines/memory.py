"""Memory of a process that holds the state of many companies: the real scorer, fed with synthetic entries."""

import ctypes
import gc
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from bench.engines.core import Core
from bench.engines.job import Job, Task, resident_bytes
from bench.preload import Record
from bench.synthetic import companies_for, entries_of
from wisebook_ml.messaging.events import RawRecord

__all__ = ["MemoryJob", "Reading"]

COMPANIES_AT_ONCE = 10
"""Companies whose entries come together: 750 records a batch, as a bulk import has them."""


class MemoryJob(msgspec.Struct, frozen=True):
    """What this process is told: numbers of pairs at which to read its memory, and when to give up."""

    pairs: tuple[int, ...]
    seconds: float
    artefacts: str
    marker: bytes | None
    """The activation of a global model; without one every company has an online detector."""
    result: str


class Reading(msgspec.Struct, frozen=True):
    """The memory of the process with so many pairs."""

    pairs: int
    rss: int
    seconds: float


def main() -> None:
    """Run the job of this process."""
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=MemoryJob)
    core = _Feeder(job)
    started = time.monotonic()
    readings = [Reading(0, _settled_rss(), 0.0)]
    done = 0
    for pairs in job.pairs:
        companies = companies_for(pairs)
        while done < companies and time.monotonic() - started < job.seconds:
            upto = min(companies, done + COMPANIES_AT_ONCE)
            core.feed(entries_of(1 + done, 1 + upto))
            done = upto
        if done < companies:
            break
        readings.append(Reading(pairs, _settled_rss(), time.monotonic() - started))
    Path(job.result).write_bytes(msgspec.json.encode(readings))


class _Feeder:
    """Gives records to one pipeline with the offsets that a topic would give them."""

    def __init__(self, job: MemoryJob) -> None:
        told = Job(
            task=Task.CORE,
            bootstrap="",
            prefix="",
            topic="memory",
            output="",
            group="",
            partitions=1,
            records=0,
            seconds=0,
            home="",
            artefacts=job.artefacts,
        )
        self._core, self._offset = Core(told), 0
        if job.marker is not None:
            marker = RawRecord(0, b"0", job.marker, [("ce_type", b"fr.wisebook.ml.activation.v1")])
            self._offset = 1
            assert self._core.process(0, [marker]) == [], "the model could not be loaded"

    def feed(self, records: Iterable[Record]) -> None:
        """Score records as one batch."""
        batch = [
            RawRecord(self._offset + number, record.key, record.value, list(record.headers))
            for number, record in enumerate(records)
        ]
        self._offset += len(batch)
        self._core.process(0, batch)


def _settled_rss() -> int:
    """Return the memory that stays: garbage is collected, and the C library gives back what it holds in reserve."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    return resident_bytes()


if __name__ == "__main__":
    main()
