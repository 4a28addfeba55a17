"""Rows that may come again: the last one of a primary key holds."""

from sqlalchemy import Engine, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

__all__ = ["upsert"]


def upsert(engine: Engine, table: Table) -> Insert:
    """Return the statement that writes whole rows of a table, and replaces those that are there."""
    insert = (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(table)
    return insert.on_conflict_do_update(
        index_elements=[column for column in table.c if column.primary_key],
        set_={column.name: insert.excluded[column.name] for column in table.c if not column.primary_key},
    )
