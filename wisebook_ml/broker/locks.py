"""A lock between processes that the system releases when its holder dies."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from wisebook_ml.broker.exceptions import LockTimeout

__all__ = ["exclusive"]

#: Short against the seconds that fetching or starting takes, long enough to cost no CPU.
_POLL_SECONDS = 0.05


@contextmanager
def exclusive(path: Path, *, timeout: float, waiting: Callable[[], None] | None = None) -> Iterator[None]:
    """Hold the lock `path` for the length of the block.

    The file stays behind on purpose: removing it would let two processes lock two different files of
    the same name. A killed holder leaves no lock, only the file.

    Parameters
    ----------
    path
        The lock file; its folder is created.
    timeout
        Seconds to wait for another holder.
    waiting
        Called once when somebody else holds the lock, to tell the user why nothing happens.

    Raises
    ------
    LockTimeout
        If the lock was not free in time.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    deadline = time.monotonic() + timeout
    with path.open("a") as handle:
        told = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise LockTimeout(
                        f"{path} is held by another process for more than {timeout:.0f} s. See which one "
                        f"with `fuser -v '{path}'`, and end it if it hangs."
                    ) from None
                if waiting is not None and not told:
                    waiting()
                    told = True
                time.sleep(_POLL_SECONDS)
        yield
