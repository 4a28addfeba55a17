"""What the scanner knows of a record's fields: tables made from the msgspec types, so that the two cannot drift apart.

A field of a kind that the scanner cannot read is an error when this module is imported, not a wrong column.
"""

import itertools
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import inspect

from schemas import Ecriture, Ligne
from schemas.entry import UNCHECKED_LINES, Exercice
from schemas.money import Montant, MontantDevise
from wisebook_ml.ledger.columns import ENTRY_COLUMNS, ENTRY_TEXTS, LINE_COLUMNS, LINE_TEXTS, entry_row, line_row

__all__ = ["ENTRY", "LINE", "OPTIONS", "SLOTS", "Kind", "Options", "Rule", "Schema"]

SLOTS = 64
"""Places of the hash table of field names; with so many, a few tries find factors without collisions."""

Table = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


class Kind(IntEnum):
    """How a value is read."""

    TEXT = 0
    FISCAL_YEAR = 1
    FOREIGN_AMOUNT = 2
    AMOUNT = 3
    INT = 4
    DATE = 5
    MOMENT = 6
    OPTION = 7
    LINES = 8


class Rule(NamedTuple):
    """One row of `Schema.rules`.

    `low` and `high` bound a text's code points, a whole number or a list's length, or are the range of `OPTIONS`;
    `row` is that of the column (-1: checked, not kept).
    """

    kind: int
    low: int
    high: int
    nullable: int
    row: int


class Schema(NamedTuple):
    """The fields of one kind of record; field f has the name ``names[f, :sizes[f]]`` and the rule ``rules[f]``.

    A key of n bytes with ``first``, ``middle`` and ``last`` is looked for in slot ``(factors[0] * n + factors[1] *
    first + factors[2] * middle + factors[3] * last) % SLOTS``. `required` has the bit of each required field.
    """

    names: Bytes
    sizes: Table
    slots: Table
    factors: Table
    rules: Table
    required: int


class Options(NamedTuple):
    """The values of all closed lists, as texts."""

    names: Bytes
    sizes: Table


COLUMN_OF = {
    "societe_id": "societe",
    "ecriture_date": "day",
    "valid_date": "valid",
    "saisie_le": "saisie",
}
"""Columns that are not named as their field."""

LARGEST = 2**31 - 1
"""Instead of a bound where there is none: more than a text or a list can be long."""


def _pattern(annotated: Any) -> str:
    return str(annotated.__metadata__[0].pattern)


PATTERNS = {
    None: Kind.TEXT,
    _pattern(Exercice): Kind.FISCAL_YEAR,
    _pattern(MontantDevise): Kind.FOREIGN_AMOUNT,
    _pattern(Montant): Kind.AMOUNT,
}

assert _pattern(Exercice) == r"^[0-9]{4}(-[0-9]{2}-[0-9]{2}/[0-9]{4}-[0-9]{2}-[0-9]{2})?$(?!\n)"
assert _pattern(MontantDevise) == r"^-?[0-9]{1,15}(\.[0-9]{1,4})?$(?!\n)"
assert _pattern(Montant) == r"^-?[0-9]{1,11}(\.[0-9]{1,2})?$(?!\n)"


def _plain(type_: inspect.Type) -> inspect.Type:
    return type_.type if isinstance(type_, inspect.Metadata) else type_


def _rule(type_: inspect.Type, row: int, options: list[str]) -> Rule:
    """Return how a field is read; the values of a closed list are added to `options`."""
    type_ = _plain(type_)
    nullable = isinstance(type_, inspect.UnionType)
    if isinstance(type_, inspect.UnionType):
        type_, none = map(_plain, type_.types)
        if not isinstance(none, inspect.NoneType):
            raise TypeError(f"the scanner reads no union but with null: {type_}")
    match type_:
        case inspect.StrType(min_length=low, max_length=high, pattern=pattern) if pattern in PATTERNS:
            return Rule(PATTERNS[pattern], low or 0, LARGEST if high is None else high, nullable, row)
        case inspect.IntType(gt=None, ge=int(low), lt=None, le=int(high), multiple_of=None):
            return Rule(Kind.INT, low, high, nullable, row)
        case inspect.DateType():
            return Rule(Kind.DATE, 0, 0, nullable, row)
        case inspect.DateTimeType(tz=True):
            return Rule(Kind.MOMENT, 0, 0, nullable, row)
        case inspect.EnumType(cls=values):
            start = len(options)
            options.extend(str(value.value) for value in values)
            return Rule(Kind.OPTION, start, len(options), nullable, row)
        case inspect.ListType(item_type=inspect.StructType(cls=cls), min_length=low, max_length=high) if cls is Ligne:
            return Rule(Kind.LINES, low or 0, min(UNCHECKED_LINES, high or LARGEST), nullable, row)
    raise TypeError(f"the scanner cannot read {type_}")


def _as_bytes(texts: Sequence[str]) -> tuple[Bytes, Table]:
    encoded = [text.encode() for text in texts]
    names = np.zeros((len(encoded), max(map(len, encoded))), dtype=np.uint8)
    for name, row in zip(encoded, names, strict=True):
        row[: len(name)] = np.frombuffer(name, dtype=np.uint8)
    return names, np.array([len(name) for name in encoded], dtype=np.int64)


def _slots(texts: Sequence[str]) -> tuple[Table, Table]:
    """Return the hash table of field names, and the first factors with which no two names share a slot."""
    names = [text.encode() for text in texts]
    marks = np.array([(len(name), name[0], name[len(name) // 2], name[-1]) for name in names], dtype=np.int64)
    for factors in itertools.product(range(1, SLOTS, 2), repeat=4):
        places = marks @ np.array(factors, dtype=np.int64) % SLOTS
        if len(set(places.tolist())) == len(names):
            slots = np.full(SLOTS, -1, dtype=np.int64)
            slots[places] = np.arange(len(names))
            return slots, np.array(factors, dtype=np.int64)
    raise TypeError("no factors tell these names apart")


def _schema(record: type[msgspec.Struct], row_of: Callable[[str], int], options: list[str]) -> Schema:
    described = inspect.type_info(record)
    assert isinstance(described, inspect.StructType)
    assert not (described.array_like or described.forbid_unknown_fields or described.tag)
    fields = described.fields
    encoded = [field.encode_name for field in fields]
    names, sizes = _as_bytes(encoded)
    slots, factors = _slots(encoded)
    rules = [_rule(field.type, row_of(field.name), options) for field in fields]
    required = sum(1 << f for f, field in enumerate(fields) if field.required)
    return Schema(names, sizes, slots, factors, np.array(rules, dtype=np.int64), required)


def _entry_row(name: str) -> int:
    name = COLUMN_OF.get(name, name)
    return entry_row(name) if name in (*ENTRY_COLUMNS, *ENTRY_TEXTS) else -1


def _line_row(name: str) -> int:
    return line_row(name) if name in (*LINE_COLUMNS, *LINE_TEXTS) else -1


_options: list[str] = []
ENTRY = _schema(Ecriture, _entry_row, _options)
LINE = _schema(Ligne, _line_row, _options)
OPTIONS = Options(*_as_bytes(_options))
