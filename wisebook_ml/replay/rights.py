"""What the brokers let a replay do: asked before it begins, so that it does not fail after an hour."""

from collections.abc import Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from wisebook_ml.messaging.client_log import CLIENT_LOGGER
from wisebook_ml.replay.exceptions import ReplayError

__all__ = ["check_rights", "lacking"]

ANSWER_SECONDS = 15.0

DENIED = frozenset({KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.CLUSTER_AUTHORIZATION_FAILED})

Needs = Mapping[str, Sequence[str]]
"""Operations by the full name of a topic: READ, WRITE."""


def lacking(needs: Needs, allowed: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what is needed and not allowed, for a person.

    Examples
    --------
    >>> lacking({"entries": ["READ", "WRITE"]}, {"entries": ["READ", "DESCRIBE"]})
    ['WRITE on entries']
    """
    return [
        f"{operation} on {topic}"
        for topic, operations in needs.items()
        for operation in operations
        if operation not in allowed.get(topic, ())
    ]


def check_rights(bootstrap: str, needs: Needs) -> None:
    """Make sure that the brokers let us do what is needed.

    Raises
    ------
    ReplayError
        Where they do not, or do not tell; it names each right that is missing.
    """
    admin = AdminClient({"bootstrap.servers": bootstrap}, logger=CLIENT_LOGGER)
    asked = admin.describe_topics(
        TopicCollection(list(needs)), include_authorized_operations=True, request_timeout=ANSWER_SECONDS
    )
    allowed: dict[str, list[str]] = {}
    for topic, answer in asked.items():
        try:
            operations: Sequence[AclOperation] | None = answer.result().authorized_operations
        except KafkaException as error:
            if error.args[0].code() not in DENIED:
                raise ReplayError(f"topic {topic} on {bootstrap}: {error.args[0].str()}") from error
            operations = []
        # Brokers without access rules allow everything, and those that do not tell are asked by doing it.
        allowed[topic] = list(needs[topic]) if operations is None else [one.name for one in operations]
    missing = lacking(needs, allowed)
    if missing:
        raise ReplayError(
            f"the brokers do not allow {', '.join(missing)}; have whoever administers them grant that to this user"
        )
