"""Deployments: topics on a real broker, and a home and a database of each test's own."""

from pathlib import Path

import pytest

from topics import DEAD_LETTER, ENTRIES, SETTINGS, TREASURY
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.settings import Settings


@pytest.fixture
def settings(kafka: str, topic_prefix: str, tmp_path: Path) -> Settings:
    """Return a deployment of one test alone."""
    apply_topics(kafka, topic_prefix, declared=(ENTRIES, TREASURY, SETTINGS, DEAD_LETTER))
    return Settings(_env_file=None, bootstrap_servers=kafka, topic_prefix=topic_prefix, home=tmp_path)
