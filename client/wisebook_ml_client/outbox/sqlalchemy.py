"""The outbox in a database that is used with SQLAlchemy."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Engine, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.orm import Session

from wisebook_ml_client.outbox.database import EVENTS, LANES, Execute
from wisebook_ml_client.outbox.store import Store
from wisebook_ml_client.outbox.writing import Outbox as Writer
from wisebook_ml_client.validation import Event

__all__ = ["Outbox", "SqlAlchemyDatabase", "metadata", "store", "tables"]

# SQLite numbers rows by itself only where the key is an INTEGER. AUTOINCREMENT: no id is given twice, though rows go.
NUMBER = BigInteger().with_variant(Integer, "sqlite")


def tables(metadata: MetaData) -> tuple[Table, Table]:
    """Declare the two tables in an application's metadata, so that its Alembic migrations have them."""
    events = Table(
        EVENTS,
        metadata,
        Column("id", NUMBER, primary_key=True, autoincrement=True),
        Column("societe_id", Integer, nullable=False),
        Column("topic", Text, nullable=False),
        Column("message_key", Text, nullable=False),
        Column("payload", Text, nullable=False),
        Column("headers", Text, nullable=False),
        Column("created_at", BigInteger, nullable=False),
        Column("refused", Text, nullable=False, server_default=""),
        Index(f"{EVENTS}_order", "societe_id", "id"),
        sqlite_autoincrement=True,
    )
    lanes = Table(
        LANES,
        metadata,
        Column("societe_id", Integer, primary_key=True, autoincrement=False),
        Column("served_at", BigInteger, nullable=False),
        Column("retry_at", BigInteger, nullable=False),
        Column("failures", Integer, nullable=False),
        Column("problem", Text, nullable=False),
        Column("relay", Text, nullable=False),
        Column("lease_until", BigInteger, nullable=False),
    )
    return events, lanes


metadata = MetaData()
"""The two tables alone: ``metadata.create_all(engine)`` makes them where they are not there."""
tables(metadata)


class Outbox(Writer):
    """Writes events in the transaction of a session or a connection; its parameters are those of `outbox.Outbox`.

    Examples
    --------
    ::

        outbox = Outbox("/wisebook/core")
        with Session(engine) as session, session.begin():
            session.add(row)
            outbox.add(session, event)
    """

    def add(
        self,
        session: Session | Connection,
        event: Event,
        *,
        time: dt.datetime | None = None,
        id_: str | None = None,
        correlation: str | None = None,
    ) -> None:
        """Put an event into the transaction that is open: it is published if, and only if, that is committed.

        Raises
        ------
        EventRefused
            Where wisebook_ml would refuse it.
        """
        if isinstance(session, Session):
            session.flush()  # what the event tells first: locks are taken in the same order everywhere
            connection = session.connection()
        else:
            connection = session
        execute, dialect = _execute(connection), connection.dialect.name
        self.write(execute, dialect, event, time=time, id_=id_, correlation=correlation)


class SqlAlchemyDatabase:
    """A database behind an engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def dialect(self) -> str:
        """``postgresql`` or ``sqlite``."""
        return self._engine.dialect.name

    @contextmanager
    def transaction(self) -> Iterator[Execute]:
        """Open a transaction."""
        with self._engine.begin() as connection:
            yield _execute(connection)


def store(engine: Engine) -> Store:
    """Return the outbox behind an engine, for a relay."""
    return Store(SqlAlchemyDatabase(engine))


def _execute(connection: Connection) -> Execute:
    def execute(sql: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        result = connection.execute(text(sql), values)
        return [tuple(row) for row in result] if result.returns_rows else []

    return execute
