"""Writing snapshots beside the work: one at a time, and a store that fails costs nothing but recovery time."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from wisebook_ml.metrics import STATE_BYTES
from wisebook_ml.snapshots.format import Identity, Snapshot
from wisebook_ml.snapshots.store import SnapshotStore, reason

__all__ = ["SnapshotWriter"]

LOGGER = logging.getLogger(__name__)

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 900.0
"""Seconds until the next attempt after a failure: doubled from the first to the longest."""


class SnapshotWriter:
    """Writes in a thread of its own what `claim` has made room for.

    One snapshot is in the making at any time, of whatever partition, so that no more than one copy of a state is held.

    Parameters
    ----------
    store : SnapshotStore
        Where to.
    clock : callable
        Monotonic seconds.
    """

    def __init__(self, store: SnapshotStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = store
        self._clock = clock
        self._free = threading.Semaphore()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="snapshots")
        self._pause = 0.0
        self._not_before = 0.0

    def claim(self, patience: float = 0.0) -> bool:
        """Tell whether a snapshot may be made now; whoever gets True calls `write` or `release`.

        Parameters
        ----------
        patience : float
            How long to wait for one that is being written, in seconds. Who waits has his last chance, so for him an
            earlier failure counts for nothing.
        """
        if patience == 0 and self._clock() < self._not_before:
            return False
        return self._free.acquire(blocking=patience > 0, timeout=patience or None)

    def release(self) -> None:
        """Give back what was claimed."""
        self._free.release()

    def write(self, identity: Identity, snapshot: Snapshot) -> "Future[bool]":
        """Write a snapshot in the background, and tell whether it is there. Its parts must not change any more."""
        return self._thread.submit(self._write, identity, snapshot)

    def flush(self, patience: float) -> None:
        """Wait for the one that is being written."""
        if self.claim(patience):
            self.release()

    def close(self) -> None:
        """End the thread, once it has nothing left to write."""
        self._thread.shutdown()

    def _write(self, identity: Identity, snapshot: Snapshot) -> bool:
        started = time.monotonic()
        try:
            size = self._store.save(identity, snapshot)
        except Exception as error:
            self._failed(identity, error)
            return False
        else:
            if self._pause:
                LOGGER.warning("snapshots of state are written again")
            self._pause = 0.0
            STATE_BYTES.labels(identity.topic, identity.partition).set(size)
            LOGGER.info(
                "snapshot of %s partition %d at offset %d: %d bytes in %.2f s",
                identity.topic,
                identity.partition,
                snapshot.offset,
                size,
                time.monotonic() - started,
            )
            return True
        finally:
            self.release()

    def _failed(self, identity: Identity, error: Exception) -> None:
        said = self._pause > 0
        self._pause = min(2 * self._pause, LONGEST_PAUSE) or FIRST_PAUSE
        self._not_before = self._clock() + self._pause
        LOGGER.log(
            logging.DEBUG if said else logging.WARNING,
            "the state of %s partition %d is not saved: %s. Scoring goes on, and snapshots made before are kept; until "
            "this is repaired (WISEBOOK_ML_STATE is %s), a restart reads more of the topic again. Tried again in %.0f "
            "s, and told when it works",
            identity.topic,
            identity.partition,
            reason(error),
            self._store.place,
            self._pause,
        )
