"""The AsyncAPI document: complete, and without a reference that leads nowhere."""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

import topics
from schemas import Record
from schemas.json_schema import record_types
from topics.asyncapi import asyncapi
from topics.headers import ALWAYS_FOLLOW, MAY_FOLLOW
from wisebook_ml.messaging.events import Headers, event_headers, provenance

DOCUMENT = asyncapi()
NOON = dt.datetime(2025, 1, 31, 12, tzinfo=dt.UTC)
KEY = re.compile(r"^[a-zA-Z0-9.\-_]+$")
"""What AsyncAPI 3.0.0 allows as the key of a component."""


def at(reference: str) -> object:
    node: object = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        assert isinstance(node, dict)
        assert part in node, reference
        node = node[part]
    return node


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"]
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def test_it_is_an_asyncapi_3_document() -> None:
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= DOCUMENT["info"].keys()  # type: ignore[attr-defined]
    server = at("#/servers/kafka")
    assert isinstance(server, dict)
    assert server["protocol"] == "kafka"
    assert re.findall(r"\{(\w+)\}", server["host"]) == list(server["variables"])


def test_every_reference_leads_somewhere() -> None:
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        at(reference)


def test_component_keys_are_valid() -> None:
    components = DOCUMENT["components"]
    assert isinstance(components, dict)
    for group in components.values():
        assert all(KEY.match(key) for key in group)


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
class TestEveryTopic:
    def test_it_is_a_channel_with_its_configuration(self, topic: topics.Topic) -> None:
        channel = at(f"#/channels/{topic.name}")
        assert isinstance(channel, dict)
        assert channel["address"] == "{prefix}" + topic.name
        assert set(re.findall(r"\{(\w+)\}", channel["address"])) == set(channel["parameters"])
        kafka = channel["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        configuration = kafka["topicConfiguration"]
        assert configuration.keys() == topic.config().keys()
        assert ",".join(configuration["cleanup.policy"]) == topic.config()["cleanup.policy"]

    def test_its_messages_say_what_they_are(self, topic: topics.Topic) -> None:
        messages = at(f"#/channels/{topic.name}/messages")
        assert isinstance(messages, dict)
        expected = {record.__name__ for record in topic.records} or {"DeadLetter"}
        assert set(messages) == expected
        for record in topic.records:
            message = at(messages[record.__name__]["$ref"])
            assert isinstance(message, dict)
            assert message["name"] == record.ce_type
            assert message["headers"]["properties"]["ce_type"]["const"] == record.ce_type
            assert message["bindings"]["kafka"]["key"]["description"].startswith(f"The value's `{topic.key}`")

    def test_somebody_reads_or_writes_it(self, topic: topics.Topic) -> None:
        operations = DOCUMENT["operations"]
        assert isinstance(operations, dict)
        own = [o for o in operations.values() if o["channel"]["$ref"] == f"#/channels/{topic.name}"]
        assert own
        for operation in own:
            assert operation["action"] in {"send", "receive"}
            for message in operation["messages"]:
                assert message["$ref"].startswith(f"#/channels/{topic.name}/messages/")


def test_every_message_is_sent_by_somebody() -> None:
    operations = DOCUMENT["operations"]
    assert isinstance(operations, dict)
    sent = {m["$ref"].split("/")[-1] for o in operations.values() if o["action"] == "send" for m in o["messages"]}
    assert sent == {record.__name__ for record in record_types()} | {"DeadLetter"}


def test_headers_of_a_cloud_event() -> None:
    headers = {
        "ce_specversion": "1.0",
        "ce_id": "7",
        "ce_source": "/wisebook/core",
        "ce_type": "fr.wisebook.ecriture.v1",
        "ce_time": "2025-01-31T10:00:00Z",
        "content-type": "application/json",
    }
    schema = at("#/components/schemas/CloudEventHeaders")
    assert isinstance(schema, dict)
    jsonschema.validate(headers, schema)
    for name in headers:
        missing = {key: value for key, value in headers.items() if key != name}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(missing, schema)


def accepted(record: type[Record], headers: Headers) -> bool:
    """Return whether a message's declared headers take these."""
    message = at(f"#/components/messages/{record.__name__}")
    assert isinstance(message, dict)
    schema = {**message["headers"], "components": DOCUMENT["components"]}
    told = {name: (value or b"").decode() for name, value in headers}
    return jsonschema.Draft7Validator(schema).is_valid(told)


@pytest.mark.parametrize("record", record_types(), ids=lambda record: record.__name__)
def test_headers_of_records_are_those_that_roles_write(record: type[Record]) -> None:
    plain = event_headers(record, id_="7", source="wisebook-ml/scoring", time=NOON)
    caused = provenance("wisebook.entries", 3, 17, NOON)
    assert accepted(record, [*plain, *caused])
    assert accepted(record, plain) is (record not in ALWAYS_FOLLOW)
    assert not accepted(record, caused)
    if record in ALWAYS_FOLLOW | MAY_FOLLOW:
        assert accepted(record, [*plain, *provenance("wisebook.entries", 3, 17)])
        assert not accepted(record, [*plain, *caused[:2], ("wb_offset", b"-1")])


def test_headers_of_a_dead_letter() -> None:
    schema = at("#/components/schemas/DeadLetterHeaders")
    assert isinstance(schema, dict)
    headers = {"wb_topic": "wisebook.entries", "wb_partition": "3", "wb_offset": "17", "wb_reason": "SCHEMA"}
    jsonschema.validate({**headers, "wb_detail": "`$.lignes`: empty", "anything": "else"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**headers, "wb_offset": "-1"}, schema)


def test_publishers_of_entries_are_told_how_keys_are_placed() -> None:
    channel = at("#/channels/entries")
    assert isinstance(channel, dict)
    assert "partitioner=murmur2_random" in channel["description"]
    assert "partitioner=murmur2_random" in (Path(__file__).parents[2] / "README.md").read_text()
