"""What all routes have in common: ETags of what is read; idempotency and the audit log of what is changed."""

import hashlib
import json
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any

import msgspec
from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from wisebook_ml.access import Caller, Right
from wisebook_ml.api.access import SAFE, Access, Needs
from wisebook_ml.api.names import with_names
from wisebook_ml.api.problems import TOO_DEEP, status_of
from wisebook_ml.api.trail import take_down
from wisebook_ml.pseudonyms import Keyring
from wisebook_ml.storage import Answer, AuditLog, IdempotencyStore, Refusal, StorageError, Work

__all__ = ["Route", "check_match", "etag_of", "install_access", "strict_json"]

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

KEY_HEADER = "Idempotency-Key"
LONGEST_KEY = 255
KEPT_HEADERS = ("content-type", "location", "etag")

NOTHING_DONE = frozenset({400, 401, 403, 404, 405, 412, 413, 415, 422, 429})
"""Statuses of refusals that come before anything is written or published."""


def install_access(app: Any, access: Access, audit: AuditLog, requests: IdempotencyStore, keyring: Keyring) -> None:
    """Give an app's routes what they need for all requests."""
    app.state.access, app.state.audit, app.state.requests = access, audit, requests
    app.state.keyring = keyring


class Route(APIRoute):
    """A route of the API: the `route_class` of every router.

    A GET's answer has an ``ETag``, and ``If-None-Match`` is answered with 304. What is changed is taken down in the
    audit log, also where it failed half way, and a POST that comes again with the same ``Idempotency-Key`` is given the
    answer of the first. A POST that only asks (its right is READ) is neither taken down nor kept.
    """

    def get_route_handler(self) -> Handler:
        """Return what handles a request."""
        handle = super().get_route_handler()
        only_asks = any(isinstance(one.call, Needs) and one.call.right is Right.READ for one in _all(self.dependant))

        async def handler(asked: Request) -> Response:
            request = _JsonRequest(asked.scope, asked.receive)
            if request.method in SAFE:
                return _with_etag(request, await with_names(request, await handle(request)))
            if only_asks:  # a question with a body
                await run_in_threadpool(request.app.state.access.identify, request)
                return await with_names(request, await handle(request))
            return await with_names(request, await _changed(request, handle))

        return handler


def _all(dependant: Dependant) -> Iterator[Dependant]:
    for one in dependant.dependencies:
        yield one
        yield from _all(one)


class _JsonRequest(Request):
    """A request whose body is JSON as the standard has it: no NaN, no half of a surrogate pair."""

    async def json(self) -> Any:
        """Return the body's value.

        Raises
        ------
        JSONDecodeError
            Where it is none.
        """
        return strict_json(await self.body())


def strict_json(body: bytes) -> Any:
    """Return the value of JSON as the standard has it.

    Raises
    ------
    JSONDecodeError
        Where it is none.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise json.JSONDecodeError(TOO_DEEP, "", 0) from error
    except msgspec.DecodeError as error:
        with suppress(RecursionError):
            json.loads(body.decode(errors="replace"))  # where it is no JSON, this says where
        raise json.JSONDecodeError(f"{error}", "", 0) from error


def etag_of(body: bytes) -> str:
    """Return the ETag of a body.

    Examples
    --------
    >>> etag_of(b"{}")
    '"44136fa355b3678a1146ad16f7e8649e"'
    """
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def check_match(request: Request, body: bytes) -> None:
    """Refuse a change of something that is no longer as the caller saw it.

    Parameters
    ----------
    request : Request
        May have ``If-Match``; without it, it is let through.
    body : bytes
        What a GET would answer now.

    Raises
    ------
    HTTPException
        412 where the ETag is another.
    """
    asked = request.headers.get("If-Match")
    if asked is not None and not _matches(asked, etag_of(body)):
        raise HTTPException(412, "It was changed meanwhile: read it again, and send the change with its new ETag.")


def _matches(asked: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    return "*" in tags or etag in tags


def _with_etag(request: Request, response: Response) -> Response:
    body = getattr(response, "body", None)  # a stream has none
    if response.status_code != 200 or not body:
        return response
    response.headers.setdefault("ETag", etag_of(bytes(body)))
    # Of one token: what it may see is not for another one's cache.
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if _matches(request.headers.get("If-None-Match", ""), response.headers["ETag"]):
        headers = {name: response.headers[name] for name in ("ETag", "Cache-Control")}
        return Response(status_code=304, headers=headers)
    return response


async def _changed(request: Request, handle: Handler) -> Response:
    access: Access = request.app.state.access
    caller = await run_in_threadpool(access.identify, request)
    key = request.headers.get(KEY_HEADER)
    if key is None or request.method != "POST":
        return await _audited(request, caller, handle)
    if not key.strip() or len(key) > LONGEST_KEY:
        raise HTTPException(400, f"{KEY_HEADER}: 1 to {LONGEST_KEY} characters that are new for each request.")
    store: IdempotencyStore = request.app.state.requests
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    fingerprint = hashlib.sha256(asked).hexdigest()
    found = await run_in_threadpool(store.begin, caller.token_id, key, fingerprint, access.clock())
    if found is Refusal.ANOTHER_REQUEST:
        raise HTTPException(422, f"{KEY_HEADER}: it was used for another request; send a new one.")
    if found is Refusal.AT_WORK:
        raise HTTPException(409, f"{KEY_HEADER}: the same request is being answered; ask again in a moment.")
    if isinstance(found, Answer):
        return Response(found.body, found.status, {**found.headers, "Idempotency-Replayed": "true"})
    assert isinstance(found, Work)
    request.state.operation_id = found.operation_id
    try:
        response = await _audited(request, caller, handle)
    except BaseException as error:
        undone = isinstance(error, Exception) and status_of(error) in NOTHING_DONE
        await run_in_threadpool(store.forget if undone else store.give_up, found)
        raise
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    await run_in_threadpool(store.finish, found, Answer(response.status_code, headers, bytes(response.body)))
    return response


async def _audited(request: Request, caller: Caller, handle: Handler) -> Response:
    body = await request.body()
    try:
        response = await handle(request)
    except Exception as error:
        # It may have failed half way, with something written or published.
        if (status := status_of(error)) not in NOTHING_DONE:
            with suppress(StorageError):  # the log has the entry then; the answer says what went wrong first
                await run_in_threadpool(take_down, request, caller, status, body)
        raise
    await run_in_threadpool(take_down, request, caller, response.status_code, body)
    return response
