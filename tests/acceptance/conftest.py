"""Deployments for one test, or for the tests of one module."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from .deployment import Deployment


@pytest.fixture
def deployment(kafka: str, topic_prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    """Topics, home and database of one test alone."""
    one = Deployment(kafka, topic_prefix, tmp_path / "home")
    one.apply()
    yield one
    one.close()


@pytest.fixture(scope="module")
def shared(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Topics, home and database of the tests of one module, each of which has companies of its own."""
    one = Deployment(kafka, f"t{uuid.uuid4().hex[:8]}.", tmp_path_factory.mktemp("home"))
    one.apply()
    yield one
    one.close()
