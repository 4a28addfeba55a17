"""Whether the worker gets on, and what happens when it does not."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Health", "PartitionHealth", "Watchdog"]

LOGGER = logging.getLogger(__name__)

CHECK_SECONDS = 1.0
"""How often the watchdog looks; small beside the minutes that a stall lasts."""


@dataclass(frozen=True, slots=True)
class PartitionHealth:
    """How a partition gets on.

    Parameters
    ----------
    lag : int
        Offsets that are not committed yet, as far as fetches told.
    buffered, in_work : int
        Records that wait, and records that an agent has.
    still_seconds : float
        How long no commit has advanced while there was a lag; 0 without one.
    delivered : bool
        Whether its records are delivered: no longer, once it was given away, and not while a rebalance is on.
    committed : int, optional
        The offset up to which all is finished and committed, as far as this worker knows.
    """

    lag: int
    buffered: int
    in_work: int
    still_seconds: float
    delivered: bool = True
    committed: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """How a worker gets on.

    Parameters
    ----------
    reasons : tuple of str
        Why it is not healthy; empty when it is.
    partitions : mapping
        By topic and partition.
    assigned : bool
        Whether the group has handed out its partitions, of which this worker may have none.
    committed_at : float, optional
        When a commit was last answered, in seconds since 1970.
    """

    reasons: tuple[str, ...]
    partitions: Mapping[tuple[str, int], PartitionHealth]
    assigned: bool = True
    committed_at: float | None = None

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return not self.reasons


class Watchdog:
    """A thread that looks at the health and acts when it is bad.

    A thread, since the event loop may be what hangs.

    Parameters
    ----------
    health : callable
        Tells the health; called in the thread.
    act : callable
        Called with the reasons, once.
    """

    def __init__(self, health: Callable[[], Health], act: Callable[[str], None]) -> None:
        self._health = health
        self._act = act
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin to look."""
        threading.Thread(target=self._run, name="transport-watchdog", daemon=True).start()

    def stop(self) -> None:
        """Look no longer."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(CHECK_SECONDS):
            try:
                health = self._health()
            except Exception:
                # A look at what other threads change may fail once; a watchdog that has ended is never missed.
                LOGGER.exception("the health of the worker cannot be told; looking again")
                continue
            if not health.healthy:
                self._act("; ".join(health.reasons))
                return
