"""Server-sent events: as many streams as the process can bear, each with heartbeats and an end."""

import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import HTTPException
from sse_starlette.event import ServerSentEvent
from sse_starlette.sse import EventSourceResponse
from starlette.types import Receive, Scope, Send

__all__ = ["EVENT_STREAM", "LONGEST_SECONDS", "MOST_OF_TOKEN", "Streams", "stream_of"]

MOST, MOST_OF_TOKEN = 200, 20
"""Streams of all kinds at once, of all callers and of one: each has a connection, and a queue or a question to the
database twice a second; a person has a few tabs open, each with one or two."""

RETRY_SECONDS = "60"

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
            As `reserve`.
        """
        return stream_of(events, self.reserve(token_id))

    def reserve(self, token_id: int) -> Callable[[], None]:
        """Take a place for a stream that is to be opened; return what gives it back, however often it is called.

        Raises
        ------
        HTTPException
            429 where the token has too many, 503 where there are too many of all.
        """
        with self._lock:
            if self._open[token_id] >= self._most_of_token:
                detail = f"This token has {self._most_of_token} streams open, which is the most; close one."
                raise HTTPException(429, detail, {"Retry-After": RETRY_SECONDS})
            if self._open.total() >= self._most:
                detail = "All streams are taken; try again in a minute."
                raise HTTPException(503, detail, {"Retry-After": RETRY_SECONDS})
            self._open[token_id] += 1
        taken = [token_id]

        def give_back() -> None:
            with self._lock:
                if taken:
                    self._open[taken.pop()] -= 1
                    self._open += Counter()  # forgets whose count is 0

        return give_back


def stream_of(
    events: AsyncIterator[ServerSentEvent], closed: Callable[[], None], send_timeout: float | None = None
) -> EventSourceResponse:
    """Return a stream as an answer.

    Parameters
    ----------
    events : async iterator
        What it tells.
    closed : callable
        Called when it has ended, however: a caller may be gone before the first event.
    send_timeout : float, optional
        Seconds that a reader may take for an event before it counts as gone.
    """
    return _Stream(events, closed, send_timeout)


class _Stream(EventSourceResponse):
    def __init__(
        self, events: AsyncIterator[ServerSentEvent], closed: Callable[[], None], send_timeout: float | None
    ) -> None:
        # Proxies would collect events until there are enough of them.
        headers = {"X-Accel-Buffering": "no"}
        super().__init__(events, ping=HEARTBEAT_SECONDS, headers=headers, send_timeout=send_timeout)
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._closed()
