"""Whole batches or nothing, and nothing from a process that was replaced, on a real broker."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from topics import DEAD_LETTER, DETECTIONS
from wisebook_ml.broker import LocalKafka
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer

Start = Callable[[str], TransactionalProducer]


@pytest.fixture
def detections(kafka: str, topic_prefix: str) -> str:
    apply_topics(kafka, topic_prefix, declared=[DEAD_LETTER, DETECTIONS])
    return DETECTIONS.full_name(topic_prefix)


@pytest.fixture
def start(kafka: str, topic_prefix: str) -> Iterator[Start]:
    started: list[TransactionalProducer] = []

    def make(id_: str) -> TransactionalProducer:
        started.append(TransactionalProducer(kafka, topic_prefix, topic_prefix + id_))
        return started[-1]

    yield make
    for producer in started:
        producer.close()


def values(bootstrap: str, topic: str, partition: int = 0) -> list[bytes | None]:
    """Return what a reader of committed records sees."""
    first, end = end_offsets(bootstrap, topic)[partition]
    return [raw.value for run in read_partition(bootstrap, topic, partition, first, end) for raw in run]


def uncommitted(bootstrap: str, topic: str, partition: int = 0) -> list[bytes | None]:
    """Return what a reader sees that does not care."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "uncommitted",
            "isolation.level": "read_uncommitted",
            "enable.partition.eof": True,
        }
    )
    try:
        consumer.assign([TopicPartition(topic, partition, 0)])
        seen: list[bytes | None] = []
        while True:
            (message,) = consumer.consume(1, timeout=30)
            error = message.error()
            if error is None:
                seen.append(message.value())
            elif error.code() == KafkaError._PARTITION_EOF:
                return seen
            else:
                raise KafkaException(error)
    finally:
        consumer.close()


def detected(*texts: bytes) -> list[Outgoing]:
    return [Outgoing(DETECTIONS, b"k", text, [("ce_id", text)], 0) for text in texts]


def test_a_batch_is_visible_when_it_is_published_across_topics(
    kafka: str, topic_prefix: str, detections: str, start: Start
) -> None:
    producer = start("one")
    producer.publish([*detected(b"a", b"b"), Outgoing(DEAD_LETTER, b"k", b"dead", [])])
    assert values(kafka, detections) == [b"a", b"b"]
    assert values(kafka, DEAD_LETTER.full_name(topic_prefix)) == [b"dead"]


def test_a_batch_without_outputs_opens_no_transaction(kafka: str, detections: str, start: Start) -> None:
    start("one").publish([])
    assert end_offsets(kafka, detections)[0] == (0, 0)


def test_a_batch_with_a_record_that_does_not_fit_is_not_published_at_all(
    kafka: str, detections: str, start: Start
) -> None:
    producer = start("one")
    with pytest.raises(PublishError, match=r"1,048,577 bytes; topic .*detections takes 1,048,576"):
        producer.publish([*detected(b"a"), *detected(b"x" * (DETECTIONS.max_message_bytes + 1))])
    producer.publish(detected(b"b"))
    assert values(kafka, detections) == [b"b"]


def test_a_record_that_does_not_fit_names_what_it_follows_from(detections: str, start: Start) -> None:
    where = [("wb_topic", b"t.entries"), ("wb_partition", b"3"), ("wb_offset", b"41")]
    large = Outgoing(DETECTIONS, b"k", b"x" * (DETECTIONS.max_message_bytes + 1), where, 0)
    with pytest.raises(PublishError, match=r"takes 1,048,576 \(it follows from t\.entries partition 3 offset 41\)"):
        start("one").publish([large])


def test_an_abort_that_fails_does_not_hide_what_went_wrong_first(detections: str, start: Start) -> None:
    producer = start("one")

    class Unable:
        def begin_transaction(self) -> None: ...

        def abort_transaction(self, timeout: float) -> None:
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, "the broker went away"))

    real, producer._producer = producer._producer, Unable()  # type: ignore[assignment]
    with pytest.raises(PublishError, match=r"1,048,577 bytes; .*; nor can .*one' abort: the broker") as caught:
        producer.publish(detected(b"x" * (DETECTIONS.max_message_bytes + 1)))
    assert isinstance(caught.value.__cause__, PublishError)
    producer._producer = real


def test_what_a_zombie_had_sent_and_what_it_sends_later_is_never_seen(
    kafka: str, topic_prefix: str, detections: str, start: Start
) -> None:
    # The worst moment: the records are with the broker already, only the commit is missing.
    zombie = Producer({"bootstrap.servers": kafka, "transactional.id": topic_prefix + "one", "linger.ms": 0})
    zombie.init_transactions(30)
    zombie.begin_transaction()
    zombie.produce(detections, b"late", key=b"k", partition=0)
    deadline = time.monotonic() + 60
    while uncommitted(kafka, detections) != [b"late"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    successor = start("one")
    successor.publish(detected(b"new"))
    with pytest.raises(KafkaException, match="_FENCED"):
        zombie.produce(detections, b"later", key=b"k", partition=0)
        zombie.commit_transaction(30)

    assert uncommitted(kafka, detections) == [b"late", b"new"]
    assert values(kafka, detections) == [b"new"]


def test_a_producer_that_was_replaced_is_told_so(kafka: str, detections: str, start: Start) -> None:
    first, idle = start("one"), start("two")
    first.publish(detected(b"a"))
    second = start("one")
    with pytest.raises(Fenced, match=r"another process has taken over '.*one'"):
        first.publish(detected(*[b"late"] * 1000))
    second.publish(detected(b"b"))
    idle.publish(detected(b"c"))
    assert values(kafka, detections) == [b"a", b"b", b"c"]


def test_a_broker_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wisebook_ml.messaging.transactions.ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("wisebook_ml.messaging.transactions.ATTEMPT_SECONDS", 0.5)
    with pytest.raises(PublishError, match="'one' cannot start"):
        TransactionalProducer("127.0.0.1:1", "t.", "one")


@pytest.mark.chaos
def test_a_broker_that_restarts_in_the_middle_is_waited_for(tmp_path: Path) -> None:
    broker = LocalKafka(tmp_path / "kafka")
    bootstrap = broker.start()
    try:
        apply_topics(bootstrap, "t.")
        producer = TransactionalProducer(bootstrap, "t.", "t.one")
        sent: list[bytes] = []
        stop = threading.Event()
        failures: list[Exception] = []

        def publish() -> None:
            while not stop.is_set():
                batch = [b"%d" % k for k in range(len(sent), len(sent) + 7)]
                try:
                    producer.publish(detected(*batch))
                except Exception as error:
                    failures.append(error)
                    return
                sent.extend(batch)

        thread = threading.Thread(target=publish)
        thread.start()
        for _ in range(2):
            time.sleep(1)
            broker.stop()
            time.sleep(3)
            assert broker.start() == bootstrap
        time.sleep(2)
        before = len(sent)
        stop.set()
        thread.join(90)
        assert failures == []
        assert before > 0
        assert values(bootstrap, "t.detections") == sent
        producer.close()
    finally:
        broker.stop()
