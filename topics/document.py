"""The page of all topics, for people: what is on each, who writes and reads it, and what its records hold.

Written from the same declarations as the AsyncAPI document, by ``python -m wisebook_ml.handbook.document write``.
"""

import datetime as dt
import textwrap
from collections.abc import Iterable, Iterator
from inspect import cleandoc

import topics
from schemas import Record
from schemas.json_schema import JsonObject, components
from topics.access import ACCESS
from topics.field_types import default_of, link_to, type_of
from topics.headers import ALWAYS_FOLLOW, CLOUD_EVENT_HEADERS, DEAD_LETTER_HEADERS, MAY_FOLLOW, PROVENANCE_HEADERS
from topics.roles import RECEIVES, SENDS
from topics.topic import Topic

__all__ = ["document"]

WIDTH = 120
"""Columns of a paragraph."""

REFUSED = "what was refused, byte for byte, with [headers](#headers) that say why"

HEADER = """\
# Topics

Every topic of the system, with the records on it. This page is written from the code (`topics/`, `schemas/`): `make
contracts` writes it anew. For programs, `schemas/asyncapi.json` says the same as AsyncAPI 3, and `schemas/json/` has a
JSON Schema for each record.

A deployment puts its prefix before the names (`wisebook.`). Keys are text, values JSON in UTF-8. A field that has its
default may be left out; unknown additional fields are accepted. `publish` stands for whoever publishes for WiseBook
(core, or the command line); the other writers and readers are the roles of `wisebook-ml worker`, and `api`. Who *may*
read and write is what `wisebook-ml topics apply --acls` writes to the brokers (`topics/access.py`), where `publisher`
is WiseBook core and `subscriber` another team.

The key decides the partition by murmur2, as in Java's clients. But what follows from a record of a company lies on the
partition of that record: detections, predictions and counts, and positions that are derived from entries. So those of
a company stay in order whatever their keys are. Markers and ticks of all companies are placed on every partition.

Records that follow from others are written in transactions: read with `isolation.level=read_committed`. Where a record
has a `revision`, the highest one of an id holds. *Kept* are records for that long; of a compacted topic, the last
record of each key.
"""


