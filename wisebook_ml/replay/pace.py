"""Leaving time to others: a replay works a share of the time, and rests after each piece of work."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Pace"]

LONGEST_REST = 5.0
"""Seconds: after one that took very long (a model that was loaded), nobody is helped by as long a rest."""


class Pace:
    """Rests after each piece of work, so that work takes a given share of the time.

    Parameters
    ----------
    share : float
        In (0, 1]; 1 never rests.
    clock, sleep : callable
        Seconds, and how to wait for some.

    Examples
    --------
    >>> times, slept = iter([10.0, 10.3]), []
    >>> with Pace(0.25, clock=lambda: next(times), sleep=slept.append).work():
    ...     pass
    >>> round(slept[0], 3)
    0.9
    """

    def __init__(
        self,
        share: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._share = share
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def work(self) -> Iterator[None]:
        """Do what the block does, then rest."""
        started = self._clock()
        yield
        if self._share < 1.0:
            self._sleep(min(LONGEST_REST, (self._clock() - started) * (1.0 / self._share - 1.0)))
