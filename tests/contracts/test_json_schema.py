"""The JSON Schemas say what msgspec enforces: no more and no less."""

import datetime as dt
import json
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import inspect as mi

import schemas
import topics
from schemas.json_schema import json_schema, record_types, schema_files, short_name

FEW = 3
"""Items of a generated list: more say nothing new."""


def validator(record: type[schemas.Record]) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json_schema(record), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def values(kind: mi.Type) -> st.SearchStrategy[Any]:
    """Return JSON values that fit a type's own constraints (not those between fields)."""
    match kind:
        case mi.Metadata():
            return values(kind.type)
        case mi.IntType():
            return st.integers(kind.ge if kind.ge is not None else -(2**31), kind.le or 2**31)
        case mi.FloatType():
            low = kind.ge if kind.ge is not None else kind.gt
            high = kind.le if kind.le is not None else kind.lt
            return st.floats(
                low, high, exclude_min=kind.gt is not None, exclude_max=kind.lt is not None, allow_nan=False
            ).filter(lambda value: abs(value) != float("inf"))
        case mi.StrType() if kind.pattern is not None:
            return st.from_regex(kind.pattern, fullmatch=True)
        case mi.StrType():
            return st.text(st.characters(codec="utf-8"), min_size=kind.min_length or 0, max_size=kind.max_length or 20)
        case mi.BoolType():
            return st.booleans()
        case mi.NoneType():
            return st.none()
        case mi.DateType():
            return st.dates().map(dt.date.isoformat)
        case mi.DateTimeType():
            return st.datetimes(timezones=st.just(dt.UTC)).map(dt.datetime.isoformat)
        case mi.UUIDType():
            return st.uuids().map(str)
        case mi.EnumType():
            return st.sampled_from([member.value for member in kind.cls])
        case mi.ListType():
            return st.lists(values(kind.item_type), min_size=kind.min_length or 0, max_size=FEW)
        case mi.DictType():
            return st.dictionaries(values(kind.key_type), values(kind.value_type), max_size=FEW)
        case mi.UnionType():
            return st.one_of([values(option) for option in kind.types])
        case mi.StructType():
            return st.fixed_dictionaries(
                {field.encode_name: values(field.type) for field in kind.fields if field.required},
                optional={field.encode_name: values(field.type) for field in kind.fields if not field.required},
            )
    raise NotImplementedError(kind)


@pytest.mark.parametrize("record", record_types(), ids=lambda record: record.__name__)
class TestEveryRecord:
    def test_its_schema_is_a_json_schema(self, record: type[schemas.Record]) -> None:
        document = json_schema(record)
        jsonschema.Draft202012Validator.check_schema(document)
        name, version = short_name(record)
        assert document["$id"] == f"urn:wisebook:schema:{name}:{version}"
        assert document["title"] == record.__name__
        assert document["description"]
        assert "---" not in json.dumps(document), "a NumPy section of a docstring got into the contract"

    def test_its_schema_refers_to_nothing_outside(self, record: type[schemas.Record]) -> None:
        def references(node: object) -> list[str]:
            if isinstance(node, dict):
                own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
                return own + [reference for child in node.values() for reference in references(child)]
            if isinstance(node, list):
                return [reference for child in node for reference in references(child)]
            return []

        document = json_schema(record)
        for reference in references(document):
            assert reference.removeprefix("#/$defs/") in document["$defs"]  # type: ignore[operator]

    @settings(max_examples=30, deadline=None)
    @given(data=st.data())
    def test_schema_and_decoder_agree(self, record: type[schemas.Record], data: st.DataObject) -> None:
        document = data.draw(values(mi.type_info(record)))
        try:
            decoded = msgspec.json.decode(json.dumps(document), type=record)
        except msgspec.ValidationError:
            assert not validator(record).is_valid(document), "only the decoder refuses it"
            return
        validator(record).validate(document)
        validator(record).validate(json.loads(msgspec.json.encode(decoded)))

    def test_it_travels_on_exactly_one_topic(self, record: type[schemas.Record]) -> None:
        """Markers stand in every log that something is folded from."""
        logs = {schemas.Activation: 2, schemas.Reglage: 2}
        assert sum(record in topic.records for topic in topics.ALL) == logs.get(record, 1)

    def test_unknown_fields_are_accepted(self, record: type[schemas.Record]) -> None:
        assert "additionalProperties" not in json_schema(record)


