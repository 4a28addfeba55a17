"""Reading a stretch of a topic in bulk, outside any consumer group: warm-up, training data, replay, reports.

Only what is committed is read: a record of a transaction that is open, or was aborted, does not exist for us. Commits
and aborts are markers in the log, each with an offset that no record has; so offsets tell where, never how many.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.connect import told
from wisebook_ml.messaging.events import Headers, RawRecord

__all__ = [
    "ReadError",
    "TopicMissing",
    "count_records",
    "end_offsets",
    "headers_of",
    "open_reader",
    "raw_record",
    "read_partition",
    "read_record",
    "read_stretches",
    "stretches_since",
]

FETCH = 4_000
"""Records handed on at once: large enough to be cheap, small enough to keep memory flat."""

POLL_SECONDS = 0.05
"""How long a full run is waited for: what is short ends that much later."""

ANSWER_SECONDS = 10.0
"""How long a broker may take to tell offsets."""

RETRY_SECONDS = 0.1
SETTLING = frozenset({KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE})
"""What brokers answer while a partition has no leader yet, or another one."""

UNKNOWN = frozenset({KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC})

STALL_SECONDS = 30.0
"""Without a record for that long before the end, something is wrong."""


class ReadError(Exception):
    """A topic that could not be read as far as asked."""


class TopicMissing(ReadError):
    """A topic that does not exist."""


def end_offsets(bootstrap: str, topic: str) -> dict[int, tuple[int, int]]:
    """Return the first and the next offset of every partition of a topic, as far as it is committed.

    The last offsets before the end may be markers, and no records.

    Raises
    ------
    ReadError
        Where the topic does not exist or the broker does not answer.
    """
    consumer = open_reader(bootstrap)
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        while True:
            try:
                return _ask_offsets(consumer, topic)
            except KafkaException as error:
                # The leaders of a topic that was just created, or of a broker that was just started, settle first.
                if error.args[0].code() not in SETTLING or time.monotonic() > deadline:
                    raise ReadError(f"topic {topic} on {bootstrap}: {told(error.args[0])}") from error
                time.sleep(RETRY_SECONDS)
    finally:
        consumer.close()


def _ask_offsets(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    metadata = consumer.list_topics(topic, timeout=ANSWER_SECONDS).topics[topic]
    if metadata.error is not None:
        if metadata.error.code() in SETTLING:
            raise KafkaException(metadata.error)
        if metadata.error.code() in UNKNOWN:
            raise TopicMissing(f"topic {topic}: {told(metadata.error)}; create it with `wisebook-ml topics apply`")
        raise ReadError(f"topic {topic}: {told(metadata.error)}")
    return {
        partition: consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=ANSWER_SECONDS)
        for partition in sorted(metadata.partitions)
    }


def read_partition(bootstrap: str, topic: str, partition: int, start: int, end: int) -> Iterator[Sequence[RawRecord]]:
    """Read the records of a partition with offsets in ``[start, end)``, in runs.

    Raises
    ------
    ReadError
        Where the partition cannot be read up to `end`: a transaction before it stays open, or the broker is gone.
    """
    for _, run in read_stretches(bootstrap, topic, {partition: (start, end)}):
        yield run


def read_record(bootstrap: str, topic: str, partition: int, offset: int) -> RawRecord | None:
    """Return the record at an offset; None where there is none, or none any more.

    Raises
    ------
    ReadError
        Where the topic does not exist, or the brokers do not answer.
    """
    first, end = end_offsets(bootstrap, topic).get(partition, (0, 0))
    if not first <= offset < end:
        return None
    for run in read_partition(bootstrap, topic, partition, offset, offset + 1):
        return run[0]
    return None


def stretches_since(bootstrap: str, topic: str, since_ms: int) -> dict[int, tuple[int, int]]:
    """Return the offsets of what a topic has taken since a moment: by partition, the first, and where it ends now.

    Parameters
    ----------
    bootstrap, topic : str
        Where.
    since_ms : int
        Milliseconds since 1970, by the clocks of those who published.

    Raises
    ------
    ReadError
        Where the topic does not exist, or the brokers do not answer.
    """
    ends = end_offsets(bootstrap, topic)
    consumer = open_reader(bootstrap)
    try:
        asked = [TopicPartition(topic, partition, since_ms) for partition in ends]
        found = consumer.offsets_for_times(asked, timeout=ANSWER_SECONDS)
    except KafkaException as error:
        raise ReadError(f"topic {topic} on {bootstrap}: {told(error.args[0])}") from error
    finally:
        consumer.close()
    # A partition that has nothing since then is told as ending (a negative offset).
    return {one.partition: (one.offset, ends[one.partition][1]) for one in found if one.offset >= 0}


def count_records(bootstrap: str, topic: str, stretches: Mapping[int, tuple[int, int]]) -> int:
    """Return how many records there are between a start and an end offset of each partition, by reading them.

    Raises
    ------
    ReadError
        Where one of the ends is not reached.
    """
    return sum(len(run) for _, run in read_stretches(bootstrap, topic, stretches))


def read_stretches(
    bootstrap: str, topic: str, stretches: Mapping[int, tuple[int, int]]
) -> Iterator[tuple[int, Sequence[RawRecord]]]:
    """Yield partitions and runs of their records until the end of each stretch is reached.

    Raises
    ------
    ReadError
        Where one of the ends is not reached.
    """
    ends = {partition: end for partition, (start, end) in stretches.items() if start < end}
    if not ends:
        return
    consumer = open_reader(bootstrap)
    try:
        consumer.assign([TopicPartition(topic, partition, stretches[partition][0]) for partition in ends])
        alone = next(iter(ends)) if len(ends) == 1 else None
        heard = time.monotonic()
        while ends:
            messages = consumer.consume(FETCH, timeout=POLL_SECONDS)
            if alone is not None and _within(messages, ends[alone]):
                runs = {alone: [raw_record(message) for message in messages]}
            else:
                runs = _sorted_out(consumer, topic, messages, ends)
            for partition, run in runs.items():
                heard = time.monotonic()
                yield partition, run
            if ends and time.monotonic() - heard > STALL_SECONDS:
                partition, end = next(iter(ends.items()))
                raise ReadError(f"{topic} partition {partition}: no record for {STALL_SECONDS:.0f} s before {end}")
    finally:
        consumer.close()


def _within(messages: Sequence[Message], end: int) -> bool:
    """Return whether a partition's messages are all records, and more are to come: nothing has to be asked of each."""
    return bool(messages) and not any(map(Message.error, messages)) and (messages[-1].offset() or 0) < end - 1


