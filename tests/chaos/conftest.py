"""Deployments of one test each, on the shared broker or on one that the test may stop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.deployment import Deployment
from wisebook_ml.broker import LocalKafka


@pytest.fixture
def deployment(kafka: str, topic_prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    """Topics, home and database of one test alone."""
    one = Deployment(kafka, topic_prefix, tmp_path / "home")
    one.apply()
    yield one
    one.close()


@pytest.fixture(scope="package")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A broker that tests may stop, kill and suspend, if they leave it running."""
    one = LocalKafka(tmp_path_factory.mktemp("own-kafka"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def on_broker(broker: LocalKafka, topic_prefix: str, tmp_path: Path) -> Iterator[Deployment]:
    """Topics, home and database of one test alone, on that broker."""
    one = Deployment(broker.start(), topic_prefix, tmp_path / "home")
    one.apply()
    yield one
    one.close()
