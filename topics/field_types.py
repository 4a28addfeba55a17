"""How the types of fields are told to people: what a JSON Schema says, in a few words of Markdown."""

import json
from collections.abc import Iterator

from schemas.json_schema import JsonObject

__all__ = ["default_of", "link_to", "type_of"]

REF = "#"
"""What references to other schemas begin with (`schemas.json_schema.components`)."""

FORMATS = {"date": "date", "date-time": "date and time", "uuid": "UUID", "uri-reference": "URI"}
"""JSON Schema's formats of texts."""

LARGE = 2**31 - 1
"""Bounds from here on are those of the storage, not of the matter: they are left out."""

NOTHING: tuple[object, ...] = (None, "", [], {})
"""Defaults that say that there is none."""


def link_to(name: str) -> str:
    """Return a link to the part of the page that has a type.

    Examples
    --------
    >>> link_to("Ligne")
    '[Ligne](#ligne)'
    """
    return f"[{name}](#{name.lower()})"


def type_of(schema: object) -> str:
    """Return what a value may be.

    Examples
    --------
    >>> type_of({"type": "array", "items": {"$ref": "#Ligne"}})
    'list of [Ligne](#ligne)'
    >>> type_of({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]})
    'date'
    >>> type_of({"type": "number", "minimum": 0, "maximum": 1})
    'number, from 0 to 1'
    """
    assert isinstance(schema, dict)
    if "$ref" in schema:
        return link_to(str(schema["$ref"]).removeprefix(REF))
    if "anyOf" in schema:
        return " or ".join(type_of(choice) for choice in schema["anyOf"] if choice.get("type") != "null")
    match schema.get("type", "string"):  # the names of an object's properties are texts
        case "array":
            return f"list of {type_of(schema['items'])}"
        case "object":
            by = type_of(schema["propertyNames"]) if "propertyNames" in schema else "text"
            return f"object: {by} to {type_of(schema['additionalProperties'])}"
        case "string":
            return ", ".join([_text(schema), *_lengths(schema)])
        case "boolean":
            return "true or false"
        case kind:
            return " ".join(["whole number" if kind == "integer" else "number", *_bounds(schema)]).replace(" ,", ",")


def _text(schema: JsonObject) -> str:
    if "const" in schema:
        return f"`{schema['const']}`"
    if "format" in schema:
        return FORMATS.get(str(schema["format"]), str(schema["format"]))
    if "pattern" in schema:  # what msgspec adds to a pattern's end says that no line feed follows it
        pattern = str(schema["pattern"]).removesuffix(r"(?!\n)").replace("|", "\\|")
        return f"text like `{pattern}`"
    return "text"


def _lengths(schema: JsonObject) -> Iterator[str]:
    if "maxLength" in schema:
        yield f"at most {schema['maxLength']:,}"


def _bounds(schema: JsonObject) -> Iterator[str]:
    low, over, high = schema.get("minimum"), schema.get("exclusiveMinimum"), schema.get("maximum")
    if isinstance(high, int) and high >= LARGE:
        high = None
    if over is not None:
        yield f", above {over}"
    if low is not None:
        yield f", from {low}" if high is not None else f", at least {low}"
    if high is not None:
        yield f"to {high}" if low is not None else f", at most {high}"


def default_of(schema: JsonObject) -> str:
    """Return what holds where a field is left out; nothing, where that says nothing.

    Examples
    --------
    >>> default_of({"type": "string", "default": "0.00"})
    '`0.00`'
    >>> default_of({"type": "array", "default": []})
    ''
    """
    default = schema.get("default")
    if default in NOTHING:
        return ""
    if isinstance(default, dict):  # a part with defaults of its own
        return "its defaults"
    return f"`{default}`" if isinstance(default, str) else f"`{json.dumps(default)}`"
