"""What differs between two versions of the contract, and what of it breaks those who go by the older one.

Two promises hold within a major version. Whatever fitted the older version fits the newer one: publishers need not
change, and topics that are kept for ever stay readable. And whatever the newer version writes can be read by who knows
the older one, if he passes over fields and values of enumerations that he does not know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "compare", "objections"]

Node = Mapping[str, Any]

ANNOTATIONS = frozenset({"title", "description", "examples", "$schema", "$id"})
"""What tells people something, and refuses nothing."""

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")

OPAQUE = ("pattern", "format", "const", "multipleOf")
"""What cannot be said to be narrower or wider than another."""

STRUCTURE = frozenset(
    {"type", "properties", "required", "items", "additionalProperties", "propertyNames", "enum", "$ref"}
)
KIND = ("type", "$ref", "enum", "const")

NEW_TYPE = "publish it as a new record type (ce_type …v2) beside this one, and take this one away a major version later"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: where, what, whether it breaks somebody, and then what to do instead."""

    where: str
    what: str
    advice: str = ""

    @property
    def breaking(self) -> bool:
        """Whether somebody who goes by the older version is broken by it."""
        return bool(self.advice)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}{f'; {self.advice}' if self.advice else ''}"


def compare(old: Node, new: Node) -> list[Change]:
    """Return the differences between two AsyncAPI documents of ours, in the order of the older one."""
    return [*_channels(old, new), *_messages(old, new), *_schemas(old, new)]


def objections(old: Node, new: Node) -> list[str]:
    """Return why the newer document must not be released as it is; empty where it may."""
    changes = compare(old, new)
    before, after = (_version(document) for document in (old, new))
    if after[0] > before[0]:
        return []
    breaking = [str(change) for change in changes if change.breaking]
    if breaking:
        return breaking
    if changes and after <= before:
        told = ".".join(map(str, after))
        return [
            f"version: the contract has grown ({changes[0]}) and is still {told}; raise the minor part of "
            "CONTRACT_VERSION in topics/asyncapi.py, then run `make contracts`"
        ]
    return []


def _version(document: Node) -> tuple[int, int, int]:
    major, minor, patch = map(int, document["info"]["version"].split("."))
    return major, minor, patch


def _channels(old: Node, new: Node) -> Iterator[Change]:
    for name, channel in old["channels"].items():
        where = f"topic {name}"
        other = new["channels"].get(name)
        if other is None:
            yield Change(where, "is gone", "keep it until the next major version, even if nothing new is written there")
            continue
        for message in channel["messages"]:
            if message not in other["messages"]:
                yield Change(where, f"carries {message} no more", "keep it until the next major version")
        for message in other["messages"]:
            if message not in channel["messages"]:
                yield Change(where, f"carries {message}, which readers pass over by its ce_type")
        yield from _configuration(where, channel["bindings"]["kafka"], other["bindings"]["kafka"])
    for name in new["channels"]:
        if name not in old["channels"]:
            yield Change(f"topic {name}", "is new")


def _configuration(where: str, old: Node, new: Node) -> Iterator[Change]:
    if new["partitions"] < old["partitions"]:
        yield Change(where, "has fewer partitions", "Kafka cannot take partitions away; keep them")
    elif new["partitions"] > old["partitions"]:
        yield Change(where, "has more partitions, so keys change theirs")
    before, after = old["topicConfiguration"], new["topicConfiguration"]
    if after["cleanup.policy"] != before["cleanup.policy"]:
        yield Change(where, "is cleaned up otherwise", "keep cleanup.policy, or make another topic")
    size = "max.message.bytes"
    if after[size] < before[size]:
        yield Change(where, f"takes {after[size]} bytes, {before[size]} before", "keep room for what is published now")
    kept = "retention.ms"
    if after[kept] != before[kept]:
        yield Change(where, f"{kept} is {after[kept]}, {before[kept]} before")


def _messages(old: Node, new: Node) -> Iterator[Change]:
    others = new["components"]["messages"]
    for title, message in old["components"]["messages"].items():
        other = others.get(title)
        if other is None:
            continue  # told with its topic
        where = f"message {title}"
        if other["name"] != message["name"]:
            yield Change(where, f"its ce_type is {other['name']}, {message['name']} before", NEW_TYPE)
        keys = [one["bindings"]["kafka"]["key"] for one in (message, other)]
        if keys[0] != keys[1]:
            yield Change(where, "its key is another", "keep the key: it decides order, compaction and partition")
        before, after = (set(one["headers"].get("required", ())) for one in (message, other))
        for header in sorted(before - after):
            yield Change(where, f"has header {header} no more", "keep it: readers rely on it")


