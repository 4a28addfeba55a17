"""The AsyncAPI 3.0.0 document of the system: every topic, its messages, and who sends and receives them."""

from collections.abc import Iterable

import topics
from schemas import (
    Acquittement,
    Activation,
    Alerte,
    AnnonceModele,
    AnnulationEntrainement,
    Avis,
    Campagne,
    Comptage,
    DemandeEntrainement,
    Derive,
    Detection,
    Echeancier,
    Ecriture,
    Esquisse,
    ExecutionMinuterie,
    Fenetre,
    Livraison,
    Parametres,
    PositionTresorerie,
    Prediction,
    Record,
    Reglage,
    Reprise,
    Statistique,
    Tick,
    Travailleur,
)
from schemas.json_schema import JsonObject, components
from topics.topic import Topic

__all__ = ["asyncapi"]

CONTRACT_VERSION = "1.1.0"
"""Raised by hand: the minor part for a new field, topic or record, the major one for what breaks readers."""

DEFAULT_PREFIX = "wisebook."
BINDING_VERSION = "0.5.0"
SCHEMA_REF = "#/components/schemas/{name}"
DEAD_LETTER_MESSAGE = "DeadLetter"

RECEIVES: dict[str, tuple[tuple[Topic, tuple[type[Record], ...]], ...]] = {
    "scoring": (
        (topics.ENTRIES, (Ecriture, Activation, Reglage, Tick, Reprise)),
        (topics.MODELS, (AnnonceModele,)),
    ),
    "tuning": (
        (topics.SETTINGS, (Parametres,)),
        (topics.FEEDBACK, (Avis,)),
    ),
    "prediction": (
        (topics.ENTRIES, (Ecriture, Activation, Reglage, Tick)),
        (topics.MODELS, (AnnonceModele,)),
        (topics.FEEDBACK, (Avis,)),
        (topics.TREASURY, (PositionTresorerie,)),
    ),
    "treasury": ((topics.TREASURY, (PositionTresorerie, Echeancier, Activation, Reglage)),),
    "cash": ((topics.ENTRIES, (Ecriture, Activation, Reglage, Tick)),),
    "storage": (
        (topics.DETECTIONS, (Detection,)),
        (topics.TRAINING_CAMPAIGNS, (Campagne,)),
        (topics.STATISTICS, (Statistique,)),
        (topics.DRIFT, (Derive,)),
        (topics.TIMER_RUNS, (ExecutionMinuterie,)),
    ),
    "statistics": (
        (topics.COUNTS, (Comptage,)),
        (topics.DETECTIONS, (Detection,)),
        (topics.FEEDBACK, (Avis,)),
        (topics.WINDOWS, (Fenetre,)),
    ),
    "replay": (
        (topics.ENTRIES, (Ecriture, Activation, Reglage, Tick, Reprise)),
        (topics.DETECTIONS, (Detection,)),
    ),
    "drift": ((topics.SKETCHES, (Esquisse,)),),
    "alerting": (
        (topics.DETECTIONS, (Detection,)),
        (topics.ACKNOWLEDGEMENTS, (Acquittement,)),
    ),
    "delivery": ((topics.ALERTS, (Alerte,)),),
    "timers": ((topics.TIMER_RUNS, (ExecutionMinuterie,)),),
    "training": (
        (topics.TRAINING_REQUESTS, (DemandeEntrainement, AnnulationEntrainement)),
        (topics.ENTRIES, (Ecriture,)),
        (topics.TREASURY, (PositionTresorerie,)),
        (topics.FEEDBACK, (Avis,)),
    ),
    "api": (
        (topics.WORKERS, (Travailleur,)),
        (topics.TIMER_RUNS, (ExecutionMinuterie,)),
        (topics.DEAD_LETTER, ()),
    ),
}
"""What each role of the application reads."""