def test_every_subclass_of_record_is_published() -> None:
    def subclasses(kind: type[schemas.Record]) -> set[type[schemas.Record]]:
        found = {kind}
        for child in kind.__subclasses__():
            found |= subclasses(child)
        return found

    declared = {kind for kind in subclasses(schemas.Record) if kind.__module__.startswith("schemas.")}
    assert set(record_types()) == declared - {schemas.Record}


def test_no_two_records_share_a_file() -> None:
    assert len(schema_files()) == len(record_types())


AVIS = {"societe_id": 7, "auteur": "claire", "verdict": "CONFIRMEE"}
DETECTION = {"detection_id": "42d48e39-8e13-5f3c-87d8-fd91ec62876e"}


@pytest.mark.parametrize(
    ("fields", "valid"),
    [
        (DETECTION, True),
        ({}, False),
        ({"detection_id": None}, False),
        ({"verdict": "MANQUEE", "ecriture_id": "E-1"}, True),
        ({"verdict": "MANQUEE", **DETECTION}, False),
        ({"verdict": "RECLASSEE", **DETECTION, "compte_num": "606100"}, True),
        ({"verdict": "RECLASSEE", **DETECTION}, False),
    ],
)
def test_the_rules_between_the_fields_of_a_verdict(fields: dict[str, object], valid: bool) -> None:
    document = {**AVIS, **fields}
    assert validator(schemas.Avis).is_valid(document) is valid
    if valid:
        msgspec.convert(document, schemas.Avis)
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(document, schemas.Avis)


def test_settings_of_an_unknown_control_are_refused() -> None:
    document = {"societe_id": 7, "controles": {"DOUBLONS": {"actif": False}}}
    assert not validator(schemas.Parametres).is_valid(document)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, schemas.Parametres)


@pytest.mark.parametrize("montant", ["1,50", "1.505", "1e3", " 1.50", "+1.50", ".5", "12345678901234.00", 1.5, None])
def test_amounts_are_decimal_strings(montant: object) -> None:
    document = {"societe_id": 7, "compte_num": "512000", "date": "2025-01-31", "solde": montant}
    assert not validator(schemas.PositionTresorerie).is_valid(document)


@pytest.mark.parametrize(
    ("canal", "adresse", "valid"),
    [
        ("WEBHOOK", "https://erp.example.fr/alertes?key=1", True),
        ("WEBHOOK", "https:///alertes", False),
        ("WEBHOOK", "https://erp.example.fr/\n", False),
        ("WEBHOOK", "anne@example.fr", False),
        ("EMAIL", "anne@example.fr", True),
        ("EMAIL", "anne@example.fr , paul@example.fr", True),
        ("EMAIL", "anne@example.fr\n", False),
        ("EMAIL", "anne@example.fr,", False),
        ("EMAIL", "a\0@example.fr", False),
        ("EMAIL", "https://erp.example.fr/alertes", False),
    ],
)
def test_the_address_of_a_destination_is_of_its_channel(canal: str, adresse: str, valid: bool) -> None:
    document = {"societe_id": 7, "alertes": {"destinations": [{"canal": canal, "adresse": adresse}]}}
    assert validator(schemas.Parametres).is_valid(document) is valid
    if valid:
        msgspec.convert(document, schemas.Parametres)
    else:
        with pytest.raises(msgspec.ValidationError, match="`adresse` of"):
            msgspec.convert(document, schemas.Parametres)