def _schemas(old: Node, new: Node) -> Iterator[Change]:
    others = new["components"]["schemas"]
    for name, schema in old["components"]["schemas"].items():
        if name in others:
            yield from _compare(schema, others[name], name)


def _compare(old: Node, new: Node, where: str) -> Iterator[Change]:
    """Yield what differs between two schemas of one thing; those they refer to are compared where they stand."""
    before, after = _alternatives(old), _alternatives(new)
    if len(before) > 1 or len(after) > 1:
        yield from _union(before, after, where)
        if old.get("default") != new.get("default"):
            yield _default(old, new, where)
        return
    if old.get("type") != new.get("type") or old.get("$ref") != new.get("$ref"):
        yield Change(where, f"was {_kind(old)} and is {_kind(new)}", NEW_TYPE)
        return
    yield from _enumeration(old, new, where)
    yield from _limits(old, new, where)
    for key in OPAQUE:
        if old.get(key) != new.get(key):
            yield Change(where, f"{key} was {old.get(key)!r} and is {new.get(key)!r}", f"keep it, or {NEW_TYPE}")
    if old.get("default") != new.get("default"):
        yield _default(old, new, where)
    yield from _fields(old, new, where)
    for key in ("items", "additionalProperties", "propertyNames"):
        if isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            yield from _compare(old[key], new[key], f"{where}[]" if key == "items" else f"{where}.{{{key}}}")
        elif old.get(key) != new.get(key):
            yield Change(where, f"{key} changed", f"keep it, or {NEW_TYPE}")
    known = {*ANNOTATIONS, *LOWER, *UPPER, *OPAQUE, *STRUCTURE, "default"}
    for key in sorted({*old, *new} - known):
        if old.get(key) != new.get(key):
            yield Change(where, f"the rule {key!r} between fields changed", f"keep it, or {NEW_TYPE}")


def _default(old: Node, new: Node, where: str) -> Change:
    what = f"its default was {old.get('default')!r} and is {new.get('default')!r}"
    return Change(where, what, "keep it: a record that leaves the field out would mean something else")


def _alternatives(schema: Node) -> list[Node]:
    options = schema.get("anyOf")
    if options and all(any(key in option for key in KIND) for option in options):
        return list(options)
    return [schema]


def _kind(schema: Node) -> str:
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    return str(schema.get("type") or ("one of a list" if "enum" in schema else "anything"))


def _union(before: list[Node], after: list[Node], where: str) -> Iterator[Change]:
    olds, news = ({_kind(option): option for option in options} for options in (before, after))
    for kind, option in olds.items():
        if kind in news:
            yield from _compare(option, news[kind], where)
        else:
            yield Change(where, f"may not be {kind} any more", f"go on taking it, or {NEW_TYPE}")
    for kind in news:
        if kind not in olds:
            yield Change(
                where, f"may be {kind}, which readers do not expect", f"add another field for it, or {NEW_TYPE}"
            )


def _enumeration(old: Node, new: Node, where: str) -> Iterator[Change]:
    if ("enum" in old) != ("enum" in new):
        yield Change(where, "became a list of values, or is one no more", NEW_TYPE)
        return
    for value in old.get("enum", ()):
        if value not in new["enum"]:
            yield Change(where, f"the value {value} is gone", "go on taking it: old records have it")
    for value in new.get("enum", ()):
        if value not in old["enum"]:
            yield Change(where, f"has the value {value}, which readers pass over until they know it")


def _limits(old: Node, new: Node, where: str) -> Iterator[Change]:
    for keys, sign in ((LOWER, 1), (UPPER, -1)):
        for key in keys:
            before, after = old.get(key), new.get(key)
            if before == after:
                continue
            what = f"{key} was {before} and is {after}"
            if before is None or (after is not None and (after - before) * sign > 0):
                yield Change(where, what, "go on taking what was taken: old records, and publishers, have it")
            else:
                yield Change(where, what)


def _fields(old: Node, new: Node, where: str) -> Iterator[Change]:
    fields, others = old.get("properties", {}), new.get("properties", {})
    needed, others_needed = set(old.get("required", ())), set(new.get("required", ()))
    for name, field in fields.items():
        if name not in others:
            yield Change(f"{where}.{name}", "is gone", "go on writing it until the next major version")
            continue
        if name in needed - others_needed:
            yield Change(f"{where}.{name}", "may be left out now", "go on writing it always: readers rely on it")
        if name in others_needed - needed:
            yield Change(f"{where}.{name}", "is required now", "give it a default: publishers leave it out")
        yield from _compare(field, others[name], f"{where}.{name}")
    for name in others:
        if name in fields:
            continue
        if name in others_needed:
            yield Change(f"{where}.{name}", "is new and required", "give it a default: publishers leave it out")
        else:
            yield Change(f"{where}.{name}", "is new, and readers pass over it until they know it")