MAKES: dict[str, tuple[tuple[Topic, tuple[type[Record], ...]], ...]] = {
    "scoring": (
        (topics.DETECTIONS, (Detection,)),
        (topics.ALERTS, (Alerte,)),
        (topics.COUNTS, (Comptage,)),
        (topics.SKETCHES, (Esquisse,)),
        (topics.DEAD_LETTER, ()),
    ),
    "statistics": (
        (topics.STATISTICS, (Statistique,)),
        (topics.WINDOWS, (Fenetre,)),
        (topics.DEAD_LETTER, ()),
    ),
    "drift": (
        (topics.DRIFT, (Derive,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement,)),
        (topics.DEAD_LETTER, ()),
    ),
    "alerting": (
        (topics.ALERTS, (Alerte,)),
        (topics.DEAD_LETTER, ()),
    ),
    "delivery": (
        (topics.DELIVERIES, (Livraison,)),
        (topics.DEAD_LETTER, ()),
    ),
    "prediction": (
        (topics.PREDICTIONS, (Prediction,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement,)),
        (topics.ALERTS, (Alerte,)),
        (topics.DEAD_LETTER, ()),
    ),
    "treasury": (
        (topics.PREDICTIONS, (Prediction,)),
        (topics.DETECTIONS, (Detection,)),
        (topics.ALERTS, (Alerte,)),
        (topics.DEAD_LETTER, ()),
    ),
    "cash": ((topics.TREASURY, (PositionTresorerie, Echeancier)),),
    "storage": ((topics.DEAD_LETTER, ()),),
    "training": (
        (topics.TRAINING_CAMPAIGNS, (Campagne,)),
        (topics.MODELS, (AnnonceModele,)),
        (topics.ENTRIES, (Activation,)),
        (topics.TREASURY, (Activation,)),
        (topics.DEAD_LETTER, ()),
    ),
    "tuning": (
        (topics.ENTRIES, (Reglage,)),
        (topics.TREASURY, (Reglage,)),
        (topics.SETTINGS, (Parametres,)),
        (topics.DEAD_LETTER, ()),
    ),
    "timers": (
        (topics.ENTRIES, (Tick,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement,)),
        (topics.TIMER_RUNS, (ExecutionMinuterie,)),
    ),
    "api": (
        (topics.FEEDBACK, (Avis,)),
        (topics.ACKNOWLEDGEMENTS, (Acquittement,)),
        (topics.TRAINING_REQUESTS, (DemandeEntrainement, AnnulationEntrainement)),
        (topics.SETTINGS, (Parametres,)),
        (topics.MODELS, (AnnonceModele,)),
        (topics.ENTRIES, (Activation,)),
        (topics.TREASURY, (Activation,)),
    ),
    "replay": ((topics.ENTRIES, (Reprise,)),),
    "publish": (
        (topics.ENTRIES, (Ecriture, Tick)),
        (topics.TREASURY, (PositionTresorerie,)),
        (topics.FEEDBACK, (Avis,)),
    ),
}
"""What each role writes; `publish` is WiseBook core, or the command that imports a file in its place,
and `replay` the command of that name."""

REPORT: tuple[Topic, tuple[type[Record], ...]] = (topics.WORKERS, (Travailleur,))
"""What every process of this application writes besides."""

COMMANDS = frozenset({"publish", "replay"})

SENDS = {role: channels if role in COMMANDS else (*channels, REPORT) for role, channels in MAKES.items()}

CLOUD_EVENT_HEADERS: JsonObject = {
    "title": "CloudEvents 1.0 headers, Kafka protocol binding, binary content mode",
    "type": "object",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "minLength": 1, "description": "Unique together with `ce_source`."},
        "ce_source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "ce_type": {"type": "string", "description": "Tells which record type the value is."},
        "ce_time": {
            "type": "string",
            "format": "date-time",
            "description": "Event time (RFC 3339, with an offset from UTC): the time that windows go by, unless "
            "`wb_time` tells another.",
        },
        "content-type": {"type": "string", "examples": ["application/json"]},
        "wb_correlation": {
            "type": "string",
            "maxLength": 200,
            "description": "One id from what came in to all that followed. Whoever publishes may set it; what follows "
            "from a record without it has that record's `ce_id`.",
        },
    },
}

WHERE_HEADERS: JsonObject = {
    "wb_partition": {"type": "string", "pattern": "^[0-9]+$", "description": "Its partition."},
    "wb_offset": {"type": "string", "pattern": "^[0-9]+$", "description": "Its offset there."},
}

PROVENANCE_HEADERS: JsonObject = {
    "title": "Which record this one follows from",
    "description": "They come beside the CloudEvents headers where a role made the record of one that it read.",
    "type": "object",
    "properties": {
        "wb_topic": {"type": "string", "minLength": 1, "description": "Full name of the topic of that record."},
        **WHERE_HEADERS,
        "wb_time": {
            "type": "string",
            "format": "date-time",
            "description": "Event time of that record, where it is told: `ce_time` is when this one was made.",
        },
        "wb_replayed": {
            "type": "string",
            "pattern": "^[0-9]+$",
            "description": "Of a detection that a replay found: the offset of the entry that it is about. The record "
            "that it follows from is the marker by which it holds.",
        },
    },
}

ALWAYS_FOLLOW: frozenset[type[Record]] = frozenset({Comptage, Derive, Detection, Echeancier, Esquisse, Prediction})
"""Records that are made of other records, by whatever role."""

MAY_FOLLOW: frozenset[type[Record]] = frozenset({Alerte, DemandeEntrainement, PositionTresorerie})
"""Records that some roles make of others; from a person, the clock or a bank they come without provenance."""

DEAD_LETTER_HEADERS: JsonObject = {
    "title": "Where a dead letter came from and what is wrong with it",
    "description": "They come beside the headers that the record had, which are kept as they were.",
    "type": "object",
    "required": ["wb_topic", "wb_partition", "wb_offset", "wb_reason"],
    "properties": {
        "wb_topic": {"type": "string", "description": "Full name of the topic it was read from."},
        **WHERE_HEADERS,
        "wb_reason": {"type": "string", "description": "What kind of fault: a short code."},
        "wb_omitted": {"type": "string", "description": "Where a record stands that is too large to be repeated."},
        "wb_detail": {"type": "string", "description": "What to repair, for a person."},
    },
}


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
