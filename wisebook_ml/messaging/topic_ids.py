"""Kafka's own id of a topic: the same name created again is another topic."""

import uuid

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.reader import ReadError

__all__ = ["topic_id"]

ANSWER_SECONDS = 15.0
"""How long brokers may take to tell; those that have just started take some seconds."""

MASK = (1 << 64) - 1


def topic_id(bootstrap: str, topic: str) -> str:
    """Return the id that the brokers gave a topic when it was created.

    Raises
    ------
    ReadError
        Where there is no such topic, or nobody tells.
    """
    admin = AdminClient(client_config(bootstrap))
    asked = admin.describe_topics(TopicCollection([topic]), request_timeout=ANSWER_SECONDS)
    try:
        found = asked[topic].result().topic_id
    except KafkaException as error:
        raise ReadError(f"topic {topic} on {bootstrap}: {error}") from error
    # The client's halves are signed.
    high, low = found.get_most_significant_bits() & MASK, found.get_least_significant_bits() & MASK
    return str(uuid.UUID(int=high << 64 | low))
