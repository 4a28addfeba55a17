"""Every test of this package runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from wisebook_ml.storage import create_engine, upgrade


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'new folder' / 'wisebook_ml.db'}"
    return str(request.getfixturevalue("postgres"))


@pytest.fixture
def empty(database_url: str) -> Iterator[Engine]:
    """Engine of a database without tables."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def engine(empty: Engine) -> Engine:
    """Engine of a database with its tables."""
    upgrade(empty)
    return empty