def document() -> str:
    """Return the page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    records = sorted({record for topic in topics.ALL for record in topic.records}, key=lambda one: one.__name__)
    schemas = components(records, "#{name}")
    names = {record.__name__ for record in records}
    parts = {name: schema for name, schema in schemas.items() if name not in names and "properties" in schema}
    values = {name: schema for name, schema in schemas.items() if "enum" in schema}
    yield HEADER
    yield "| topic | key | partitions | kept | records |"
    yield "|---|---|---:|---|---|"
    yield from map(_row, topics.ALL)
    for topic in topics.ALL:
        yield from _topic(topic)
    yield from _headers()
    yield "\n## Records"
    for record in records:
        yield from _record(record, schemas[record.__name__])
    yield "\n## Parts of records"
    for name, schema in parts.items():
        yield f"\n### {name}\n"
        yield from _described(schema)
        yield from _fields(schema)
    yield "\n## Values\n"
    yield "| type | values |"
    yield "|---|---|"
    for name, schema in values.items():
        listed = schema["enum"]
        assert isinstance(listed, list)
        yield f'| <a id="{name.lower()}"></a>{name} | {", ".join(f"`{value}`" for value in listed)} |'


def _row(topic: Topic) -> str:
    cells = (
        f"[{topic.name}](#{topic.name})",
        _key(topic),
        str(topic.partitions),
        _kept(topic),
        _linked(topic.records) or "any bytes",
    )
    return f"| {' | '.join(cells)} |"


def _key(topic: Topic) -> str:
    return f"`{topic.key}`" if topic.records else topic.key


def _kept(topic: Topic) -> str:
    kept = "for ever" if topic.retention is None else _days(topic.retention)
    return f"compacted, {kept}" if topic.compacted else kept


def _days(span: dt.timedelta) -> str:
    days = span // topics.DAY
    return f"{days} day" + "s" * (days != 1)


def _linked(records: Iterable[type[Record]]) -> str:
    return ", ".join(link_to(record.__name__) for record in records)


def _topic(topic: Topic) -> Iterator[str]:
    yield f"\n## {topic.name}\n"
    yield _paragraph(topic.description)
    yield ""
    yield f"- key: {_key(topic)}; {topic.partitions} partition{'s' * (topic.partitions != 1)} at creation"
    yield f"- kept: {_kept(topic)} (`cleanup.policy={topic.config()['cleanup.policy']}`)"
    yield f"- largest record: {topic.max_message_bytes // 1024:,} KiB"
    yield f"- written by: {_roles(SENDS, topic)}"
    yield f"- read by: {_roles(RECEIVES, topic) or 'subscribers'}"
    yield f"- may be read by: {_may(topic, 'reads')}; written by: {_may(topic, 'writes')}"
    yield f"- records: {_linked(topic.records) or REFUSED}"


def _roles(by_role: dict[str, tuple[tuple[Topic, tuple[type[Record], ...]], ...]], topic: Topic) -> str:
    """Return which roles have to do with a topic, each with the records, where these are not all of the topic."""
    told = []
    for role, channels in by_role.items():
        for channel, records in channels:
            if channel is topic:
                some = "" if set(records) == set(topic.records) else f" ({_linked(records)})"
                told.append(f"`{role}`{some}")
    return ", ".join(told)


def _may(topic: Topic, does: str) -> str:
    """Return who has the right to read or to write a topic."""
    return ", ".join(f"`{access.role}`" for access in ACCESS if topic in getattr(access, does)) or "nobody"


def _headers() -> Iterator[str]:
    yield "\n## Headers\n"
    yield _paragraph("Every record has those of CloudEvents 1.0 for Kafka, in binary mode.")
    yield ""
    yield from _fields(CLOUD_EVENT_HEADERS)
    yield ""
    always, sometimes = _linked(_by_name(ALWAYS_FOLLOW)), _linked(_by_name(MAY_FOLLOW))
    yield _paragraph(
        f"Where a role made a record of one that it read, it says of which. That is always so of {always}; of "
        f"{sometimes}, where they come neither from a person nor from the clock or a bank."
    )
    yield ""
    yield from _fields(PROVENANCE_HEADERS)
    yield ""
    yield _paragraph("A dead letter has the headers that the record had, and these.")
    yield ""
    yield from _fields(DEAD_LETTER_HEADERS)


def _by_name(records: Iterable[type[Record]]) -> list[type[Record]]:
    return sorted(records, key=lambda one: one.__name__)


def _record(record: type[Record], schema: JsonObject) -> Iterator[str]:
    where = ", ".join(f"[{topic.name}](#{topic.name})" for topic in topics.ALL if record in topic.records)
    yield f"\n### {record.__name__}\n"
    yield f"`ce_type`: `{record.ce_type}`; on {where}.\n"
    yield from _described(schema)
    yield from _fields(schema)


def _described(schema: JsonObject) -> Iterator[str]:
    for paragraph in cleandoc(str(schema.get("description", ""))).split("\n\n"):
        if paragraph:
            yield _paragraph(paragraph)
            yield ""


def _fields(schema: JsonObject) -> Iterator[str]:
    """Yield the table of what a record, a part of one, or a set of headers holds."""
    properties, required = schema["properties"], schema.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    yield "| field | type | default | |"
    yield "|---|---|---|---|"
    for name, field in properties.items():
        default = "**required**" if name in required else default_of(field)
        yield f"| `{name}` | {type_of(field)} | {default} | {_about(field)} |"


def _about(field: JsonObject) -> str:
    choices = field.get("anyOf", [])
    assert isinstance(choices, list)
    described = next((str(one["description"]) for one in (field, *choices) if "description" in one), "")
    return described.replace("\n", " ").replace("|", "\\|")


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), WIDTH, break_on_hyphens=False, break_long_words=False)
