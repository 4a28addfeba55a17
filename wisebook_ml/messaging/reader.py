"""Reading a stretch of a topic in bulk, outside any consumer group: warm-up, training data, replay, reports."""

import time
from collections.abc import Iterator, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from wisebook_ml.messaging.client_log import CLIENT_LOGGER
from wisebook_ml.messaging.events import RawRecord

__all__ = ["ReadError", "end_offsets", "read_partition"]

FETCH = 2_000
"""Records handed on at once: large enough to be cheap, small enough to keep memory flat."""

POLL_SECONDS = 1.0
ANSWER_SECONDS = 10.0
"""How long a broker may take to tell offsets."""

RETRY_SECONDS = 0.1
SETTLING = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})
"""What brokers answer while a partition has no leader yet, or another one."""

STALL_SECONDS = 30.0
"""Without a record for that long before the end, something is wrong."""


class ReadError(Exception):
    """A topic that could not be read as far as asked."""


def end_offsets(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """Return the first and the next offset of every partition of a topic.

    Raises
    ------
    ReadError
        Where the topic does not exist or the broker does not answer.
    """
    consumer = _consumer(bootstrap)
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        while True:
            try:
                return _ask_offsets(consumer, topic)
            except KafkaException as error:
                # The leaders of a topic that was just created, or of a broker that was just started, settle first.
                if error.args[0].code() not in SETTLING or time.monotonic() > deadline:
                    raise ReadError(f"topic {topic} on {bootstrap}: {error}") from error
                time.sleep(RETRY_SECONDS)
    finally:
        consumer.close()


def _ask_offsets(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    metadata = consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
    if metadata.error is not None:
        if metadata.error.code() in SETTLING:
            raise KafkaException(metadata.error)
        raise ReadError(f"topic {topic}: {metadata.error.str()}; create it with `wisebook-ml topics apply`")
    return {
        partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_SECONDS)
        for partition in sorted(metadata.partitions)
    }


def read_partition(bootstrap: str, topic: str, partition: int, start: int, end: int) -> Iterator[Sequence[RawRecord]]:
    """Read the records of a partition with offsets in ``[start, end)``, in runs.

    Raises
    ------
    ReadError
        Where the records stop coming before `end`.
    """
    if start >= end:
        return
    consumer = _consumer(bootstrap)
    try:
        consumer.assign([TopicPartition(topic, partition, start)])
        waited = 0.0
        while True:
            run, ended = [], False
            for message in consumer.consume(FETCH, timeout=POLL_SECONDS):
                error = message.error()
                if error is not None:
                    if error.code() == KafkaError._PARTITION_EOF:
                        ended = True
                        continue
                    raise ReadError(f"{topic} partition {partition}: {error.str()}")
                offset = message.offset()
                assert offset is not None  # only events without a record have none
                if offset >= end:
                    ended = True
                    break
                run.append(RawRecord(offset, message.key(), message.value(), _headers(message)))
            if run:
                waited = 0.0
                yield run
            else:
                waited += POLL_SECONDS
            if ended or (run and run[-1].offset >= end - 1):
                return
            if waited >= STALL_SECONDS:
                raise ReadError(f"{topic} partition {partition}: no record for {STALL_SECONDS:.0f} s before {end}")
    finally:
        consumer.close()


def _headers(message: Message) -> list[tuple[str, bytes | None]]:
    """Return a message's headers, also those without a value."""
    headers = message.headers() or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    return [(name, value.encode() if isinstance(value, str) else value) for name, value in pairs]


def _consumer(bootstrap: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "wisebook-ml-reader",  # required by the client; nothing is joined and nothing committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "fetch.message.max.bytes": 16 * 1024 * 1024,
            "logger": CLIENT_LOGGER,
        }
    )
