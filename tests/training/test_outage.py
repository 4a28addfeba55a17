"""A database that goes away for a while costs time, and nothing else; on PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from schemas import StatutCampagne
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries
from wisebook_ml.settings import Settings

from .conftest import deployment
from .workbench import SOCIETE, Bench, training_process

OUTAGE_SECONDS = 4.0
"""Longer than the time between two renewals, shorter than a lease."""


@pytest.fixture
def home(kafka: str, module_prefix: str, postgres: str, tmp_path: Path) -> Settings:
    with EventProducer(kafka, module_prefix) as producer:
        publish_entries(generate_ledger(entries=1200, seed=12, societe_id=SOCIETE).events, producer, "test")
    return deployment(kafka, module_prefix, tmp_path).model_copy(update={"database_url": postgres})


@contextmanager
def away(server: str, database: str) -> Iterator[None]:
    """Have a database refuse everybody for a while."""
    name = database.rpartition("/")[2]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        try:
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_a_database_that_is_away_costs_no_request_and_no_attempt(
    home: Settings, postgres_server: str, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(home)
    trainer = bench.trainer()
    first, second = bench.request(bench.model()), bench.request(bench.model())
    trainer.take(first)
    training_process()
    # Once the process has read what it needs; it asks again only at its end.
    while all(step.etape is None for step in bench.steps(first)):
        time.sleep(0.1)
    with away(postgres_server, home.database_url):
        time.sleep(OUTAGE_SECONDS)
    trainer.take(second)
    ends = [bench.end(first), bench.end(second)]
    assert [(end.statut, end.tentative) for end in ends] == [(StatutCampagne.REUSSIE, 1)] * 2, ends
    bench.close()
