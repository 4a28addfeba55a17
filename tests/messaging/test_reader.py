"""Offsets without records, and records that are not committed: what is read, and what is counted as left."""

import time
from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from topics import DETECTIONS
from wisebook_ml.messaging import groups, reader
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.groups import group_lag
from wisebook_ml.messaging.reader import ReadError, count_records, end_offsets, read_partition
from wisebook_ml.messaging.transactions import TransactionalProducer

GROUP = "readers-test"
SECONDS = 60.0


@pytest.fixture
def topic(kafka: str, topic_prefix: str) -> str:
    apply_topics(kafka, topic_prefix, declared=[DETECTIONS])
    return DETECTIONS.full_name(topic_prefix)


@pytest.fixture
def producer(kafka: str, topic_prefix: str, topic: str) -> Iterator[TransactionalProducer]:
    one = TransactionalProducer(kafka, topic_prefix, topic_prefix + "one")
    yield one
    one.close()


def detected(count: int, partition: int = 0) -> list[Outgoing]:
    return [Outgoing(DETECTIONS, b"k", b"%d" % k, [("ce_id", b"1")], partition) for k in range(count)]


def until_written(kafka: str, topic: str, **ends: int) -> None:
    """Wait for the markers of transactions: a broker says that they are committed, and writes them afterwards."""
    deadline = time.monotonic() + SECONDS
    while any(end_offsets(kafka, topic)[int(partition.removeprefix("p"))][1] < end for partition, end in ends.items()):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def commit(kafka: str, topic: str, offset: int, partition: int = 0) -> None:
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": topic + GROUP})
    consumer.commit(offsets=[TopicPartition(topic, partition, offset)], asynchronous=False)
    consumer.close()


def test_markers_have_offsets_and_are_not_read(kafka: str, topic: str, producer: TransactionalProducer) -> None:
    for _ in range(3):
        producer.publish(detected(2))
    until_written(kafka, topic, p0=9)
    assert end_offsets(kafka, topic)[0] == (0, 9)  # two records and a marker, three times
    records = [raw for run in read_partition(kafka, topic, 0, 0, 9) for raw in run]
    assert [raw.offset for raw in records] == [0, 1, 3, 4, 6, 7]
    assert records[0].headers == [("ce_id", b"1")]
    assert [raw.offset for run in read_partition(kafka, topic, 0, 4, 7) for raw in run] == [4, 6]
    assert list(read_partition(kafka, topic, 0, 8, 9)) == []
    assert list(read_partition(kafka, topic, 0, 5, 5)) == []


def test_records_are_counted_over_partitions(kafka: str, topic: str, producer: TransactionalProducer) -> None:
    producer.publish([*detected(3), *detected(2, partition=1)])
    until_written(kafka, topic, p0=4, p1=3)
    assert count_records(kafka, topic, {0: (1, 4), 1: (0, 3), 2: (0, 0)}) == 4


def test_an_open_transaction_ends_what_there_is(kafka: str, topic: str, producer: TransactionalProducer) -> None:
    producer.publish(detected(1))
    until_written(kafka, topic, p0=2)
    other = Producer({"bootstrap.servers": kafka, "transactional.id": topic + "other"})
    other.init_transactions(30)
    other.begin_transaction()
    other.produce(topic, b"open", key=b"k", partition=0)
    other.flush(30)
    assert end_offsets(kafka, topic)[0] == (0, 2)
    other.abort_transaction(30)
    until_written(kafka, topic, p0=4)
    assert end_offsets(kafka, topic)[0] == (0, 4)
    assert [raw.offset for run in read_partition(kafka, topic, 0, 0, 4) for raw in run] == [0]


def test_an_end_that_is_not_there_is_an_error_and_no_end(
    kafka: str, topic: str, producer: TransactionalProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "STALL_SECONDS", 0.5)
    producer.publish(detected(1))
    with pytest.raises(ReadError, match="before 3"):
        list(read_partition(kafka, topic, 0, 0, 3))


def test_a_group_that_is_behind_by_markers_only_is_done(
    kafka: str, topic: str, producer: TransactionalProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    producer.publish([*detected(3), *detected(3, partition=2)])
    until_written(kafka, topic, p0=4, p2=4)
    assert group_lag(kafka, topic + GROUP, topic) == 6
    commit(kafka, topic, 2)
    assert group_lag(kafka, topic + GROUP, topic) == 4
    commit(kafka, topic, 3)  # after the last record, before the marker: what a consumer commits
    commit(kafka, topic, 3, partition=2)
    assert group_lag(kafka, topic + GROUP, topic) == 0
    monkeypatch.setattr(groups, "COUNTED", 0)
    assert group_lag(kafka, topic + GROUP, topic) == 2  # many offsets are not worth counting
