"""Reading ahead: the next records are fetched while those before are scored."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["AHEAD", "one_ahead", "read_ahead"]

AHEAD = 2
"""Runs that are read while one is scored: about as long as the first run of the next partition takes to come."""

T = TypeVar("T")
U = TypeVar("U")


def read_ahead(runs: Iterator[T]) -> Iterator[T]:
    """Return the same runs, read by a thread of its own, which begins at once."""
    thread = ThreadPoolExecutor(1, thread_name_prefix="read-ahead")
    waiting: list[Future[T | None]] = [thread.submit(next, runs, None) for _ in range(AHEAD)]
    return _handed_on(runs, thread, waiting)


def _handed_on(runs: Iterator[T], thread: ThreadPoolExecutor, waiting: "list[Future[T | None]]") -> Iterator[T]:
    with thread:
        try:
            while (run := waiting.pop(0).result()) is not None:
                waiting.append(thread.submit(next, runs, None))
                yield run
        finally:
            for one in waiting:
                one.cancel()


def one_ahead(things: Sequence[T], prepare: Callable[[T], U]) -> Iterator[tuple[T, U]]:
    """Yield each thing with what was prepared for it; while one is worked on, the next is prepared in a thread.

    Examples
    --------
    >>> list(one_ahead([1, 2], str))
    [(1, '1'), (2, '2')]
    """
    with ThreadPoolExecutor(1, thread_name_prefix="prepare") as thread:
        waiting = [thread.submit(prepare, thing) for thing in things[:1]]
        for place, thing in enumerate(things):
            prepared = waiting.pop().result()
            waiting += [thread.submit(prepare, later) for later in things[place + 1 : place + 2]]
            yield thing, prepared
            del prepared  # states are large
