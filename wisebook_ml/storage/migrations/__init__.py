"""Alembic migrations, run by the program itself: `upgrade` at the start of every process that stores.

Alembic's version table has a name of its own, since WiseBook may keep its tables in the same database.
"""

import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, text

from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.exceptions import MigrationMismatch

__all__ = ["VERSION_TABLE", "check", "upgrade"]

VERSION_TABLE = "wisebook_ml_version"

ADVISORY_LOCK = 0x7769_7365_626F_6F6B
"""Key of PostgreSQL's advisory lock: the letters ``wisebook``."""

ONE_AT_A_TIME = threading.Lock()
"""Alembic keeps the migration under way in module globals."""


def upgrade(engine: Engine) -> None:
    """Bring the tables to this version of the program; does nothing when they are.

    Processes that start at once do it one after the other, and a failed migration leaves no trace: all runs
    in one transaction that holds a lock.

    Raises
    ------
    MigrationMismatch
        When the tables are those of a later version of the program.
    DatabaseUnreachable
        When the database does not answer.
    """
    with ONE_AT_A_TIME, writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0"))
            # SQLite needs none: `writing` has taken its only write lock.
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
        config = _config()
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            found = _revision(connection)
            raise MigrationMismatch(
                f"The database's tables are at revision {found!r}, which this version of wisebook-ml does not "
                "know: a later version has written them. Update wisebook-ml, or use another database."
            ) from error


def check(engine: Engine) -> None:
    """Raise unless the tables are exactly those of this version of the program.

    Raises
    ------
    MigrationMismatch
        With what is there and what is wanted.
    """
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with reading(engine) as connection:
        found = _revision(connection)
    if found != head:
        raise MigrationMismatch(
            f"The database's tables are at revision {found!r} and should be at {head!r}. A process that stores "
            "(worker, api) brings them up to date when it starts."
        )


def _config() -> Config:
    config = Config()
    # Alembic interpolates its options, so a percent sign in the path must be doubled.
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_revision()
