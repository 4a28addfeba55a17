"""Databases with an outbox, and topics to publish to."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, create_engine
from wisebook_ml_client.outbox.sqlalchemy import metadata

from schemas import Ecriture
from topics import ENTRIES
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition

Read = Callable[[], Sequence[RawRecord]]


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with an empty outbox."""
    if request.param == "sqlite":
        yield from outbox_of(f"sqlite:///{tmp_path / 'core.db'}")
    else:
        yield from outbox_of(str(request.getfixturevalue("postgres")))


def outbox_of(url: str) -> Iterator[Engine]:
    """Make the tables of an outbox."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def topic(kafka: str, topic_prefix: str) -> Read:
    """The entries that were published, partition by partition; its topic has been created."""
    apply_topics(kafka, topic_prefix, 1, [ENTRIES])

    def read() -> list[RawRecord]:
        found: list[RawRecord] = []
        name = ENTRIES.full_name(topic_prefix)
        for partition, (start, end) in end_offsets(kafka, name).items():
            for run in read_partition(kafka, name, partition, start, end):
                found += run
        return found

    return read


def told(records: Sequence[RawRecord]) -> list[tuple[int, str, int]]:
    """Return company, entry and revision of records."""
    entries = [msgspec.json.decode(record.value or b"", type=Ecriture) for record in records]
    return [(one.societe_id, one.ecriture_id, one.revision) for one in entries]
