"""Reading ahead: the next records are fetched while those before are scored."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

__all__ = ["AHEAD", "read_ahead"]

AHEAD = 4
"""Runs that are read while one is scored: about as long as the first run of the next partition takes to come."""

T = TypeVar("T")


def read_ahead(runs: Iterator[T]) -> Iterator[T]:
    """Yield the same runs, read by a thread of its own."""
    with ThreadPoolExecutor(1) as thread:
        waiting: list[Future[T | None]] = [thread.submit(next, runs, None) for _ in range(AHEAD)]
        try:
            while (run := waiting.pop(0).result()) is not None:
                waiting.append(thread.submit(next, runs, None))
                yield run
        finally:
            for one in waiting:
                one.cancel()
