"""Connections to SQLite (embedded) and PostgreSQL (production), and what to say when they fail."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy
from sqlalchemy import Connection, Engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError

from wisebook_ml.storage.exceptions import DatabaseUnreachable, UnsupportedDatabase

__all__ = ["create_engine", "reading", "writing"]

BUSY_TIMEOUT_MS = 30_000
"""How long SQLite waits for another process's transaction; a batch of 1,000 detections takes some 50 ms."""

CONNECT_TIMEOUT_S = 5
"""How long PostgreSQL may take to accept a connection before a worker says that it is away."""

PATIENCE = "-c statement_timeout=60s -c lock_timeout=30s"
"""How long PostgreSQL may work at a statement, or wait for another's lock: a server that hangs is one that is away.
Migrations have all the time they need."""

DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
}
"""The installed driver of each database, whichever the URL (or the default of SQLAlchemy) names."""

BEGIN_OPTION = "wisebook_begin"
"""Execution option that tells how a SQLite transaction begins."""


def create_engine(url: str) -> Engine:
    """Return an engine for a database URL; nothing is connected yet.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` (its folder is created) or ``postgresql://user@host/database``.

    Raises
    ------
    UnsupportedDatabase
        When the URL is no URL, or of another database.
    DatabaseUnreachable
        When the folder of a SQLite file cannot be created.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise UnsupportedDatabase(f"The database URL cannot be read: {error}") from error
    backend = parsed.drivername.partition("+")[0]
    if backend not in DRIVERS:
        raise UnsupportedDatabase(f"The database is {backend!r}; use a URL of sqlite:// or postgresql://.")
    parsed = parsed.set(drivername=DRIVERS[backend])
    options: dict[str, Any] = {
        "json_serializer": lambda value: msgspec.json.encode(value).decode(),
        "json_deserializer": msgspec.json.decode,
    }
    if backend == "sqlite":
        _create_folder(parsed.database)
        engine = sqlalchemy.create_engine(parsed, **options)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    # A pooled connection may have died with a restart of the server; a ping costs less than a failed batch.
    return sqlalchemy.create_engine(
        parsed, pool_pre_ping=True, connect_args={"connect_timeout": CONNECT_TIMEOUT_S, "options": PATIENCE}, **options
    )


def _create_folder(database: str | None) -> None:
    if not database or database == ":memory:":
        return
    folder = Path(database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnreachable(
            f"The folder {folder} of the database cannot be created: {error.strerror}."
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver would begin transactions by itself, late and only before changes; `_begin_sqlite` does.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    # Readers (API, dashboard) and the one writer do not block each other.
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA foreign_keys = ON")


def _begin_sqlite(connection: Connection) -> None:
    mode = connection.get_execution_options().get(BEGIN_OPTION, "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {mode}")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run queries in one transaction."""
    with _transaction(engine, "DEFERRED") as connection:
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Run changes in one transaction, committed at the end of the block.

    SQLite takes its write lock at once (`BEGIN IMMEDIATE`): a transaction that reads first and then wants to
    write would fail, without waiting, whenever another process has written in between.
    """
    with _transaction(engine, "IMMEDIATE") as connection:
        yield connection


@contextmanager
def _transaction(engine: Engine, begin: str) -> Iterator[Connection]:
    try:
        with engine.connect().execution_options(**{BEGIN_OPTION: begin}) as connection, connection.begin():
            yield connection
    except DBAPIError as error:
        # In both drivers these are faults of the server, the network, the disk or the file, never of a
        # statement (but for SQLite's "no such table", which is one of the missing migration).
        of_the_place = isinstance(error, (OperationalError, InterfaceError)) or type(error) is DatabaseError
        if of_the_place or error.connection_invalidated:
            where = engine.url.render_as_string(hide_password=True)
            raise DatabaseUnreachable(f"The database {where} is not available: {error.orig}") from error
        raise
