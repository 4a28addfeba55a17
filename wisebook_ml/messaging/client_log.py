"""Where the Kafka client's own messages go: into the process's log, where it has one, and never onto a terminal.

While a broker is away each client says so several times a second, in the same words. So a message passes once in a
while, with the number of those like it that did not.
"""

import logging
import re
import threading
import time
from collections.abc import Callable

__all__ = ["CLIENT_LOGGER", "OnceInAWhile"]

PAUSE_SECONDS = 30.0
"""How long messages of a kind are only counted, once one has passed."""

MOST_KINDS = 1_000
"""Kinds that are remembered; beyond, all are forgotten and the next of each passes."""

VARYING = re.compile(r"\[thrd:[^\]]*\]|\((?:after|average) .*|\d+(?=ms\b| request)")
"""What differs between two messages about the same thing: the client's thread, durations and counts."""


class OnceInAWhile(logging.Filter):
    """Lets one record of each kind through per pause.

    Of one kind are records of one level and facility (such as ``FAIL``) whose texts are the same but for durations and
    counts, whichever of the process's clients they are from.

    Parameters
    ----------
    pause : float
        Seconds.
    clock : callable
        Returns seconds that never go back.
    """

    def __init__(self, pause: float = PAUSE_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._pause = pause
        self._clock = clock
        self._passed: dict[tuple[int, str, str], tuple[float, int]] = {}
        self._lock = threading.Lock()  # clients log from threads of their own

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record passes, and add to its message how many before it did not."""
        now, kind = self._clock(), _kind(record)
        with self._lock:
            last, held = self._passed.get(kind, (float("-inf"), 0))
            if now - last < self._pause:
                self._passed[kind] = (last, held + 1)
                return False
            if len(self._passed) >= MOST_KINDS:
                self._passed.clear()
            self._passed[kind] = (now, 0)
        if held:
            record.msg = f"{record.getMessage()} ({held} more like it since the last one that is shown)"
            record.args = ()
        return True


def _kind(record: logging.LogRecord) -> tuple[int, str, str]:
    # The client passes facility, its own name and the text as arguments of one and the same format.
    match record.args:
        case (facility, _, text):
            return record.levelno, str(facility), VARYING.sub("", str(text))
    return record.levelno, "", VARYING.sub("", record.getMessage())


CLIENT_LOGGER = logging.getLogger("wisebook_ml.kafka")
CLIENT_LOGGER.addHandler(logging.NullHandler())
CLIENT_LOGGER.addFilter(OnceInAWhile())
