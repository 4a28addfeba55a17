"""A database that does not answer for a while: what the storage role does until it does."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from tests.acceptance.deployment import Deployment
from tests.acceptance.test_storage import assert_rows_equal_the_topic
from wisebook_ml.storage import DetectionStore, create_engine, open_database

from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .workers import OFTEN, Supervised, eventually, holding

pytestmark = pytest.mark.chaos

SILENT_SECONDS = 12.0
"""Longer than a session of the group."""


@contextmanager
def locked(deployment: Deployment) -> Iterator[None]:
    """Hold the write lock of the SQLite database."""
    with closing(sqlite3.connect(deployment.settings.home / "wisebook_ml.db", isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextmanager
def silent(url: str) -> Iterator[None]:
    """Suspend the processes that serve a PostgreSQL database's clients; the connections stay."""
    database = url.rpartition("/")[2]
    with psycopg.connect(url.rpartition("/")[0] + "/postgres", autocommit=True) as other:
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
        pids = [pid for (pid,) in other.execute(query, [database]).fetchall()]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def rows(deployment: Deployment) -> int:
    """Return how many detections are stored; needs no lock."""
    return DetectionStore(create_engine(deployment.settings.sql_url)).count(etat=None)


def assert_stored(deployment: Deployment, storage: Supervised) -> None:
    """Check the invariants once the rest is stored, and that the rows are what the topic says."""
    assert_lag_free(deployment)
    assert_lag_free(deployment, "storage")
    assert storage.stop() == 0
    assert holding(deployment, "storage") == []
    assert_rows_equal_the_topic(deployment, deployment.detections())


def test_a_sqlite_database_that_another_has_locked(deployment: Deployment) -> None:
    """Lock the database until the storage role has waited long enough, while entries are scored all the time.

    Checked: scoring does not wait for it; the storage worker ends itself, and the one that a supervisor starts instead
    stores everything in the end: the rows equal the topic; all invariants.
    """
    records = make_stream(deployment, entries=300)
    open_database(deployment.settings.sql_url)
    with (
        Feed(deployment, records, per_second=300) as feed,
        Supervised(deployment, **OFTEN) as scoring,
        Supervised(deployment, "storage") as storage,
    ):
        feed.up_to(0.3)
        eventually(lambda: rows(deployment) > 0, "first rows")
        with locked(deployment):
            before = rows(deployment)
            feed.finish()
            assert_lag_free(deployment)
            eventually(lambda: len(storage.statuses) > 0, "a storage worker that gave up")
            assert rows(deployment) == before
        assert_stored(deployment, storage)
        assert scoring.stop() == 0
    assert set(storage.statuses) <= {1, 70}
    assert "is not available" in storage.log
    assert_undisturbed(deployment)


def test_a_postgresql_that_is_silent_for_longer_than_a_session(deployment: Deployment, postgres: str) -> None:
    """Suspend the database's processes in the middle of writing, let them go on, and again with a kill of the writer.

    Checked: the worker that waits keeps its partitions and goes on; the one that is killed while it waits has a
    successor that stores everything: the rows equal the topic; all invariants.
    """
    deployment.settings = deployment.settings.model_copy(update={"database_url": postgres})
    records = make_stream(deployment, entries=300)
    open_database(deployment.settings.sql_url)
    with (
        Feed(deployment, records, per_second=200) as feed,
        Supervised(deployment, **OFTEN) as scoring,
        Supervised(deployment, "storage") as storage,
    ):
        feed.up_to(0.3)
        eventually(lambda: rows(deployment) > 0, "first rows")
        feed.up_to(0.6)
        with silent(postgres):
            time.sleep(SILENT_SECONDS)
        assert storage.statuses == []
        feed.up_to(0.9)
        with silent(postgres):
            time.sleep(1)
            storage.kill()
        feed.finish()
        assert_stored(deployment, storage)
        assert scoring.stop() == 0
    assert storage.statuses == [-signal.SIGKILL]
    assert_undisturbed(deployment)
