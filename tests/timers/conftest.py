"""A broker with the topics that timers write to, and a registry, for each test."""

from pathlib import Path

import pytest

from topics import DEAD_LETTER, ENTRIES, TIMER_RUNS, TRAINING_REQUESTS
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.settings import Settings
from wisebook_ml.timers.works import Surroundings


@pytest.fixture
def around(kafka: str, topic_prefix: str, tmp_path: Path) -> Surroundings:
    """What the timers of one test alone can reach."""
    apply_topics(kafka, topic_prefix, declared=[DEAD_LETTER, ENTRIES, TRAINING_REQUESTS, TIMER_RUNS])
    settings = Settings(
        _env_file=None,
        bootstrap_servers=kafka,
        topic_prefix=topic_prefix,
        home=tmp_path,
        database_url=f"sqlite:///{tmp_path / 'wisebook_ml.db'}",
    )
    return Surroundings(settings, kafka)
