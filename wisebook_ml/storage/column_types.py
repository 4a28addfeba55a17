"""Column types that read the same from SQLite and from PostgreSQL, and text that both can hold."""

import datetime as dt
from decimal import Decimal
from enum import StrEnum
from typing import Any, overload

from sqlalchemy import DateTime, Dialect, Enum, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine

__all__ = ["MontantType", "UtcDateTime", "closed_list", "text"]

ENUM_LENGTH = 32
"""Room for values to come; the longest today has 22 letters."""


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment, always with its time zone; SQLite, which knows none, holds it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return the moment as the driver takes it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone, so that it names no moment")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class MontantType(TypeDecorator[str]):
    """An amount as a decimal string (`schemas.money`), with two decimals when read.

    SQLite has no decimals. It holds a float, which gives back the 15 digits that an amount has at most, and
    which sorts; amounts are never computed with in SQL.
    """

    impl = Numeric(17, 2)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the column's type in the database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(17, 2, asdecimal=False))
        return dialect.type_descriptor(Numeric(17, 2))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Decimal | float | None:
        """Return the amount as the driver takes it."""
        if value is None:
            return None
        return float(value) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> str | None:
        """Return the amount with two decimals."""
        return None if value is None else f"{value:.2f}"


def closed_list(values: type[StrEnum]) -> Enum:
    """Return a column type for a closed list: text, so that a new value needs no migration."""
    return Enum(values, native_enum=False, length=ENUM_LENGTH)


@overload
def text(value: str) -> str: ...
@overload
def text(value: str | None) -> str | None: ...
def text(value: str | None) -> str | None:
    """Return text that PostgreSQL can hold: it has no U+0000, which JSON and so the contract can have."""
    return None if value is None else value.replace("\0", "\N{REPLACEMENT CHARACTER}")
