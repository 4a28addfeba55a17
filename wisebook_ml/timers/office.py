"""Leading, in a thread of its own, for as long as Kafka says so."""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from contextlib import closing

from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.transactions import Fenced
from wisebook_ml.timers.term import Term

__all__ = ["Office"]

LOGGER = logging.getLogger(__name__)

LONGEST_WAIT = 1.0
"""Seconds between two looks at the clock at most: somebody may set it, or the machine may have slept."""

RETURN_SECONDS = 1.0
"""After somebody has taken the office (a run by hand, most often): so long it is left in peace."""

LEAVE_SECONDS = 5.0
"""How long a rebalance waits for a run in work; after that the successor shuts it out."""


class Office:
    """Who leads does what is due; begins a new term whenever somebody else has had the office.

    Parameters
    ----------
    begin : callable
        Begins a term.
    fail : callable
        Told what ended a term for good; it ends the process, which is restarted.
    clock : callable
        The one that the terms go by.
    """

    def __init__(
        self,
        begin: Callable[[], Term],
        fail: Callable[[BaseException], None],
        *,
        clock: Callable[[], dt.datetime] = utc_now,
    ) -> None:
        self._begin = begin
        self._fail = fail
        self._clock = clock
        self._leading: tuple[threading.Thread, threading.Event] | None = None

    def take(self) -> None:
        """Lead from now on; returns at once."""
        if self._leading is None:
            ended = threading.Event()
            thread = threading.Thread(target=self._lead, args=(ended,), name="timers", daemon=True)
            self._leading = thread, ended
            thread.start()

    def leave(self) -> None:
        """Lead no more; waits for what is in work, but not for ever."""
        if self._leading is not None:
            (thread, ended), self._leading = self._leading, None
            ended.set()
            thread.join(LEAVE_SECONDS)

    def _lead(self, ended: threading.Event) -> None:
        LOGGER.info("this worker leads: it runs the timers")
        try:
            while not ended.is_set():
                self._serve(ended)
        except Exception as error:
            if not ended.is_set():
                self._fail(error)
        LOGGER.info("this worker does not lead any more")

    def _serve(self, ended: threading.Event) -> None:
        """Serve one term, until it is over."""
        try:
            with closing(self._begin()) as term:
                while not ended.is_set():
                    for _ in term.step():
                        if ended.is_set():
                            return
                    left = (term.next_look() - self._clock()).total_seconds()
                    ended.wait(min(max(left, 0.0), LONGEST_WAIT))
        except Fenced as error:
            LOGGER.info("another process has run timers meanwhile: %s", error)
            ended.wait(RETURN_SECONDS)
