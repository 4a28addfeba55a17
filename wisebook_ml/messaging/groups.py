"""How far a consumer group is."""

import time
from collections.abc import Mapping

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.reader import ReadError, count_records, end_offsets

__all__ = ["committed", "group_has_passed", "group_is_at_work", "group_lag", "group_name"]

ANSWER_SECONDS = 15.0
"""How long brokers may take to tell; those that have just started take some seconds."""
RETRY_SECONDS = 0.2

SETTLING_SECONDS = 3.0
"""How long a group may be unknown: brokers that never had any say `NOT_COORDINATOR` for ever."""

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


def group_is_at_work(bootstrap: str, group: str) -> bool:
    """Return whether a group has a member that has been given something to read.

    Raises
    ------
    ReadError
        Where the brokers do not tell.
    """
    admin = AdminClient(client_config(bootstrap))
    deadline = time.monotonic() + SETTLING_SECONDS
    while True:
        try:
            found = admin.describe_consumer_groups([group], request_timeout=ANSWER_SECONDS)[group].result()
            return any(member.assignment.topic_partitions for member in found.members)
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return False
            if code not in NOT_READY:
                raise ReadError(f"group {group} on {bootstrap}: {error.args[0].str()}") from error
            if time.monotonic() > deadline:
                return False
            time.sleep(RETRY_SECONDS)


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
    done = committed(bootstrap, group, [TopicPartition(topic, partition) for partition in offsets])
    left = {partition: (max(first, done.get(partition, 0)), end) for partition, (first, end) in offsets.items()}
    few = {partition: (start, end) for partition, (start, end) in left.items() if end - start <= COUNTED}
    many: int = sum(end - start for partition, (start, end) in left.items() if partition not in few)
    return many + count_records(bootstrap, topic, few)


def group_has_passed(bootstrap: str, group: str, topic: str, offsets: Mapping[int, int]) -> bool:
    """Return whether a group has finished everything before an offset of each partition.

    Raises
    ------
    ReadError
        Where the brokers do not tell.
    """
    done = committed(bootstrap, group, [TopicPartition(topic, partition) for partition in offsets])
    left = {partition: (done.get(partition, 0), end) for partition, end in offsets.items()}
    left = {partition: (start, end) for partition, (start, end) in left.items() if start < end}
    if any(end - start > COUNTED for start, end in left.values()):
        return False
    # What is left may be markers of transactions only.
    return count_records(bootstrap, topic, left) == 0


def committed(bootstrap: str, group: str, asked: list[TopicPartition]) -> dict[int, int]:
    """Return what a group has committed; a partition of which it has not is left out.

    Through a consumer that joins nothing: the client's `list_consumer_group_offsets` ends the process with a
    segmentation fault where the group's coordinator is not known yet (confluent-kafka 2.16).
    """
    consumer = Consumer({**client_config(bootstrap), "group.id": group, "enable.auto.commit": False})
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
