"""What the scanner knows of a record's fields: tables made from the msgspec types, so that the two cannot drift apart.

A field of a kind that the scanner cannot read is an error when this module is imported, not a wrong column.
"""

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
from wisebook_ml.ledger.words import pack

__all__ = ["ENTRY", "LINE", "OPTIONS", "SHIFT", "SLOTS", "Kind", "Rule", "Schema"]

SLOTS = 64
"""Rows of the hash table of field names: a power of two, and so many that a few tries find a good factor."""

SHIFT = 50
"""Bits of a product below those that name a row: the middle of a product depends on most bits of a name."""

TRIES = 100_000

Table = npt.NDArray[np.int64]


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
    """How one field is read: one row of `Schema.table`.

    `one` and `two` are the field's name (see `words.pack`); `bit` is the field's own among those seen. `low` and `high`
    bound a text's code points, a whole number or a list's length, or are the range of `OPTIONS`. `row` is that of the
    column (-1: checked, not kept).
    """

    one: int
    two: int
    bit: int
    kind: int
    low: int
    high: int
    nullable: int
    row: int


class Schema(NamedTuple):
    """The fields of one kind of record.

    The rule of the field whose name is ``one, two`` is in row ``(one ^ two) * factor >> SHIFT & SLOTS - 1``; no two
    share a row, and rows without a field have no bit. `required` has the bit of each required field.
    """

    table: Table
    factor: int
    required: int


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


def _reading(type_: inspect.Type, row: int, options: list[str]) -> tuple[int, int, int, int, int]:
    """Return a `Rule` from its kind on; the values of a closed list are added to `options`."""
    type_ = _plain(type_)
    nullable = isinstance(type_, inspect.UnionType)
    if isinstance(type_, inspect.UnionType):
        type_, none = map(_plain, type_.types)
        if not isinstance(none, inspect.NoneType):
            raise TypeError(f"the scanner reads no union but with null: {type_}")
    match type_:
        case inspect.StrType(min_length=low, max_length=high, pattern=pattern) if pattern in PATTERNS:
            return (PATTERNS[pattern], low or 0, LARGEST if high is None else high, nullable, row)
        case inspect.IntType(gt=None, ge=int(low), lt=None, le=int(high), multiple_of=None):
            return (Kind.INT, low, high, nullable, row)
        case inspect.DateType():
            return (Kind.DATE, 0, 0, nullable, row)
        case inspect.DateTimeType(tz=True):
            return (Kind.MOMENT, 0, 0, nullable, row)
        case inspect.EnumType(cls=values):
            start = len(options)
            options.extend(str(value.value) for value in values)
            return (Kind.OPTION, start, len(options), nullable, row)
        case inspect.ListType(item_type=inspect.StructType(cls=cls), min_length=1, max_length=int(high)) if (
            cls is Ligne
        ):
            return (Kind.LINES, 1, min(UNCHECKED_LINES, high), nullable, row)
    raise TypeError(f"the scanner cannot read {type_}")


def _factor(names: Sequence[tuple[int, int]]) -> tuple[int, list[int]]:
    """Return the first odd factor with which no two names share a row of the table, and their rows."""
    folded = np.array([one ^ two for one, two in names], dtype=np.int64)
    draws = np.random.default_rng(0)  # any numbers would do
    for _ in range(TRIES):
        factor = int(draws.integers(2**62)) | 1
        rows = (folded * factor >> SHIFT & SLOTS - 1).tolist()
        if len(set(rows)) == len(names):
            return factor, rows
    raise TypeError("no factor tells these names apart")


def _schema(record: type[msgspec.Struct], row_of: Callable[[str], int], options: list[str]) -> Schema:
    described = inspect.type_info(record)
    assert isinstance(described, inspect.StructType)
    assert not (described.array_like or described.forbid_unknown_fields or described.tag)
    fields = described.fields
    names = [pack(field.encode_name.encode()) for field in fields]
    factor, rows = _factor(names)
    table = np.zeros((SLOTS, len(Rule._fields)), dtype=np.int64)
    for f, (field, name, row) in enumerate(zip(fields, names, rows, strict=True)):
        table[row] = Rule(*name, 1 << f, *_reading(field.type, row_of(field.name), options))
    return Schema(table, factor, sum(1 << f for f, field in enumerate(fields) if field.required))


def _entry_row(name: str) -> int:
    name = COLUMN_OF.get(name, name)
    return entry_row(name) if name in (*ENTRY_COLUMNS, *ENTRY_TEXTS) else -1


def _line_row(name: str) -> int:
    return line_row(name) if name in (*LINE_COLUMNS, *LINE_TEXTS) else -1


_options: list[str] = []
ENTRY = _schema(Ecriture, _entry_row, _options)
LINE = _schema(Ligne, _line_row, _options)
OPTIONS: Table = np.array([pack(option.encode()) for option in _options], dtype=np.int64)
"""The values of all closed lists, as `words.pack` packs them."""
