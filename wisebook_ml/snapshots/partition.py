"""The snapshots of one partition: when the next is due, and which one to start from."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from wisebook_ml.snapshots.format import Buffer, Identity, Snapshot
from wisebook_ml.snapshots.store import SnapshotStore
from wisebook_ml.snapshots.writer import SnapshotWriter

__all__ = ["Limits", "PartitionSnapshots", "Snapshotable"]

LOGGER = logging.getLogger(__name__)


class Snapshotable(Protocol):
    """A state that can be written down and read again."""

    @property
    def fingerprint(self) -> str:
        """What must be the same for a state to be understood: format, code, and settings it depends on."""

    def dump(self) -> Iterable[tuple[str, Buffer]]:
        """Return copies of the state's parts: they are written while the state goes on changing."""

    def load(self, parts: Mapping[str, memoryview]) -> None:
        """Become the state of these parts, which may be kept and written to; called before anything else.

        Raises
        ------
        ValueError
            Where they cannot be understood: as good as no snapshot. What else is missing, such as a model that is in
            force, is an error of another kind.
        """


@dataclass(frozen=True, slots=True)
class Limits:
    """How much work a recovery may have to repeat, in records and in seconds; one of both makes a snapshot due."""

    records: int
    seconds: float


class PartitionSnapshots:
    """Takes and finds snapshots of a partition.

    Parameters
    ----------
    store, writer
        Where they are, and who writes them.
    identity : Identity
        The partition's.
    limits : Limits
        When one is due.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        store: SnapshotStore,
        writer: SnapshotWriter,
        identity: Identity,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._writer = writer
        self._identity = identity
        self._limits = limits
        self._clock = clock
        self._records = 0
        self._taken_at = clock()
        self._written: Future[bool] | None = None
        self._included = 0

    def newest(self, after: int, at_most: int) -> Iterator[tuple[int, dict[str, memoryview]]]:
        """Yield offsets and parts of snapshots to start from, the newest first."""
        return self._store.newest(self._identity, after, at_most)

    def ahead(self, offset: int) -> int:
        """Return how many snapshots there are beyond an offset, which a recovery up to it cannot use."""
        return self._store.ahead(self._identity, offset)

    def scored(self, records: int, offset: int, state: Snapshotable) -> None:
        """Take note of records that are done, and a snapshot where one is due and none is being written.

        Takes as long as copying the state does; the copy is written in the background.
        """
        self._settle()
        self._records += records
        due = self._records >= self._limits.records or self._clock() - self._taken_at >= self._limits.seconds
        if due and self._records:
            self._take(offset, state, patience=0.0)

    def leave(self, offset: int, state: Snapshotable, patience: float) -> None:
        """Take a last snapshot, where anything was done since the one before."""
        self._settle()
        if self._records:
            self._take(offset, state, patience)

    def _take(self, offset: int, state: Snapshotable, patience: float) -> None:
        if not self._writer.claim(patience):
            return
        self._taken_at = self._clock()
        try:
            copy = dict(state.dump())
        except Exception:
            # What is scored is published; a restart reads the topic instead. Tried again when the next one is due.
            self._records = 0
            LOGGER.exception("no snapshot of %s partition %d", self._identity.topic, self._identity.partition)
            self._writer.release()
        else:
            self._written = self._writer.write(self._identity, Snapshot(offset, copy))
            self._included, self._records = self._records, 0

    def _settle(self) -> None:
        """Count the records of the last snapshot again, where it was not written."""
        if self._written is not None and self._written.done():
            if not self._written.result():
                self._records += self._included
            self._written = None
