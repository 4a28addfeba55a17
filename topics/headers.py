"""The headers that records have, as JSON Schemas: CloudEvents, provenance, and those of dead letters."""

from schemas import (
    Alerte,
    Comptage,
    DemandeEntrainement,
    Derive,
    Detection,
    Echeancier,
    Esquisse,
    PositionTresorerie,
    Prediction,
    Record,
)
from schemas.json_schema import JsonObject

__all__ = ["ALWAYS_FOLLOW", "CLOUD_EVENT_HEADERS", "DEAD_LETTER_HEADERS", "MAY_FOLLOW", "PROVENANCE_HEADERS"]

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
