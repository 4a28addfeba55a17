"""Deployments: topics on a real broker, and a home and a database of each test's own."""

import uuid
from pathlib import Path

import pytest

from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.settings import Settings


def deployment(bootstrap: str, prefix: str, home: Path) -> Settings:
    return Settings(
        _env_file=None,
        bootstrap_servers=bootstrap,
        topic_prefix=prefix,
        home=home,
        artefacts=str(home / "ml_models"),
    )


@pytest.fixture
def settings(kafka: str, topic_prefix: str, tmp_path: Path) -> Settings:
    """Return a deployment of one test alone."""
    apply_topics(kafka, topic_prefix)
    return deployment(kafka, topic_prefix, tmp_path)


@pytest.fixture(scope="module")
def module_prefix(kafka: str) -> str:
    """Return the prefix of topics that the tests of a module share."""
    prefix = f"t{uuid.uuid4().hex[:8]}."
    apply_topics(kafka, prefix)
    return prefix


@pytest.fixture
def sharing(kafka: str, module_prefix: str, tmp_path: Path) -> Settings:
    """Return a deployment that shares its topics with the module's other tests."""
    return deployment(kafka, module_prefix, tmp_path)