def _sorted_out(
    consumer: Consumer, topic: str, messages: Sequence[Message], ends: dict[int, int]
) -> dict[int, list[RawRecord]]:
    """Return the records by partition; take partitions that have come to their end out of `ends`, and off the consumer.

    Raises
    ------
    ReadError
        Where one of the messages is an error.
    """
    runs: dict[int, list[RawRecord]] = {}
    for message in messages:
        error, partition, offset = message.error(), message.partition(), message.offset()
        if error is not None and error.code() != KafkaError._PARTITION_EOF:
            raise ReadError(f"{topic} partition {partition}: {error.str()}")
        assert partition is not None and offset is not None  # all other events have both
        end = ends.get(partition)
        if end is None:
            continue
        if error is None and offset < end:
            runs.setdefault(partition, []).append(raw_record(message))
        # Without records up to the end (markers are none), the client tells how far the partition goes.
        if offset >= end - (error is None):
            del ends[partition]
            consumer.incremental_unassign([TopicPartition(topic, partition)])
    return runs


def raw_record(message: Message) -> RawRecord:
    """Return a message that is no error as a record."""
    # Called for every record of a replay: no more than is needed. All records have an offset.
    return RawRecord(message.offset(), message.key(), message.value(), message.headers() or ())  # type: ignore[arg-type]


def headers_of(message: Message) -> Headers:
    """Return a message's headers; the client types them more widely than it has them."""
    return cast(Headers, message.headers() or ())


def open_reader(bootstrap: str) -> Consumer:
    """Return a client that reads what is committed, in no group."""
    return Consumer(
        {
            **client_config(bootstrap),
            "group.id": "wisebook-ml-reader",  # required by the client; nothing is joined and nothing committed
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "isolation.level": "read_committed",
            "fetch.message.max.bytes": 16 * 1024 * 1024,
        }
    )
