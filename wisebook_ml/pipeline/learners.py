"""Models of the treasury learn in a process beside the worker, so that no position of any company waits meanwhile."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor

from wisebook_ml.treasury.learning import Join, learn
from wisebook_ml.treasury.series import DailySeries

__all__ = ["Learners"]

NICE = 5
"""How far learning stands back where processors are short: a verdict is waited for, a model mostly is not."""


class Learners:
    """One process that learns, one model after the other. It is started with the first one, and ends with its parent.

    A thread would take turns with those that judge positions: a tenth of a second each, while a model learns.
    """

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would share the sockets and locks of the worker
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)

    def start(self, series: DailySeries) -> Join:
        """Have a model learnt; return what waits for it."""
        return self._pool.submit(learn, series).result

    def close(self) -> None:
        """End it, whatever it is doing: what is in work is learnt again from the same days."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


def _begin() -> None:
    """Leave interruptions to the worker, stand back, and end when the worker does, even where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)
