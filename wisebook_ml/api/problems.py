"""Errors as problem details (RFC 9457), in words for the person who called."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
import sqlalchemy.exc
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from wisebook_ml.api.observed import REQUEST_ID
from wisebook_ml.api.pages.shell import render
from wisebook_ml.api.wording import fault_in_french, in_french, wants_french
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.services.parameters import InvalidParameters
from wisebook_ml.storage import ModelInTraining, ModelNotFound, NameTaken, NoEarlierChampion, StorageError

__all__ = ["TOLD", "TOO_DEEP", "Problem", "install_problems", "problem", "status_of"]

LOGGER = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"

RETRY_SECONDS = "5"
"""When to try again while the database is away: a server that restarts is back within seconds."""

REFUSALS: dict[type[Exception], int] = {
    ModelNotFound: 404,
    NameTaken: 409,
    NoEarlierChampion: 409,
    ModelInTraining: 409,
    InvalidParameters: 422,
    MissingLibrary: 501,
}
"""Errors that already say what is wrong and what to do, and the status of each."""

AWAY_DATABASE: tuple[type[Exception], ...] = (StorageError, sqlalchemy.exc.TimeoutError)
"""The database does not answer, or all connections of the pool wait for it."""

AWAY_BROKERS: tuple[type[Exception], ...] = (ConnectError, ReadError, PublishError)

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")

TOLD = 20
"""Faults of a request that are told: who sent a thousand rows of the wrong kind sees it from these."""

TOO_DEEP = "values are nested too deeply"
"""Of JSON that would take more of the stack than there is."""

NOT_MY_FAULT = "The {} not answer. Nothing is wrong with the request; send it again in a moment."
"""Says nothing about where they are: that is in the log."""


class WrongParameter(msgspec.Struct, frozen=True):
    """One parameter of a request, and what is wrong with it."""

    parameter: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The body of every error."""

    title: str
    status: int
    detail: str
    instance: str
    errors: Sequence[WrongParameter] = ()


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: Sequence[WrongParameter] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an error as a response.

    Parameters
    ----------
    request : Request
        What was asked.
    status : int
        HTTP status.
    detail : str
        What is wrong and what to do about it, in English; who would rather have French is told in French.
    errors : sequence of WrongParameter
        Each parameter that is wrong.
    headers : mapping, optional
        Further headers.
    """
    french = wants_french(request.headers.get("Accept-Language"))
    # Those of parameters are in French already; plain text, since only that can be encoded.
    detail = in_french(detail, status) if french and not errors else str(detail)
    body = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, instance=request.url.path, errors=errors
    )
    told = {**(headers or {}), "Content-Language": "fr" if french else "en", "Vary": "Accept-Language"}
    return Response(msgspec.json.encode(body), status, told, MEDIA_TYPE)


def install_problems(app: FastAPI) -> None:
    """Have an app answer every error with a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for away in AWAY_DATABASE:
        app.add_exception_handler(away, _no_database)
    for away in AWAY_BROKERS:
        app.add_exception_handler(away, _no_brokers)
    for refused in REFUSALS:
        app.add_exception_handler(refused, _refused)
    app.add_exception_handler(Exception, _unexpected)


def status_of(error: Exception) -> int:
    """Return the status of the answer that an error becomes."""
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, RequestValidationError):
        return 400
    refused = next((status for kind, status in REFUSALS.items() if isinstance(error, kind)), None)
    if refused is not None:
        return refused
    return 503 if isinstance(error, (*AWAY_DATABASE, *AWAY_BROKERS)) else 500


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and _looks(request):
        return render(request, "error", status=404, values={"reason": "error.404"})
    detail, headers = error.detail, error.headers
    if error.status_code == 405:
        headers = {**(headers or {}), "Allow": ", ".join(_allowed(request))}
    if detail == HTTPStatus(error.status_code).phrase:  # the router's own errors say no more
        detail = {
            404: f"There is nothing at {request.url.path}.",
            405: f"{request.url.path} does not take {request.method}.",
        }.get(error.status_code, detail)
    return problem(request, error.status_code, detail, headers=headers)


def _looks(request: Request) -> bool:
    """Tell whether a person has mistyped the address of a page."""
    return "text/html" in request.headers.get("Accept", "") and not request.url.path.startswith("/api/")


def _allowed(request: Request) -> list[str]:
    """Return what may be done at a place; the router names the methods of the first route there only."""
    asked = [{**request.scope, "method": method} for method in METHODS]
    return [one["method"] for one in asked if any(route.matches(one)[0] is Match.FULL for route in request.app.routes)]


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(wrong["loc"][0] == "path" for wrong in found):
        return problem(request, 404, f"There is nothing at {request.url.path}.")
    french = wants_french(request.headers.get("Accept-Language"))
    errors = [WrongParameter(_place(wrong), _words(wrong, french=french)) for wrong in found[:TOLD]]
    words = [f"{wrong.parameter}{' :' if french else ':'} {wrong.detail}" for wrong in errors]
    if len(found) > TOLD:
        words.append(f"et {len(found) - TOLD} autres" if french else f"and {len(found) - TOLD} more")
    return problem(request, 400, (" ; " if french else "; ").join(words), errors=errors)


def _place(wrong: Mapping[str, Any]) -> str:
    """Return the name of what is wrong; of a change among several, with its number from 1 on."""
    where = wrong["loc"][1:]
    if wrong["type"] == "json_invalid" or not where:
        return str(wrong["loc"][0])
    if len(where) > 1 and isinstance(where[1], int):
        # What follows the number is the kind of the change, which the request names itself.
        return ".".join((f"{where[0]}[{where[1] + 1}]", *(str(part) for part in where[3:])))
    return str(where[-1])


def _words(wrong: Mapping[str, Any], *, french: bool) -> str:
    words = _in_english(wrong)
    kind = "too_deep" if words == TOO_DEEP else wrong["type"]
    return fault_in_french(kind, wrong.get("ctx", {}), words) if french else words


def _in_english(wrong: Mapping[str, Any]) -> str:
    if wrong["type"] == "extra_forbidden":
        return "there is no such parameter"
    if wrong["type"] == "json_invalid":
        if wrong["ctx"]["error"] == TOO_DEEP:
            return TOO_DEEP
        read = wrong["loc"][-1]
        return f"is no JSON: {wrong['ctx']['error']}" + (f", after {read} characters" if read else "")
    message = str(wrong["msg"]).removeprefix("Input ")
    # "JSON" is no sentence's first word.
    return message if message[1:2].isupper() else message[:1].lower() + message[1:]


async def _refused(request: Request, error: Exception) -> Response:
    return problem(request, status_of(error), str(error))


async def _no_database(request: Request, error: Exception) -> Response:
    return _unavailable(request, error, "database does")


async def _no_brokers(request: Request, error: Exception) -> Response:
    return _unavailable(request, error, "Kafka brokers do")


def _unavailable(request: Request, error: Exception, who: str) -> Response:
    LOGGER.error("%s %s: %s", request.method, request.url.path, error)
    return problem(request, 503, NOT_MY_FAULT.format(who), headers={"Retry-After": RETRY_SECONDS})


async def _unexpected(request: Request, _error: Exception) -> Response:
    # The server logs the error itself. This answer passes by what gives all others their id.
    headers = {REQUEST_ID: str(request.state.correlation)} if hasattr(request.state, "correlation") else {}
    detail = "An error of this service, not of your request; its log has the details."
    return problem(request, 500, detail, headers=headers)
