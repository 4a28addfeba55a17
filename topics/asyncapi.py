"""The AsyncAPI 3.0.0 document of the system: every topic, its messages, and who sends and receives them."""

from collections.abc import Iterable

import topics
from schemas import Record
from schemas.json_schema import JsonObject, components
from topics.headers import ALWAYS_FOLLOW, CLOUD_EVENT_HEADERS, DEAD_LETTER_HEADERS, MAY_FOLLOW, PROVENANCE_HEADERS
from topics.roles import RECEIVES, SENDS
from topics.topic import Topic

__all__ = ["asyncapi"]

CONTRACT_VERSION = "1.1.0"
"""Raised by hand: the minor part for a new field, topic or record, the major one for what breaks readers."""

DEFAULT_PREFIX = "wisebook."
BINDING_VERSION = "0.5.0"
SCHEMA_REF = "#/components/schemas/{name}"
DEAD_LETTER_MESSAGE = "DeadLetter"


def asyncapi() -> JsonObject:
    """Return the AsyncAPI document of all topics."""
    records = sorted({record for topic in topics.ALL for record in topic.records}, key=lambda r: r.__name__)
    owners = {record: topic for topic in topics.ALL for record in topic.records}
    schemas = components(records, SCHEMA_REF)
    messages = {record.__name__: _message(record, owners[record], schemas) for record in records}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:wisebook:ml",
        "info": {
            "title": "wisebook_ml",
            "version": CONTRACT_VERSION,
            "description": "Scores French accounting ledgers in a Kafka stream and explains what it finds. "
            "Additional fields in a value are accepted and ignored.",
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "The brokers of a deployment.",
                "variables": {
                    "bootstrap": {"default": "localhost:9092", "description": "host:port of a Kafka broker."}
                },
            }
        },
        "channels": {topic.name: _channel(topic) for topic in topics.ALL},
        "operations": {
            f"{role}.{action}.{topic.name}": _operation(role, action, topic, carried)
            for action, roles in (("receive", RECEIVES), ("send", SENDS))
            for role, channels in roles.items()
            for topic, carried in channels
        },
        "components": {
            "messages": {**messages, DEAD_LETTER_MESSAGE: _dead_letter()},
            "parameters": {
                "prefix": {
                    "default": DEFAULT_PREFIX,
                    "description": "What a deployment puts before its topics' names (`topic_prefix`).",
                }
            },
            "schemas": {
                "CloudEventHeaders": CLOUD_EVENT_HEADERS,
                "ProvenanceHeaders": PROVENANCE_HEADERS,
                "DeadLetterHeaders": DEAD_LETTER_HEADERS,
                **schemas,
            },
        },
    }


def _message_names(records: Iterable[type[Record]]) -> list[str]:
    return [record.__name__ for record in records] or [DEAD_LETTER_MESSAGE]


def _channel(topic: Topic) -> JsonObject:
    config = topic.config()
    return {
        "address": topic.full_name("{prefix}"),
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _message_names(topic.records)},
        "parameters": {"prefix": {"$ref": "#/components/parameters/prefix"}},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": config["cleanup.policy"].split(","),
                    "retention.ms": int(config["retention.ms"]),
                    "max.message.bytes": int(config["max.message.bytes"]),
                },
                "bindingVersion": BINDING_VERSION,
            }
        },
    }


def _operation(role: str, action: str, topic: Topic, records: tuple[type[Record], ...]) -> JsonObject:
    names = _message_names(records)
    does, where = ("reads", "from") if action == "receive" else ("writes", "to")
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"`{role}` {does} {', '.join(names)} {where} {topic.name}.",
        "tags": [{"name": role}],
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in names],
    }


def _message(record: type[Record], topic: Topic, schemas: dict[str, JsonObject]) -> JsonObject:
    schema = schemas[record.__name__]
    return {
        "name": record.ce_type,
        "title": record.__name__,
        "summary": str(schema["description"]).partition("\n\n")[0].replace("\n", " "),
        "contentType": "application/json",
        "headers": _headers(record),
        "payload": {"$ref": SCHEMA_REF.format(name=record.__name__)},
        "bindings": {"kafka": {"key": _key(topic, schema), "bindingVersion": BINDING_VERSION}},
    }


def _headers(record: type[Record]) -> JsonObject:
    carried = ["CloudEventHeaders"]
    headers: JsonObject = {"type": "object", "properties": {"ce_type": {"const": record.ce_type}}}
    if record in ALWAYS_FOLLOW | MAY_FOLLOW:
        carried.append("ProvenanceHeaders")
    if record in ALWAYS_FOLLOW:
        headers["required"] = ["wb_topic", "wb_partition", "wb_offset"]
    return {**headers, "allOf": [{"$ref": SCHEMA_REF.format(name=name)} for name in carried]}


def _key(topic: Topic, schema: JsonObject) -> JsonObject:
    """Return the schema of the message key: the text of the field that the topic is keyed by."""
    properties = schema["properties"]
    assert isinstance(properties, dict)
    field = properties.get(topic.key)
    if field is None:  # made of several fields
        return {"type": "string", "description": f"The value's `{topic.key}`, as UTF-8 text."}
    key: JsonObject = {"type": "string", "description": f"The value's `{topic.key}`, as UTF-8 text."}
    if field.get("type") == "integer":
        key["pattern"] = "^(0|[1-9][0-9]*)$"
    elif "format" in field:
        key["format"] = field["format"]
    return key


def _dead_letter() -> JsonObject:
    return {
        "name": DEAD_LETTER_MESSAGE,
        "title": "Dead letter",
        "summary": "A record that does not fit its contract: key and value as they were, byte for byte.",
        "contentType": "application/octet-stream",
        "headers": {"$ref": "#/components/schemas/DeadLetterHeaders"},
        "payload": {"description": "The original bytes, which may be anything."},
        "bindings": {
            "kafka": {
                "key": {"description": "The original key, if there was one."},
                "bindingVersion": BINDING_VERSION,
            }
        },
    }
