"""Whether this process has been awake: one that slept must not publish what another has taken over."""

import asyncio
import logging
import os
import time

from wisebook_ml.transport import EXIT_FAILED

__all__ = ["EXIT_FAILED", "Lease"]

LOGGER = logging.getLogger(__name__)

BEAT_SECONDS = 0.5


class Lease:
    """A beat of the event loop that must not pause for longer than a session.

    A suspended process (SIGSTOP, a paused virtual machine) loses its partitions to another worker, and when it wakes
    would publish the rest of its batch behind what that one has published since. So whichever of its threads runs
    first after the pause ends the process.

    Parameters
    ----------
    seconds : float
        The group's session time-out.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._last: float | None = None

    def check(self) -> None:
        """End the process where the last beat is older than a session."""
        if self._last is not None and time.monotonic() - self._last > self._seconds:
            LOGGER.critical("asleep for longer than a session; the worker ends, another has its partitions")
            logging.shutdown()
            os._exit(EXIT_FAILED)

    async def beat(self) -> None:
        """Beat until cancelled."""
        while True:
            self.check()
            self._last = time.monotonic()
            await asyncio.sleep(BEAT_SECONDS)
