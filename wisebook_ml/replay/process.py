"""``python -m wisebook_ml.replay.process JOB``: one process of a replay, with its share of the partitions.

It tells what it does in lines of JSON on standard output, and ends when its standard input does: with the process that
started it, however that ended.
"""

import gc
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.pipeline.model_cache import ModelCache
from wisebook_ml.pipeline.opinions import model_loader
from wisebook_ml.replay.ahead import one_ahead
from wisebook_ml.replay.comparison import Versions, compare
from wisebook_ml.replay.exceptions import ReplayError
from wisebook_ml.replay.folder import ReplayFolder
from wisebook_ml.replay.pace import Pace
from wisebook_ml.replay.partition import PartitionReplay, Progress
from wisebook_ml.replay.plan import Plan
from wisebook_ml.replay.results import Found, read_results
from wisebook_ml.replay.standing import read_standing
from wisebook_ml.scoring.in_force import ModelMissing
from wisebook_ml.settings import Settings, SettingsError, get_settings

__all__ = ["Ended", "Failed", "Job", "Told", "main"]

TELL_SECONDS = 0.25
"""How often progress is told."""

OBJECTS = 50_000
"""Objects between two collections of garbage: records are many objects without cycles."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has to do; `share` is that of a processor which it uses."""

    plan: Plan
    bootstrap: str
    detections: str
    partitions: list[int]
    folder: str
    share: float = 1.0


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """Why it came to no end."""

    error: str


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """All partitions are done, in so much time of a processor."""

    cpu_seconds: float


class Told(Progress, frozen=True, tag="progress"):
    """Progress, as it is told to the process that started this one."""


Message = Told | Failed | Ended


def main() -> None:
    """Do the job that is named; the process's whole life."""
    job = msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Job)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(message)s")
    threading.Thread(target=_end_with_parent, daemon=True, name="end-with-parent").start()
    gc.set_threshold(OBJECTS)
    gc.freeze()  # what was imported stays: it need not be looked at again and again
    begun = time.process_time()
    try:
        _work(job, get_settings())
    except (ReplayError, ReadError, SettingsError, ModelMissing, OSError) as error:
        _tell(Failed(str(error)))
        sys.exit(1)
    except Exception as error:
        logging.getLogger(__name__).exception("the replay failed")
        _tell(Failed(f"{type(error).__name__}: {error}"))
        sys.exit(1)
    _tell(Ended(time.process_time() - begun))


def _end_with_parent() -> None:
    # Not through Python's file, whose lock a thread that waits would hold when the interpreter ends.
    while os.read(0, 1024):
        pass
    os._exit(1)


def _tell(message: Message) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(message) + b"\n")
    sys.stdout.buffer.flush()


def _work(job: Job, settings: Settings) -> None:
    models = ModelCache(model_loader(ArtefactStore.of(settings)), capacity=64)
    pace, tell = Pace(job.share), _seldom()
    folder = ReplayFolder.at(Path(job.folder))

    def prepared(partition: int) -> PartitionReplay:
        one = PartitionReplay(settings, job.bootstrap, job.plan, partition, folder, models.get, pace, tell)
        return one.prepare()

    for partition, replay in one_ahead(job.partitions, prepared):
        reached = replay.run()
        done = reached.next_offset - job.plan.stretches[partition][0]
        last = Progress(partition, 0, done, reached.lines, 0, reached.refused)
        _tell(Told(**msgspec.structs.asdict(last)))
    for partition in job.partitions:
        _compare(job, partition, folder)
    models.close()


def _seldom() -> Callable[[Progress], None]:
    """Return what tells progress now and then."""
    last = 0.0

    def tell(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TELL_SECONDS:
            last = now
            _tell(Told(**msgspec.structs.asdict(progress)))

    return tell


def _compare(job: Job, partition: int, folder: ReplayFolder) -> None:
    """Write down what differs from what stands now."""
    stretch, topic = job.plan.stretches[partition], job.plan.topic
    found: dict[bytes, Found] = {}
    for one in read_results(folder.results(partition)):
        if isinstance(one, Found):
            found[_key(one.value)] = one
    standing = read_standing(job.bootstrap, job.detections, topic, partition, stretch, found)
    result, changes = compare(found, standing, stretch[1], Versions.of(job.plan), job.plan.societes)
    folder.write_comparison(partition, result, changes)


class _Id(msgspec.Struct, frozen=True):
    detection_id: str


DECODE_ID = msgspec.json.Decoder(_Id).decode


def _key(value: bytes) -> bytes:
    """Return the key of a detection's record."""
    return DECODE_ID(value).detection_id.encode()


if __name__ == "__main__":
    main()
