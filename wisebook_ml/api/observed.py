"""What is noted of every request: its id, how it was answered, how long that took."""

import re
import time
import uuid
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wisebook_ml.messaging.correlation import CORRELATION
from wisebook_ml.metrics import REQUEST_SECONDS, REQUESTS

__all__ = ["REQUEST_ID", "Observed"]

REQUEST_ID = "X-Request-ID"

ACCEPTED = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
"""Ids of callers that are taken over: they stand in logs, headers and the audit log."""

NO_SNIFF = (b"x-content-type-options", b"nosniff")
"""Of every answer: texts of others are in JSON and CSV, which no browser is to take for a page."""

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})
UNKNOWN = "other"
"""Route of what leads nowhere, and any other method: labels that callers could choose would fill the memory."""


class Observed:
    """ASGI middleware that gives requests an id and counts them, and has browsers take answers for what they are.

    A caller's ``X-Request-ID`` is taken over, where it is one; the answer has it too, and so have the audit log and all
    that the request publishes.

    Parameters
    ----------
    app : ASGI application
        What answers.
    clock : callable
        Seconds that never go back.
    """

    def __init__(self, app: ASGIApp, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        sent = dict(scope["headers"]).get(REQUEST_ID.lower().encode(), b"")
        correlation = sent.decode() if ACCEPTED.fullmatch(sent) else uuid.uuid4().hex
        scope.setdefault("state", {})["correlation"] = correlation
        began = self._clock()

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = [one for one in message.get("headers", ()) if one[0] != NO_SNIFF[0]]
                message["headers"] = [*given, NO_SNIFF, (REQUEST_ID.lower().encode(), correlation.encode())]
                self._count(scope, message["status"], self._clock() - began)
            await send(message)

        token = CORRELATION.set(correlation)
        try:
            await self._app(scope, receive, noted)
        except Exception:
            # Answered with 500 further out, where the error is logged: with the id, so it is not reset.
            self._count(scope, 500, self._clock() - began)
            raise
        CORRELATION.reset(token)

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", UNKNOWN)
        method = scope["method"] if scope["method"] in METHODS else UNKNOWN
        REQUESTS.labels(method, route, str(status)).inc()
        REQUEST_SECONDS.labels(method, route).observe(seconds)
