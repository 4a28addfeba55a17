"""Names in answers: in clear for callers with the right to them, as short pseudonyms for all others."""

import msgspec
from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from schemas.pseudonym import PREFIX
from wisebook_ml.access import Caller, Right
from wisebook_ml.pseudonyms.keyring import Keyring

__all__ = ["named_text", "with_names"]

MARK = PREFIX.encode()
JSON = "application/json"


async def with_names(request: Request, response: Response) -> Response:
    """Return an answer with the names that its caller may see. What is kept and taken down has the pseudonyms."""
    body = getattr(response, "body", None)  # a stream has none
    if not body or MARK not in bytes(body) or not response.headers.get("content-type", "").startswith(JSON):
        return response
    text = bytes(body).decode()
    shown = await run_in_threadpool(named_text, request, text, json=True)
    if shown == text:
        return response
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(shown, response.status_code, headers, background=response.background)


def named_text(request: Request, text: str, *, json: bool = False) -> str:
    """Return a text with the names that a request's caller may see; in JSON they are escaped.

    Raises
    ------
    StorageError
        Where the database does not answer.
    """
    keyring: Keyring = request.app.state.keyring
    caller: Caller = request.app.state.access.identify(request)

    def sees(societe_id: int) -> bool:
        return caller.may(Right.NAMES) and caller.sees(societe_id)

    return keyring.shown(text, sees, _escaped if json else str)


def _escaped(name: str) -> str:
    return msgspec.json.encode(name).decode()[1:-1]
