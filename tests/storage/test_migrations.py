"""The tables come from migrations alone, whoever starts first."""

import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from wisebook_ml.storage import MigrationMismatch, open_database, upgrade
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.migrations import VERSION_TABLE, check
from wisebook_ml.storage.tables import Base

PROCESSES = 4
UPGRADE = "import sys; from wisebook_ml.storage import open_database; open_database(sys.argv[1])"


def test_the_migrations_make_the_tables_that_the_program_declares(engine: Engine) -> None:
    with reading(engine) as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_upgrade_twice_changes_nothing(engine: Engine) -> None:
    upgrade(engine)
    check(engine)


def test_open_database_brings_the_tables_up_to_date(database_url: str) -> None:
    engine = open_database(database_url)
    check(engine)
    engine.dispose()


def test_processes_may_start_at_once(database_url: str, empty: Engine) -> None:
    command = [sys.executable, "-c", UPGRADE, database_url]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(PROCESSES)]
    errors = [process.communicate(timeout=60)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, errors
    check(empty)


def test_tables_of_a_later_version_are_refused(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(MigrationMismatch, match=r"'9999'.*Update wisebook-ml"):
        upgrade(engine)
    with pytest.raises(MigrationMismatch, match="'9999'"):
        check(engine)


def test_a_database_without_tables_is_a_mismatch(empty: Engine) -> None:
    with pytest.raises(MigrationMismatch, match="revision None"):
        check(empty)


def test_a_migration_that_fails_leaves_no_trace(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE modele_ml (id INTEGER)"))
    with pytest.raises(Exception, match="already exists"):
        upgrade(empty)
    assert inspect(empty).get_table_names() == ["modele_ml"]


def test_the_tables_of_another_program_in_the_same_database_stay(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('theirs')"))
    upgrade(empty)
    with reading(empty) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one() == "theirs"
