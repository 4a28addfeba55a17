"""Server-sent events: as many streams as the process can bear, each with heartbeats and an end."""

import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import HTTPException
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

__all__ = ["EVENT_STREAM", "LONGEST_SECONDS", "Streams"]

MOST, MOST_OF_TOKEN = 200, 20
"""Streams at once, of all callers and of one: each asks the database twice a second; a person has a few tabs open."""

HEARTBEAT_SECONDS = 15
"""Between two comments that keep proxies from closing a silent stream; most give it a minute."""

LONGEST_SECONDS = 3_600.0
"""After which a stream ends whatever happens: the browser opens it again, and has to show its token again."""

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, one after the other, until there is nothing more to tell.",
        "content": {"text/event-stream": {}},
    }
}
"""The answer as the OpenAPI document describes it."""


class Streams:
    """Opens streams, as long as there are not too many.

    Parameters
    ----------
    most, most_of_token : int
        Streams at once, of all tokens and of one.
    """

    def __init__(self, most: int = MOST, most_of_token: int = MOST_OF_TOKEN) -> None:
        self._most = most
        self._most_of_token = most_of_token
        self._open: Counter[int] = Counter()
        self._lock = threading.Lock()

    def open(self, token_id: int, events: AsyncIterator[ServerSentEvent]) -> EventSourceResponse:
        """Return the stream as an answer; its place is free again when it has ended.

        Raises
        ------
        HTTPException
            429 where the token has too many, 503 where there are too many of all.
        """
        with self._lock:
            if self._open[token_id] >= self._most_of_token:
                raise HTTPException(
                    429, f"This token has {self._most_of_token} streams open, which is the most; close one."
                )
            if self._open.total() >= self._most:
                raise HTTPException(503, "All streams are taken; try again in a minute.", {"Retry-After": "60"})
            self._open[token_id] += 1
        return _Stream(events, lambda: self._close(token_id))

    def _close(self, token_id: int) -> None:
        with self._lock:
            self._open[token_id] -= 1
            if not self._open[token_id]:
                del self._open[token_id]


class _Stream(EventSourceResponse):
    """A stream that gives its place back, however it ends: a caller may be gone before the first event."""

    def __init__(self, events: AsyncIterator[ServerSentEvent], closed: Callable[[], None]) -> None:
        # Proxies would collect events until there are enough of them.
        super().__init__(events, ping=HEARTBEAT_SECONDS, headers={"X-Accel-Buffering": "no"})
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._closed()
