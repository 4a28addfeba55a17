"""``/api/ml/docs/``: the OpenAPI document as a page for people, complete in itself: it loads nothing from anywhere."""

import base64
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.route import Route

__all__ = ["reference_page", "reference_router"]

Json = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
MOST_NAMED = 12
"""Values of a closed list that are named in a table; the others are behind the type's link."""


@dataclass(frozen=True, slots=True)
class Type:
    """What a value is, in words, and the schema that says more, if there is one."""

    text: str
    schema: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A parameter, or a field of a schema."""

    name: str
    type: Type
    required: bool
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of an operation."""

    status: str
    description: str
    type: Type


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Member]
    body: Type | None
    answers: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Schema:
    """A schema: its fields, or what it is besides an object."""

    name: str
    description: str
    members: Sequence[Member]
    type: Type


def reference_router(document: Callable[[], Json], access: Access) -> APIRouter:
    """Return the route.

    Parameters
    ----------
    document : callable
        Returns the OpenAPI document; asked once.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/docs", route_class=Route, include_in_schema=False)

    @cache
    def page() -> tuple[bytes, str]:
        return reference_page(document())

    @router.get("/")
    def docs(_call: Annotated[Call, Depends(access.read)]) -> Response:
        body, policy = page()
        return Response(body, media_type="text/html", headers={"Content-Security-Policy": policy})

    return router


def reference_page(document: Json) -> tuple[bytes, str]:
    """Return the page of an OpenAPI document, and the policy that has a browser load nothing else."""
    text = _template().render(
        info=document["info"],
        version=document["openapi"],
        tags=_by_tag(document),
        schemas=[_schema(name, given) for name, given in sorted(document["components"]["schemas"].items())],
    )
    style = STYLE.search(text)
    assert style is not None  # of the template
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return text.encode(), policy


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("wisebook_ml.api"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("reference.html")


def _by_tag(document: Json) -> Mapping[str, Sequence[Operation]]:
    found: dict[str, list[Operation]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                tag = operations[method].get("tags", ["service"])[0]
                found.setdefault(tag, []).append(_operation(path, method, operations[method]))
    return dict(sorted(found.items()))


def _operation(path: str, method: str, given: Json) -> Operation:
    body = given.get("requestBody")
    return Operation(
        id=given["operationId"],
        method=method.upper(),
        path=path,
        summary=given.get("summary", ""),
        description=given.get("description", ""),
        parameters=[
            Member(one["name"], _type(one["schema"]), one.get("required", False), one.get("description", ""), one["in"])
            for one in given.get("parameters", ())
        ],
        body=None if body is None else _content(body),
        answers=[
            Answer(status, one["description"], _content(one)) for status, one in given.get("responses", {}).items()
        ],
    )


def _content(given: Json) -> Type:
    for media_type, one in given.get("content", {}).items():
        found = _type(one.get("schema", {}))
        return found if "json" in media_type else Type(media_type)
    return Type("")


def _schema(name: str, given: Json) -> Schema:
    required = set(given.get("required", ()))
    members = [
        Member(field, _type(one), field in required, one.get("description", ""))
        for field, one in given.get("properties", {}).items()
    ]
    return Schema(name, given.get("description", ""), members, Type("") if members else _type(given))


def _type(given: Json) -> Type:
    """Return a schema in a few words.

    Examples
    --------
    >>> _type({"type": "array", "items": {"$ref": "#/components/schemas/Modele"}})
    Type(text='list of Modele', schema='Modele')
    >>> _type({"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}]})
    Type(text='integer, from 1; or null', schema='')
    """
    if "$ref" in given:
        name = str(given["$ref"]).rpartition("/")[2]
        return Type(name, name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in given:
            parts = [_type(one) for one in given[several]]
            text = "; or ".join(dict.fromkeys(part.text for part in parts if part.text))
            return Type(text, next((part.schema for part in parts if part.schema), ""))
    if "const" in given:
        return Type(f"“{given['const']}”")
    if "enum" in given:
        named = [str(value) for value in given["enum"]]
        return Type(", ".join(named[:MOST_NAMED]) + (", …" if len(named) > MOST_NAMED else ""))
    kind = given.get("type", "")
    text = ", ".join(kind) if isinstance(kind, list) else str(kind)
    if text == "array":
        of = _type(given.get("items", {}))
        return Type(f"list of {of.text or 'anything'}{_bounds(given)}", of.schema)
    if text == "object" and isinstance(given.get("additionalProperties"), Mapping):
        of = _type(given["additionalProperties"])
        return Type(f"object of {of.text or 'anything'}", of.schema)
    return Type(" ".join(part for part in (text, given.get("format", "")) if part) + _bounds(given))


BOUNDS = {
    "minimum": "from {}",
    "exclusiveMinimum": "above {}",
    "maximum": "to {}",
    "exclusiveMaximum": "below {}",
    "minLength": "{} characters or more",
    "maxLength": "{} characters at most",
    "minItems": "{} or more",
    "maxItems": "{} at most",
    "pattern": "such as {}",
    "default": "by default {}",
}


def _bounds(given: Json) -> str:
    said = [text.format(given[name]) for name, text in BOUNDS.items() if given.get(name) not in (None, "")]
    return "".join(f", {one}" for one in said)
