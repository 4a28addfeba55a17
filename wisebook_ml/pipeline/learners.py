"""Models of the treasury learn in a process beside the worker, so that no position of any company waits meanwhile."""

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor

from threadpoolctl import threadpool_limits

from wisebook_ml.pipeline.learnt import LearntModels
from wisebook_ml.treasury.forecasting.learning import Join, Lesson, learn
from wisebook_ml.treasury.forecasting.model import TreasuryModel

__all__ = ["Learners", "limit_tensorflow"]

NICE = 5
"""How far learning stands back where processors are short: a verdict is waited for, a model mostly is not."""


THREADS = 1
"""Threads that learning computes with: a second one gains little, and where processors are busy with something else,
each waits for the other at every step and all takes four times as long."""


class Learners:
    """One process that learns, one model after the other. It is started with the first one, and ends with its parent.

    A thread would take turns with those that judge positions: a tenth of a second each, while a model learns.

    Parameters
    ----------
    kept : LearntModels, optional
        Where what was learnt is kept, and found again after a restart.
    """

    def __init__(self, kept: LearntModels | None = None) -> None:
        self._kept = kept
        context = multiprocessing.get_context("spawn")  # a fork would share the sockets and locks of the worker
        self._pool = ProcessPoolExecutor(1, mp_context=context, initializer=_begin)

    def start(self, lesson: Lesson) -> Join:
        """Have a model learnt, unless it is kept; return what waits for it."""
        known = None if self._kept is None else self._kept.read(lesson)
        if known is not None:
            return lambda: known
        return self._pool.submit(_learn, lesson, self._kept).result

    def close(self) -> None:
        """End it, whatever it is doing: what is in work is learnt again from the same days."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for child in multiprocessing.active_children():
            child.terminate()


def _learn(lesson: Lesson, kept: LearntModels | None) -> TreasuryModel | None:
    with threadpool_limits(THREADS):
        model = learn(lesson)
    if model is not None and kept is not None:
        kept.write(lesson, model)
    return model


def limit_tensorflow() -> None:
    """Have TensorFlow compute with as many threads, where nobody has said otherwise; it reads that once."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, str(THREADS))


def _begin() -> None:
    """Leave interruptions to the worker, stand back, and end when the worker does, even where it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(NICE)
    limit_tensorflow()
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(0)
