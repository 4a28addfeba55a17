"""How far a consumer group is."""

import time

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from wisebook_ml.messaging.client_log import CLIENT_LOGGER
from wisebook_ml.messaging.reader import ReadError, count_records, end_offsets

__all__ = ["group_lag", "group_name"]

ANSWER_SECONDS = 15.0
"""How long brokers may take to tell; those that have just started take some seconds."""
RETRY_SECONDS = 0.2

COUNTED = 1_000
"""Offsets up to which what is left is counted: a person waits for the last records, not for the first of many."""

NOT_READY = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError._TIMED_OUT,
    }
)
"""Answers of a broker whose groups are not loaded yet; the client does not mark them as worth a retry."""


def group_name(prefix: str, role: str) -> str:
    """Return the consumer group of a role: the id of its Faust app."""
    return f"{prefix}ml-{role}"


def group_lag(bootstrap: str, group: str, topic: str) -> int:
    """Return how many records of a topic a group has not finished yet; zero means none.

    Offsets without a record (the markers of transactions) do not count where the answer is exact: below `COUNTED`
    offsets a partition.

    Raises
    ------
    ReadError
        Where the brokers do not tell.
    """
    offsets = end_offsets(bootstrap, topic)
    done = _committed(bootstrap, group, [TopicPartition(topic, partition) for partition in offsets])
    left = {partition: (max(first, done.get(partition, 0)), end) for partition, (first, end) in offsets.items()}
    few = {partition: (start, end) for partition, (start, end) in left.items() if end - start <= COUNTED}
    many: int = sum(end - start for partition, (start, end) in left.items() if partition not in few)
    return many + count_records(bootstrap, topic, few)


def _committed(bootstrap: str, group: str, asked: list[TopicPartition]) -> dict[int, int]:
    """Return what a group has committed; a partition of which it has not is left out.

    Through a consumer that joins nothing: the client's `list_consumer_group_offsets` ends the process with a
    segmentation fault where the group's coordinator is not known yet (confluent-kafka 2.16).
    """
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": group, "enable.auto.commit": False}, logger=CLIENT_LOGGER
    )
    deadline = time.monotonic() + ANSWER_SECONDS
    try:
        while True:
            try:
                answer = consumer.committed(asked, timeout=ANSWER_SECONDS)
                break
            except KafkaException as error:
                # A broker that has just started loads its groups first.
                if error.args[0].code() not in NOT_READY or time.monotonic() > deadline:
                    raise ReadError(f"offsets of group {group} on {bootstrap}: {error.args[0].str()}") from error
                time.sleep(RETRY_SECONDS)
    finally:
        consumer.close()
    return {found.partition: found.offset for found in answer if found.offset >= 0}
