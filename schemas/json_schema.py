"""JSON Schemas (draft 2020-12) of the record types, one self-contained file per record below `schemas/json`.

They are written from the types, never by hand: ``python -m topics.contracts write`` writes them, and a test
fails when they are stale.
"""

import inspect
import json
import re
from collections.abc import Iterable, Mapping

import msgspec

import schemas
from schemas.alerting import MOTIF_BOITES, MOTIF_URL, Alerte, Canal, Destination
from schemas.base import Record
from schemas.enums import Verdict
from schemas.feedback import Avis
from schemas.settings import Parametres

__all__ = [
    "JsonObject",
    "components",
    "json_schema",
    "record_types",
    "schema_files",
    "short_name",
]

JsonObject = dict[str, object]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
LOCAL_REF = "#/$defs/{name}"

CE_TYPE = re.compile(r"^fr\.wisebook\.(?:ml\.)?(?P<name>[a-z][a-z-]*)\.(?P<version>v[1-9][0-9]*)$")
"""CloudEvents types: reverse domain name, what it is, major version of its contract."""

DOCSTRING_SECTION = re.compile(r"\n\n[A-Z][a-z]+\n-{3,}\n.*", re.DOTALL)
"""NumPy sections (Raises, Examples, ...) speak to programmers in Python, not to readers of a contract."""


def _verdict(*verdicts: Verdict) -> JsonObject:
    return {"properties": {"verdict": {"enum": [verdict.value for verdict in verdicts]}}}


def _names(field: str) -> JsonObject:
    return {"required": [field], "properties": {field: {"not": {"type": "null"}}}}


BEYOND_THE_TYPES: Mapping[type[msgspec.Struct], JsonObject] = {
    # `Avis.__post_init__`, said in JSON Schema.
    Avis: {
        "allOf": [
            {
                "if": _verdict(Verdict.MANQUEE),
                "then": _names("ecriture_id"),
                "else": _names("detection_id"),
            },
            {"if": _verdict(Verdict.RECLASSEE), "then": _names("compte_num")},
        ]
    },
    # `Alerte.__post_init__`.
    Alerte: {
        "anyOf": [
            {"required": ["detections"], "properties": {"detections": {"minItems": 1}}},
            _names("modele"),
        ]
    },
    # `Destination.__post_init__`.
    Destination: {
        "if": {"properties": {"canal": {"const": Canal.WEBHOOK.value}}},
        "then": {"properties": {"adresse": {"pattern": MOTIF_URL}}},
        "else": {"properties": {"adresse": {"pattern": MOTIF_BOITES}}},
    },
    # msgspec checks the keys of a dictionary but does not write them down.
    Parametres: {"properties": {"controles": {"propertyNames": {"$ref": "CodeMotif"}}}},
}
"""What msgspec enforces but does not put into a schema, merged into the schema of its type."""


def record_types() -> tuple[type[Record], ...]:
    """Return the record types that `schemas` exports, by name."""
    exported = (getattr(schemas, name) for name in sorted(schemas.__all__))
    return tuple(item for item in exported if isinstance(item, type) and issubclass(item, Record) and item.ce_type)


def short_name(record: type[Record]) -> tuple[str, str]:
    """Return what a record is called in file names and URNs, and the version of its contract.

    Examples
    --------
    >>> from schemas import Ecriture
    >>> short_name(Ecriture)
    ('ecriture', 'v1')
    """
    match = CE_TYPE.match(record.ce_type)
    if match is None:
        raise ValueError(f"{record.__name__}.ce_type is {record.ce_type!r}, which is not like {CE_TYPE.pattern}")
    return match["name"], match["version"]


def components(records: Iterable[type[Record]], ref_template: str = LOCAL_REF) -> dict[str, JsonObject]:
    """Return the schemas of records and of all that they are made of, by type name.

    Parameters
    ----------
    records : iterable of type
        The record types.
    ref_template : str
        How one schema refers to another, with ``{name}`` for its name.
    """
    records = tuple(records)
    _, schemas_by_name = msgspec.json.schema_components(records, ref_template=ref_template)
    for schema in schemas_by_name.values():
        if not schema.get("required", True):
            del schema["required"]
        if "description" in schema:
            schema["description"] = DOCSTRING_SECTION.sub("", inspect.cleandoc(schema["description"]))
    for struct, addition in BEYOND_THE_TYPES.items():
        if struct.__name__ in schemas_by_name:
            _merge(schemas_by_name[struct.__name__], addition, ref_template)
    return {name: schemas_by_name[name] for name in sorted(schemas_by_name)}


def _merge(schema: JsonObject, addition: JsonObject, ref_template: str) -> None:
    """Merge `addition` into `schema` in place; references in it are bare names."""
    for key, value in addition.items():
        if key == "$ref" and isinstance(value, str):
            schema[key] = ref_template.format(name=value)
        elif isinstance(value, dict):
            nested = schema.setdefault(key, {})
            assert isinstance(nested, dict)
            _merge(nested, value, ref_template)
        else:
            schema[key] = value


def json_schema(record: type[Record]) -> JsonObject:
    """Return the self-contained JSON Schema of a record type."""
    definitions = components([record])
    name, version = short_name(record)
    root = definitions.pop(record.__name__)
    schema: JsonObject = {"$schema": DIALECT, "$id": f"urn:wisebook:schema:{name}:{version}", **root}
    if definitions:
        schema["$defs"] = definitions
    return schema


def schema_files() -> dict[str, str]:
    """Return what each file of `schemas/json` must contain, by name."""
    return {f"{short_name(record)[0]}.schema.json": _text(json_schema(record)) for record in record_types()}


def _text(document: JsonObject) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
