"""One partition that a worker has: its state, how it is recovered, and how what follows from it is published."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from topics import DEAD_LETTER
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.messaging.transactions import Fenced
from wisebook_ml.monitoring.recovering import recovering
from wisebook_ml.scoring.in_force import ModelMissing
from wisebook_ml.snapshots import PartitionSnapshots, Snapshotable

__all__ = ["LivePartition", "NotAssigned", "Pipeline", "Publisher"]

LOGGER = logging.getLogger(__name__)


class NotAssigned(Exception):
    """The partition was given to another worker, which does what is left to do."""


class Publisher(Protocol):
    """Publishes what follows from a batch."""

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Publish all records or, with an error, none; when it returns they are delivered."""

    def close(self) -> None:
        """Give up what it holds."""


class Pipeline(Protocol):
    """Makes of a partition's records what follows from them: a fold of the partition, and nothing else."""

    next_offset: int
    """The first offset that the state does not include."""

    @property
    def state(self) -> Snapshotable:
        """What it knows of the records before."""

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return what follows from them, in their order."""


class LivePartition:
    """The state of a partition, at the offset it has reached.

    State is a fold of the partition, so it is recovered by folding again: from the newest snapshot that is not ahead of
    what is delivered, or from the start of the topic.

    Any thread may call; one at a time is let in.

    Parameters
    ----------
    topic, partition
        Which.
    bootstrap : str
        Where state is recovered from.
    new_pipeline : callable
        Makes one with an empty state.
    open_publisher : callable
        Makes a publisher that fences every other of this partition.
    open_snapshots : callable
        Finds the snapshots of a state with this fingerprint.
    """

    def __init__(
        self,
        topic: str,
        partition: int,
        bootstrap: str,
        *,
        new_pipeline: Callable[[], Pipeline],
        open_publisher: Callable[[], Publisher],
        open_snapshots: Callable[[str], PartitionSnapshots],
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._bootstrap = bootstrap
        self._new_pipeline = new_pipeline
        self._open_publisher = open_publisher
        self._open_snapshots = open_snapshots
        self._lock = threading.Lock()
        self._assignments = 1
        self._opened = 0
        self._given_up = threading.Event()
        self._publisher: Publisher | None = None
        self._snapshots: PartitionSnapshots | None = None
        self._start_over()

    def assign(self) -> None:
        """Take note that the partition is given to this worker anew: somebody else may have had it in between."""
        self._assignments += 1

    def open(self) -> None:
        """Fence whoever had the partition before this assignment, unless that is done."""
        with self._lock:
            self._open()

    def process(
        self,
        records: Sequence[RawRecord],
        *,
        first_offset: int | None = None,
        next_offset: int | None = None,
        gets_on: Callable[[], None] = lambda: None,
    ) -> None:
        """Take records and publish what follows.

        What the state includes already is passed over: what follows from it is published. What it lacks is read first,
        and not published: another worker has done so.

        Parameters
        ----------
        records : sequence of RawRecord
            Consecutive: offsets missing between them hold no records (markers of transactions, compaction), and asking
            the broker each time would cost more than scoring.
        first_offset, next_offset : int, optional
            Where the stretch begins and ends that has these records and no others; by default with them.
        gets_on : callable
            Called for each run that a recovery has read.

        Raises
        ------
        NotAssigned
            Where the partition was given up; nothing is published then, unless before it was.
        """
        with self._lock:
            try:
                self._check_assigned()
                publisher = self._open()
                first = first_offset if first_offset is not None else records[0].offset if records else 0
                if first > self._pipeline.next_offset:
                    with recovering(self._topic, self._partition):
                        self._recover(first, gets_on)
                new = self._not_included(records)
                self._publish(self._pipeline.process(new), publisher)
                self._pipeline.next_offset = max(self._pipeline.next_offset, next_offset or 0)
            except BaseException:
                # The state may be ahead of what is published; whoever goes on begins with the records that failed.
                self._start_over()
                raise
            if self._snapshots is not None:
                self._snapshots.scored(len(new), self._pipeline.next_offset, self._pipeline.state)

    def leave(self, patience: float) -> None:
        """Take a last snapshot; wait for room to do so as long as `patience`, in seconds."""
        with self._lock:
            if self._snapshots is not None:
                self._snapshots.leave(self._pipeline.next_offset, self._pipeline.state, patience)

    def give_up(self) -> None:
        """Have what is in work end early: the partition belongs to another worker."""
        self._given_up.set()

    def close(self) -> None:
        """Close the publisher, once what is in work has ended."""
        with self._lock:
            if self._publisher is not None:
                self._publisher.close()
                self._publisher = None

    def _open(self) -> Publisher:
        wanted = self._assignments
        if self._publisher is None or self._opened < wanted:
            if self._publisher is not None:
                self._publisher.close()
                self._publisher = None
            self._publisher = self._open_publisher()
            self._opened = wanted
        if self._snapshots is None:
            self._snapshots = self._open_snapshots(self._pipeline.state.fingerprint)
        return self._publisher

    def _check_assigned(self) -> None:
        if self._given_up.is_set():
            raise NotAssigned(f"{self._topic} partition {self._partition} was given to another worker")

    def _publish(self, outgoing: Sequence[Outgoing], publisher: Publisher) -> None:
        self._check_assigned()
        try:
            publisher.publish(outgoing)
        except Fenced:
            self._check_assigned()
            raise

    def _start_over(self) -> None:
        self._become(self._new_pipeline(), 0)

    def _become(self, pipeline: Pipeline, offset: int) -> None:
        self._pipeline = pipeline
        self._pipeline.next_offset = offset

    def _not_included(self, records: Sequence[RawRecord]) -> Sequence[RawRecord]:
        """Return the records that the state does not include yet."""
        new: list[RawRecord] = []
        expected = self._pipeline.next_offset
        for raw in records:
            if raw.offset >= expected:
                new.append(raw)
                expected = raw.offset + 1
        return new

    def _recover(self, offset: int, gets_on: Callable[[], None]) -> None:
        """Bring the state up to an offset.

        Snapshots are taken on the way, and what is read counts towards the next one as what is scored does: a worker
        that ends again and again before it is through reads less each time.
        """
        started, before = time.monotonic(), self._pipeline.next_offset
        size = self._restore(offset)
        restored, loaded = self._pipeline.next_offset, time.monotonic()
        gets_on()
        first = end_offsets(self._bootstrap, self._topic)[self._partition][0]
        records = dead = 0
        told: dict[str, str] = {}  # of the first dead letter
        for run in read_partition(self._bootstrap, self._topic, self._partition, max(first, restored), offset):
            self._check_assigned()
            letters = [made for made in self._pipeline.process(run) if made.topic is DEAD_LETTER]
            if letters and not dead:
                told = {name: (value or b"").decode(errors="replace") for name, value in letters[0].headers}
            dead += len(letters)
            records += len(run)
            if self._snapshots is not None:
                self._snapshots.scored(len(run), self._pipeline.next_offset, self._pipeline.state)
            gets_on()
        self._pipeline.next_offset = offset
        ahead = self._snapshots.ahead(offset) if self._snapshots is not None else 0
        LOGGER.log(
            logging.INFO if records or restored > before or before == 0 else logging.DEBUG,
            "state of %s partition %d recovered up to offset %d: %s, %d records read again in %.1f s%s",
            self._topic,
            self._partition,
            offset,
            f"snapshot of offset {restored} ({size} bytes) loaded in {loaded - started:.1f} s"
            if restored > before
            else f"no snapshot after offset {before}",
            records,
            time.monotonic() - loaded,
            f"; {ahead} newer ones are ahead of what is committed" if ahead else "",
        )
        if dead:
            LOGGER.warning(
                "%d of the records read again are dead letters, as they were the first time, and are not published "
                "again; the first, of offset %s: %s: %s",
                dead,
                told.get("wb_offset"),
                told.get("wb_reason"),
                told.get("wb_detail"),
            )

    def _restore(self, offset: int) -> int:
        """Become the newest snapshot up to an offset, where that is a gain; return its size."""
        if self._snapshots is None:
            return 0
        for stamp, parts in self._snapshots.newest(after=self._pipeline.next_offset, at_most=offset):
            pipeline = self._new_pipeline()
            try:
                pipeline.state.load(parts)
            except (OSError, ModelMissing):
                # What the state refers to, the topic refers to, too: reading all of it again would end no better.
                raise
            except Exception:
                LOGGER.warning("snapshot of offset %d cannot be loaded, and is ignored", stamp, exc_info=True)
            else:
                self._become(pipeline, stamp)
                return sum(part.nbytes for part in parts.values())
        return 0
