"""A change of the contract that would break publishers or subscribers is found, and told with what to do."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from topics import contracts
from topics.asyncapi import asyncapi
from topics.compatibility import compare, objections

Document = dict[str, Any]
Edit = Callable[[Document], object]


def document() -> Document:
    return copy.deepcopy(asyncapi())


def schema(document: Document, name: str) -> Document:
    return document["components"]["schemas"][name]  # type: ignore[no-any-return]


def field(document: Document, path: str) -> Document:
    name, _, inside = path.partition(".")
    return schema(document, name)["properties"][inside]  # type: ignore[no-any-return]


def versioned(document: Document, *, majors: int = 0, minors: int = 0) -> Document:
    """Raise the version of a document."""
    major, minor, patch = map(int, document["info"]["version"].split("."))
    document["info"]["version"] = f"{major + majors}.{minor + minors}.{patch}"
    return document


def edited(edit: Edit) -> Document:
    new = document()
    edit(new)
    assert new != document(), "the test changes nothing"
    return new


def test_this_contract_keeps_what_the_last_release_promised() -> None:
    assert contracts.incompatible() == []


def test_the_same_contract_does_not_differ_from_itself() -> None:
    assert compare(document(), document()) == []
    assert objections(document(), document()) == []


def drop(container: Document, key: str) -> None:
    del container[key]


BREAKING: dict[str, tuple[Edit, str, str]] = {
    "field removed": (
        lambda d: drop(schema(d, "Ecriture")["properties"], "saisie_par"),
        "Ecriture.saisie_par: is gone",
        "go on writing it until the next major version",
    ),
    "field required": (
        lambda d: schema(d, "Ecriture")["required"].append("saisie_par"),
        "Ecriture.saisie_par: is required now",
        "give it a default",
    ),
    "new field required": (
        lambda d: (
            schema(d, "Ecriture")["properties"].update(siren={"type": "string"}),
            schema(d, "Ecriture")["required"].append("siren"),
        ),
        "Ecriture.siren: is new and required",
        "give it a default",
    ),
    "field may be missing": (
        lambda d: schema(d, "Detection")["required"].remove("score"),
        "Detection.score: may be left out now",
        "readers rely on it",
    ),
    "type changed": (
        lambda d: field(d, "Detection.revision").update(type="string"),
        "Detection.revision: was integer and is string",
        "new record type",
    ),
    "null is no more allowed": (
        lambda d: field(d, "Ecriture.valid_date").update(anyOf=[{"type": "string", "format": "date"}]),
        "Ecriture.valid_date: may not be null any more",
        "go on taking it",
    ),
    "null appears": (
        lambda d: schema(d, "Detection")["properties"].update(
            score={"anyOf": [{"type": "number", "minimum": 0, "maximum": 100}, {"type": "null"}]}
        ),
        "Detection.score: may be null, which readers do not expect",
        "add another field",
    ),
    "value removed": (
        lambda d: schema(d, "Operation")["enum"].remove("VALIDATION"),
        "Operation: the value VALIDATION is gone",
        "old records have it",
    ),
    "shorter": (
        lambda d: field(d, "Ecriture.ecriture_id").update(maxLength=100),
        "Ecriture.ecriture_id: maxLength was 200 and is 100",
        "go on taking what was taken",
    ),
    "higher minimum": (
        lambda d: field(d, "Ecriture.revision").update(minimum=2),
        "Ecriture.revision: minimum was 1 and is 2",
        "go on taking what was taken",
    ),
    "another pattern": (
        lambda d: field(d, "Ligne.debit").update(pattern="^[0-9]+$"),
        "Ligne.debit: pattern was",
        "keep it",
    ),
    "another default": (
        lambda d: field(d, "Ecriture.revision").update(default=0),
        "Ecriture.revision: its default was 1 and is 0",
        "would mean something else",
    ),
    "items changed": (
        lambda d: field(d, "MotifDetection.lignes")["items"].update(type="string"),
        "MotifDetection.lignes[]: was integer and is string",
        "new record type",
    ),
    "a rule between fields": (
        lambda d: drop(schema(d, "Avis"), "allOf"),
        "Avis: the rule 'allOf' between fields changed",
        "keep it",
    ),
    "topic removed": (lambda d: drop(d["channels"], "alerts"), "topic alerts: is gone", "until the next major version"),
    "record removed": (
        lambda d: drop(d["channels"]["entries"]["messages"], "Tick"),
        "topic entries: carries Tick no more",
        "until the next major version",
    ),
    "fewer partitions": (
        lambda d: d["channels"]["entries"]["bindings"]["kafka"].update(partitions=1),
        "topic entries: has fewer partitions",
        "keep them",
    ),
    "compacted": (
        lambda d: d["channels"]["entries"]["bindings"]["kafka"]["topicConfiguration"].update(
            {"cleanup.policy": ["compact"]}
        ),
        "topic entries: is cleaned up otherwise",
        "another topic",
    ),
    "smaller": (
        lambda d: d["channels"]["entries"]["bindings"]["kafka"]["topicConfiguration"].update({"max.message.bytes": 9}),
        "topic entries: takes 9 bytes",
        "keep room",
    ),
    "another ce_type": (
        lambda d: d["components"]["messages"]["Ecriture"].update(name="fr.wisebook.ecriture.v2"),
        "message Ecriture: its ce_type is fr.wisebook.ecriture.v2",
        "new record type",
    ),
    "another key": (
        lambda d: d["components"]["messages"]["Detection"]["bindings"]["kafka"].update(key={"type": "integer"}),
        "message Detection: its key is another",
        "keep the key",
    ),
    "header removed": (
        lambda d: d["components"]["messages"]["Detection"]["headers"]["required"].remove("wb_offset"),
        "message Detection: has header wb_offset no more",
        "readers rely on it",
    ),
}

GROWTH: dict[str, tuple[Edit, str]] = {
    "new field": (
        lambda d: schema(d, "Detection")["properties"].update(note={"type": "string", "default": ""}),
        "Detection.note: is new, and readers pass over it",
    ),
    "new value": (
        lambda d: schema(d, "Severite")["enum"].append("NOUVELLE"),
        "Severite: has the value NOUVELLE, which readers pass over",
    ),
    "longer": (lambda d: field(d, "Ecriture.ecriture_id").update(maxLength=300), "maxLength was 200 and is 300"),
    "new topic": (lambda d: d["channels"].update(more=d["channels"]["alerts"]), "topic more: is new"),
    "new record": (
        lambda d: d["channels"]["alerts"]["messages"].update(More={}),
        "topic alerts: carries More, which readers pass over by its ce_type",
    ),
    "more partitions": (
        lambda d: d["channels"]["entries"]["bindings"]["kafka"].update(partitions=12),
        "topic entries: has more partitions",
    ),
    "kept for less": (
        lambda d: d["channels"]["alerts"]["bindings"]["kafka"]["topicConfiguration"].update({"retention.ms": 1}),
        "retention.ms is 1",
    ),
}


@pytest.mark.parametrize(("edit", "what", "advice"), BREAKING.values(), ids=BREAKING)
def test_what_breaks_somebody_is_refused_with_what_to_do(edit: Edit, what: str, advice: str) -> None:
    new = edited(edit)
    (told,) = objections(document(), versioned(new, minors=1))
    assert told.startswith(what)
    assert advice in told
    assert objections(document(), versioned(new, majors=1)) == []


@pytest.mark.parametrize(("edit", "what"), GROWTH.values(), ids=GROWTH)
def test_what_only_adds_needs_a_higher_version(edit: Edit, what: str) -> None:
    new = edited(edit)
    (change,) = compare(document(), new)
    assert what in str(change)
    assert not change.breaking
    (told,) = objections(document(), new)
    assert "raise the minor part of CONTRACT_VERSION" in told
    assert objections(document(), versioned(new, minors=1)) == []


def test_other_words_are_no_change() -> None:
    def reword(new: Document) -> None:
        schema(new, "Ecriture")["description"] = "An entry."
        new["channels"]["entries"]["description"] = "Entries."

    assert compare(document(), edited(reword)) == []


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert contracts.main(["release"], tmp_path) == 0
    assert contracts.main(["compatible"], tmp_path) == 0
    path = tmp_path / contracts.RELEASED
    released = json.loads(path.read_text())
    schema(released, "Ecriture")["properties"]["forgotten"] = {"type": "string"}
    path.write_text(json.dumps(released))
    assert contracts.main(["compatible"], tmp_path) == contracts.INCOMPATIBLE
    output = capsys.readouterr()
    assert output.out == "Ecriture.forgotten: is gone; go on writing it until the next major version\n"
    assert "docs/subscribing.md" in output.err
