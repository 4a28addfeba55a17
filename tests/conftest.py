"""What tests of several packages share: a real broker, and topics of their own on it."""

import os
import uuid
from collections.abc import Iterator

import pytest

from wisebook_ml.broker import LocalKafka

RUNNING_BROKER = "WISEBOOK_ML_TEST_BOOTSTRAP"
"""Environment variable with the address of a broker to use instead of starting one for the session."""


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Kafka that lives as long as the test session."""
    running = os.environ.get(RUNNING_BROKER)
    if running:
        yield running
        return
    with LocalKafka(tmp_path_factory.mktemp("kafka")) as bootstrap:
        yield bootstrap


@pytest.fixture
def topic_prefix() -> str:
    """Return a prefix for the topics of one test alone."""
    return f"t{uuid.uuid4().hex[:8]}."
