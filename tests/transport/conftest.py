"""A stage for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from .stage import Stage


@pytest.fixture
def stage(kafka: str, tmp_path: Path) -> Iterator[Stage]:
    """A topic, a group and workers of one test alone."""
    one = Stage(kafka, tmp_path)
    yield one
    one.close()
