"""What a worker's partitions do with what a rebalance delivers: again, not yet, or out of the blue."""

from pathlib import Path

import pytest

from topics import ENTRIES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.pipeline.live import LivePartitions
from wisebook_ml.publishing import publish_entries
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import partition_of


@pytest.fixture(scope="module")
def stream(
    kafka: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Settings, str, int, list[RawRecord], list[bytes | None]]:
    """A partition with a ledger, its records, and the detections of an undisturbed run."""
    settings = Settings(topic_prefix="t-live.", home=tmp_path_factory.mktemp("live"), bootstrap_servers=kafka)
    apply_topics(kafka, settings.topic_prefix)
    with EventProducer(kafka, settings.topic_prefix) as producer:
        publish_entries(generate_ledger(entries=400, seed=3, anomaly_rate=0.05).events, producer, "test")
    topic = ENTRIES.full_name(settings.topic_prefix)
    offsets = end_offsets(kafka, topic)
    partition = partition_of(1, len(offsets))
    records = [raw for run in read_partition(kafka, topic, partition, *offsets[partition]) for raw in run]
    undisturbed: list[Outgoing] = []
    LivePartitions(settings, kafka).process(partition, records, undisturbed.append)
    assert undisturbed
    return settings, kafka, partition, records, [outgoing.value for outgoing in undisturbed]


def test_what_is_delivered_again_is_passed_over(stream, tmp_path: Path) -> None:
    settings, kafka, partition, records, expected = stream
    partitions, published = LivePartitions(settings, kafka), []
    partitions.process(partition, records[:200], published.append)
    partitions.process(partition, records[120:200] + records[120:], published.append)
    assert [outgoing.value for outgoing in published] == expected


def test_what_another_worker_scored_meanwhile_is_read_and_not_published(stream) -> None:
    settings, kafka, partition, records, expected = stream
    partitions, published = LivePartitions(settings, kafka), []
    partitions.process(partition, records[:100], published.append)
    before = len(published)
    partitions.process(partition, records[300:], published.append)
    values = [outgoing.value for outgoing in published]
    assert values[:before] == expected[:before]
    assert values[before:] == expected[len(expected) - len(values[before:]) :]
    assert len(values) < len(expected)


def test_a_partition_taken_over_starts_from_the_state_before_it(stream) -> None:
    settings, kafka, partition, records, expected = stream
    partitions, published = LivePartitions(settings, kafka), []
    partitions.process(partition, records[250:], published.append)
    values = [outgoing.value for outgoing in published]
    assert values == expected[len(expected) - len(values) :]


def test_a_partition_given_away_is_forgotten_and_recovered(stream) -> None:
    settings, kafka, partition, records, expected = stream
    partitions, published = LivePartitions(settings, kafka), []
    partitions.process(partition, records[:250], published.append)
    partitions.keep([])
    partitions.process(partition, records[250:], published.append)
    assert [outgoing.value for outgoing in published] == expected
