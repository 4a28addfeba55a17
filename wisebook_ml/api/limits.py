"""Refuses bodies that are too long, before they are read."""

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from wisebook_ml.api.problems import problem

__all__ = ["BodyLimit"]


class BodyLimit:
    """ASGI middleware that answers 413 to a body above a size.

    Parameters
    ----------
    app : ASGI application
        What answers the others.
    most : int
        Longest body, in bytes.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most
        self._detail = f"The body is longer than {most / 1e6:g} MB, which is the most that is taken; send less at once."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"")
        if announced.isdigit() and int(announced) > self._most:
            await problem(Request(scope), 413, self._detail, headers={"Connection": "close"})(scope, receive, send)
            return
        read = 0

        async def counted() -> Message:
            # One that was not announced, or not truthfully.
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._most:
                raise HTTPException(413, self._detail, headers={"Connection": "close"})
            return message

        await self._app(scope, counted, send)
