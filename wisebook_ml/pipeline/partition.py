"""One partition that a worker scores: its state, how it is recovered, and how what follows from it is published."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.messaging.transactions import Fenced
from wisebook_ml.pipeline.scoring import PartitionPipeline
from wisebook_ml.scoring.stream import LedgerScorer
from wisebook_ml.snapshots import PartitionSnapshots

__all__ = ["LivePartition", "NotAssigned", "Publisher"]

LOGGER = logging.getLogger(__name__)


class NotAssigned(Exception):
    """The partition was given to another worker, which does what is left to do."""


class Publisher(Protocol):
    """Publishes what follows from a batch."""

    def publish(self, records: Sequence[Outgoing]) -> None:
        """Publish all records or, with an error, none; when it returns they are delivered."""

    def close(self) -> None:
        """Give up what it holds."""


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
    new_scorer : callable
        Makes an empty state.
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
        new_scorer: Callable[[], LedgerScorer],
        open_publisher: Callable[[], Publisher],
        open_snapshots: Callable[[str], PartitionSnapshots],
    ) -> None:
        self._topic = topic
        self._partition = partition
        self._bootstrap = bootstrap
        self._new_scorer = new_scorer
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

    def process(self, records: Sequence[RawRecord]) -> None:
        """Score records and publish what follows.

        What the state includes already is passed over: what follows from it is published. What it lacks is read first,
        and not published: another worker has done so.

        Raises
        ------
        NotAssigned
            Where the partition was given up; nothing is published then, unless before it was.
        """
        with self._lock:
            try:
                self._check_assigned()
                publisher = self._open()
                outgoing, done = self._score(records)
                self._publish(outgoing, publisher)
            except BaseException:
                # The state may be ahead of what is published; whoever goes on begins with the records that failed.
                self._start_over()
                raise
            if self._snapshots is not None:
                self._snapshots.scored(done, self._pipeline.next_offset, self._scorer)

    def leave(self, patience: float) -> None:
        """Take a last snapshot; wait for room to do so as long as `patience`, in seconds."""
        with self._lock:
            if self._snapshots is not None:
                self._snapshots.leave(self._pipeline.next_offset, self._scorer, patience)

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
            self._snapshots = self._open_snapshots(self._scorer.fingerprint)
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
        self._become(self._new_scorer(), 0)

    def _become(self, scorer: LedgerScorer, offset: int) -> None:
        self._scorer = scorer
        self._pipeline = PartitionPipeline(self._topic, self._partition, scorer, utc_now)
        self._pipeline.next_offset = offset

    def _score(self, records: Sequence[RawRecord]) -> tuple[list[Outgoing], int]:
        """Return what follows from the records that are new, and how many were taken, those read again included.

        The latter count too: a worker that ends again and again before a snapshot is due would otherwise never take
        one, and read more each time.
        """
        outgoing: list[Outgoing] = []
        run: list[RawRecord] = []
        done = 0
        for raw in records:
            expected = run[-1].offset + 1 if run else self._pipeline.next_offset
            if raw.offset > expected:
                outgoing += self._pipeline.process(run)
                done += len(run)
                run = []
                done += self._recover(raw.offset)
            if raw.offset >= expected:
                run.append(raw)
        outgoing += self._pipeline.process(run)
        return outgoing, done + len(run)

    def _recover(self, offset: int) -> int:
        """Bring the state up to an offset; return how many records were read for it."""
        started, before = time.monotonic(), self._pipeline.next_offset
        size = self._restore(offset)
        restored, loaded = self._pipeline.next_offset, time.monotonic()
        first = end_offsets(self._bootstrap, self._topic)[self._partition][0]
        records = 0
        for run in read_partition(self._bootstrap, self._topic, self._partition, max(first, restored), offset):
            self._check_assigned()
            self._pipeline.process(run)
            records += len(run)
        self._pipeline.next_offset = offset
        found_out = records or restored > before or before == 0
        LOGGER.log(
            logging.INFO if found_out else logging.DEBUG,  # a gap without records: markers of a transaction
            "state of %s partition %d recovered up to offset %d: %s, %d records read again in %.1f s",
            self._topic,
            self._partition,
            offset,
            f"snapshot of offset {restored} ({size} bytes) loaded in {loaded - started:.1f} s"
            if restored > before
            else f"no snapshot after offset {before}",
            records,
            time.monotonic() - loaded,
        )
        return records

    def _restore(self, offset: int) -> int:
        """Become the newest snapshot up to an offset, where that is a gain; return its size."""
        if self._snapshots is None:
            return 0
        for stamp, parts in self._snapshots.newest(after=self._pipeline.next_offset, at_most=offset):
            scorer = self._new_scorer()
            try:
                scorer.load(parts)
            except OSError:
                raise  # of what the state refers to, which the topic refers to, too
            except Exception:
                LOGGER.warning("snapshot of offset %d cannot be loaded, and is ignored", stamp, exc_info=True)
            else:
                self._become(scorer, stamp)
                return sum(part.nbytes for part in parts.values())
        return 0
