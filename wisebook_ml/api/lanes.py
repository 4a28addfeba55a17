"""Threads for slow work: each kind has some of its own, so that what is quick never waits behind what is slow.

Without them all routes share forty threads: forty verdicts that wait for a broker that is gone would keep lists,
sign-ins and probes waiting, too.
"""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

import anyio.to_thread
from anyio.lowlevel import RunVar
from fastapi import HTTPException

__all__ = ["BROKERS", "EXPORTS", "FORECASTS", "PREDICTIONS", "PROBES", "RESUMPTIONS", "STREAMS", "Lane"]

P = ParamSpec("P")
R = TypeVar("R")

MOST_WAITING = 200
"""Requests of a kind that wait for a thread: more would be given up by who sent them before their turn came."""

RETRY_SECONDS = "5"


@dataclass(eq=False)
class _Places:
    """Threads of an event loop, and how much is in work there or waits."""

    limiter: anyio.CapacityLimiter
    taken: int = 0


class Lane:
    """A kind of work, and how many threads it may keep busy in each event loop.

    As a decorator, it has a route's function run in them.

    Parameters
    ----------
    kind : str
        What is done, in words that fit "too many … wait".
    threads : int
        How many do it at a time.

    Examples
    --------
    >>> import anyio
    >>> anyio.run(Lane("sums", 1).run, sum, [1, 2])
    3
    """

    def __init__(self, kind: str, threads: int) -> None:
        self._kind = kind
        self._threads = threads
        self._places: RunVar[_Places] = RunVar(f"wisebook_ml {kind}")

    async def run(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what a function returns, called in a thread of this kind.

        Raises
        ------
        HTTPException
            503 where too many wait already.
        """
        try:
            places = self._places.get()
        except LookupError:
            places = _Places(anyio.CapacityLimiter(self._threads))
            self._places.set(places)
        if places.taken >= self._threads + MOST_WAITING:
            detail = f"Too many {self._kind} wait already. Send it again in a moment."
            raise HTTPException(503, detail, headers={"Retry-After": RETRY_SECONDS})
        places.taken += 1
        try:
            return await anyio.to_thread.run_sync(functools.partial(work, *args, **kwargs), limiter=places.limiter)
        finally:
            places.taken -= 1

    def __call__(self, answer: Callable[P, R]) -> Callable[P, Awaitable[R]]:
        """Return a function of an event loop that has this one run in a thread of this kind."""

        @functools.wraps(answer)
        async def answered(*args: P.args, **kwargs: P.kwargs) -> R:
            return await self.run(answer, *args, **kwargs)

        return answered


BROKERS = Lane("requests that need the Kafka brokers", 20)
"""They wait while brokers are away, or settle."""

FORECASTS = Lane("forecasts", 8)
"""The first of a company waits until a model was learnt."""

EXPORTS = Lane("exports", 4)
"""A year of a large company is seconds of work each."""

PREDICTIONS = Lane("predictions", 8)
"""Models are loaded, and compute; those that are loaded do not wait behind those that are not."""

PROBES = Lane("probes", 4)
"""Readiness is asked for by several who wait for one answer."""

RESUMPTIONS = Lane("streams that go on", 2)
"""Each reads what it missed; when a process starts anew, all come back at once."""

STREAMS = Lane("streams", 8)
"""Open streams look whether there is something to tell, and whether they may go on."""
