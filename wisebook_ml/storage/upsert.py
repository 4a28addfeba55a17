"""Rows that may come again: the last one of a primary key holds."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Insert, Table
from sqlalchemy.dialects import postgresql, sqlite

from wisebook_ml.storage.engine import writing

__all__ = ["TopicCopy", "upsert"]

T = TypeVar("T")

Condition = Callable[[Any, Any], ColumnElement[bool]]


def upsert(engine: Engine, table: Table, *, where: Condition | None = None, kept: Collection[str] = ()) -> Insert:
    """Return the statement that writes whole rows of a table, and replaces those that are there.

    Parameters
    ----------
    engine : Engine
        Of the database that it is for.
    table : Table
        Whose rows.
    where : callable, optional
        Given the columns of the new row and of the one that is there, returns whether it is replaced; by default it is.
    kept : collection of str, optional
        Columns that others write, which stay as they are.
    """
    insert = (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(table)
    return insert.on_conflict_do_update(
        index_elements=[column for column in table.c if column.primary_key],
        set_={
            column.name: insert.excluded[column.name]
            for column in table.c
            if not (column.primary_key or column.name in kept)
        },
        where=None if where is None else where(insert.excluded, table.c),
    )


class TopicCopy(ABC, Generic[T]):
    """Writes records of a topic in batches, one row each; one that comes again leaves the same row.

    So at-least-once delivery is enough for the table to equal the topic.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    table: Table

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._upsert = upsert(engine, self.table)
        self._fields = tuple(column.name for column in self.table.c)

    def write(self, batch: Sequence[T]) -> None:
        """Store a batch in one transaction; of several records of one row, the last holds.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer; nothing of the batch is stored, and it may be written again.
        ValueError
            When a record does not tell which row it is.
        """
        last = {self._key(one): one for one in batch}
        # In one order for everybody: two writers that share rows wait for each other and do not deadlock.
        records = [last[key] for key in sorted(last)]
        if records:
            with writing(self._engine) as connection:
                self._before(connection, records)
                connection.execute(self._upsert, [self._row(one) for one in records])

    @abstractmethod
    def _key(self, record: T) -> tuple[Any, ...]:
        """Return the primary key of a record's row, which can be ordered."""

    def _row(self, record: T) -> dict[str, object]:
        """Return a record's row: by default the fields of the columns' names."""
        return {name: getattr(record, name) for name in self._fields}

    def _before(self, connection: Connection, records: Sequence[T]) -> None:
        """Do what else belongs to the transaction, before the rows are written; by default nothing."""
