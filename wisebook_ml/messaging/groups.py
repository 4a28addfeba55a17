"""How far a consumer group is."""

import time

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from wisebook_ml.messaging.client_log import CLIENT_LOGGER
from wisebook_ml.messaging.reader import ReadError, end_offsets

__all__ = ["group_lag", "group_name"]

ANSWER_SECONDS = 15.0
"""How long brokers may take to tell; those that have just started take some seconds."""
RETRY_SECONDS = 0.2


def group_name(prefix: str, role: str) -> str:
    """Return the consumer group of a role: the id of its Faust app."""
    return f"{prefix}ml-{role}"


def group_lag(bootstrap: str, group: str, topic: str) -> int:
    """Return how many records of a topic a group has not finished yet.

    Raises
    ------
    ReadError
        Where the brokers do not tell.
    """
    offsets = end_offsets(bootstrap, topic)
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, partition) for partition in offsets])
    admin = AdminClient({"bootstrap.servers": bootstrap}, logger=CLIENT_LOGGER)
    deadline = time.monotonic() + ANSWER_SECONDS
    while True:
        try:
            answer = admin.list_consumer_group_offsets([asked], request_timeout=ANSWER_SECONDS)[group].result()
            break
        except KafkaException as error:
            # A broker that has just started loads its groups first.
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise ReadError(f"offsets of group {group} on {bootstrap}: {error}") from error
            time.sleep(RETRY_SECONDS)
    done = {tp.partition: tp.offset for tp in answer.topic_partitions or ()}
    return sum(end - max(first, done.get(partition, 0)) for partition, (first, end) in offsets.items())
