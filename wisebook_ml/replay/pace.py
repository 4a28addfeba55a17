"""Leaving time to others: a replay takes a share of a processor, and rests after each piece of work."""

import time
from collections.abc import Callable

__all__ = ["Pace"]

LONGEST_REST = 5.0
"""Seconds: after one that took very long (a model that was loaded), nobody is helped by as long a rest."""


class Pace:
    """Rests after each piece of work, so that this process takes a given share of the time of a processor.

    What counts is what it has used, of all its threads, and not how long a piece took: while others had the processor,
    it did not, and that time was rest enough. A replay that counted it as work would leave twice what was wanted.

    Parameters
    ----------
    share : float
        In (0, 1]; 1 never rests.
    clock, used, sleep : callable
        Seconds that have passed, those of a processor that this process has used, and how to wait for some.

    Examples
    --------
    >>> passed, used, slept = iter([10.0, 10.5, 11.5]), iter([2.0, 2.3, 2.5]), []
    >>> pace = Pace(0.25, clock=lambda: next(passed), used=lambda: next(used), sleep=slept.append)
    >>> pace.rest()
    >>> round(slept[0], 3)  # 0.3 s of a processor are a quarter of 1.2 s, of which 0.5 have passed
    0.7
    >>> pace.rest()  # 0.2 s are a quarter of 0.8 s, of which 0.3 have passed since
    >>> round(slept[1], 3)
    0.5
    """

    def __init__(
        self,
        share: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._share = share
        self._clock = clock
        self._used = used
        self._sleep = sleep
        self._at, self._used_then = clock(), used()

    def rest(self) -> None:
        """Rest from what was done since the rest before."""
        if self._share >= 1.0:
            return
        now, used = self._clock(), self._used()
        wanted = (used - self._used_then) / self._share - (now - self._at)
        pause = min(LONGEST_REST, max(0.0, wanted))
        if pause:
            self._sleep(pause)
        self._at, self._used_then = now + pause, used
