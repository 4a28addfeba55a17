"""Answers of the API, and their description in its document."""

from typing import Any

import msgspec
from fastapi import Response

__all__ = ["REF", "json_answer", "returns"]

REF = "#/components/schemas/{name}"


def json_answer(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a value as JSON, by the records' own encoder: the same bytes as on their topics."""
    return Response(msgspec.json.encode(value), status, headers, media_type="application/json")


def returns(type_: type[msgspec.Struct], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """Return the description of an answer, for a route's `responses`; `app` lists the type among its bodies."""
    schema = {"$ref": REF.format(name=type_.__name__)}
    return {status: {"description": type_.__name__, "content": {"application/json": {"schema": schema}}}}
