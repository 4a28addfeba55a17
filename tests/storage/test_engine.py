"""Connections, and what is said when there is none."""

import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text

from wisebook_ml.broker.ports import free_port
from wisebook_ml.storage import DatabaseUnreachable, UnsupportedDatabase, create_engine
from wisebook_ml.storage.engine import reading, writing


@pytest.mark.parametrize("url", ["mysql://localhost/wisebook", "no url", ""])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(UnsupportedDatabase):
        create_engine(url)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_the_installed_driver_is_used_whatever_the_url_names(scheme: str) -> None:
    assert create_engine(f"{scheme}://localhost/wisebook").driver == "psycopg"


def test_a_server_that_is_away_is_said_without_its_password() -> None:
    engine = create_engine(f"postgresql://wisebook:secret@127.0.0.1:{free_port()}/wisebook")
    with pytest.raises(DatabaseUnreachable, match="not available") as caught, reading(engine):
        pass
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseUnreachable, match="cannot be created"):
        create_engine(f"sqlite:///{tmp_path / 'file' / 'wisebook_ml.db'}")


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "wisebook_ml.db").write_text("what is this? " * 1000)
    engine = create_engine(f"sqlite:///{tmp_path / 'wisebook_ml.db'}")
    with pytest.raises(DatabaseUnreachable, match="not a database"), reading(engine):
        pass


def test_a_transaction_that_fails_leaves_nothing(empty: Engine) -> None:
    with writing(empty) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    with pytest.raises(RuntimeError), writing(empty) as connection:
        connection.execute(text("INSERT INTO t VALUES (1)"))
        raise RuntimeError
    with reading(empty) as connection:
        assert connection.execute(text("SELECT count(*) FROM t")).scalar_one() == 0


def test_sqlite_writers_that_read_first_wait_for_each_other(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'wisebook_ml.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        connection.execute(text("INSERT INTO t VALUES (0)"))

    def increment() -> None:
        for _ in range(20):
            with writing(engine) as connection:
                n = connection.execute(text("SELECT n FROM t")).scalar_one()
                time.sleep(0.001)
                connection.execute(text("UPDATE t SET n = :n"), {"n": n + 1})

    threads = [threading.Thread(target=increment) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.execute(text("SELECT n FROM t")).scalar_one() == 80


def test_sqlite_readers_do_not_wait_for_a_writer(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'wisebook_ml.db'}")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    with writing(engine) as writer:
        writer.execute(text("INSERT INTO t VALUES (1)"))
        with reading(engine) as reader:
            assert reader.execute(text("SELECT count(*) FROM t")).scalar_one() == 0


def test_a_connection_that_the_server_ended_is_replaced(postgres: str) -> None:
    engine = create_engine(postgres)
    with pytest.raises(DatabaseUnreachable, match="terminating connection"), writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
        own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with psycopg.connect(postgres, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (own,))
        connection.execute(text("INSERT INTO t VALUES (1)"))
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (n INTEGER)"))
    engine.dispose()
