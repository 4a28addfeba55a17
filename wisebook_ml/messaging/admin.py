"""Create the declared topics, and tell how those of a broker differ from their declarations."""

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TypeVar

import msgspec
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

import topics
from topics import Topic
from wisebook_ml.messaging.connect import asking
from wisebook_ml.messaging.differences import Difference, FoundTopic, compare

Key = TypeVar("Key")
Result = TypeVar("Result")

__all__ = ["Change", "Difference", "TopicAdminError", "apply_topics", "check_topics"]

ANSWER_TIMEOUT = 8.0
"""Seconds until a broker counts as unreachable: an answer takes milliseconds, a person waits ten seconds."""

WORK_TIMEOUT = 30.0
"""Seconds for creating or changing topics: a loaded cluster spreads dozens of partitions in a few."""

SETTLE_TIMEOUT = 15.0
"""Seconds for new topics to reach the broker's metadata with a leader each, usually well below one."""
SETTLE_STEP = 0.05


class TopicAdminError(Exception):
    """The broker refused to show, create or change topics."""


class Change(msgspec.Struct, frozen=True):
    """What was done to a topic: `action` is ``created``, ``partitions`` or ``configured``."""

    topic: str
    action: str
    message: str


def check_topics(
    bootstrap: str, prefix: str, replication_factor: int = 1, declared: Sequence[Topic] = topics.ALL
) -> list[Difference]:
    """Return how the topics of a broker differ from their declarations; empty when they do not.

    Parameters
    ----------
    bootstrap : str
        Brokers, ``host:port[,…]``.
    prefix : str
        What the deployment puts before topic names.
    replication_factor : int
        Fewest replicas that each topic should have.
    declared : sequence of Topic
        The declarations.

    Raises
    ------
    BrokerUnreachable
        When no broker answers within `ANSWER_TIMEOUT`.
    TopicAdminError
        When the broker refuses.
    """
    with _asking(bootstrap) as client:
        return _check(client, prefix, replication_factor, declared)


def apply_topics(
    bootstrap: str, prefix: str, replication_factor: int = 1, declared: Sequence[Topic] = topics.ALL
) -> list[Change]:
    """Create missing topics and repair what can be repaired without loss; return what was done.

    What is not repaired (see `Difference.repairable`) is what `check_topics` finds afterwards. Two processes
    may apply at once.

    Parameters
    ----------
    bootstrap, prefix, replication_factor, declared
        As for `check_topics`.

    Raises
    ------
    BrokerUnreachable
        When no broker answers within `ANSWER_TIMEOUT`.
    TopicAdminError
        When the broker refuses, for example for want of rights or of brokers for the replicas.
    """
    by_name = {topic.full_name(prefix): topic for topic in declared}
    with _asking(bootstrap) as client:
        found = _check(client, prefix, replication_factor, declared)
        missing = [by_name[d.topic] for d in found if d.aspect == "missing"]
        created = _create(client, prefix, replication_factor, missing)
        ours = {change.topic for change in created}
        names = {topic.full_name(prefix): topic.partitions for topic in missing}
        _settle(client, {name: partitions if name in ours else 1 for name, partitions in names.items()})

        # Once more from the start: what somebody else has created in between may be as they like it.
        repairs = [d for d in _check(client, prefix, replication_factor, declared) if d.repairable]
        extended = [by_name[d.topic] for d in repairs if d.aspect == "partitions"]
        configured = [d for d in repairs if d.aspect not in {"missing", "partitions"}]
        changes = [*_extend(client, prefix, extended), *_configure(client, configured)]
        _settle(client, {topic.full_name(prefix): topic.partitions for topic in extended})
        return [*created, *changes]


def _check(client: AdminClient, prefix: str, replication_factor: int, declared: Sequence[Topic]) -> list[Difference]:
    found = _find(client, [topic.full_name(prefix) for topic in declared])
    return [
        difference
        for topic in declared
        for difference in compare(
            topic, topic.full_name(prefix), found.get(topic.full_name(prefix)), replication_factor
        )
    ]


@contextmanager
def _asking(bootstrap: str) -> Iterator[AdminClient]:
    """Give a client, and turn its errors into those that tell a person what to do."""
    try:
        with asking(bootstrap) as client:
            yield client
    except KafkaException as exception:
        raise TopicAdminError(f"Kafka at {bootstrap} refused: {exception.args[0].str()}") from exception


def _find(client: AdminClient, names: Sequence[str]) -> dict[str, FoundTopic]:
    metadata = client.list_topics(timeout=ANSWER_TIMEOUT).topics
    present = [name for name in names if name in metadata]
    if not present:
        return {}
    configs = _configs(client, [ConfigResource(ResourceType.TOPIC, name) for name in present])
    return {
        resource.name: FoundTopic(
            partitions=len(metadata[resource.name].partitions),
            replicas=min(len(p.replicas) for p in metadata[resource.name].partitions.values()),
            config={name: entry.value or "" for name, entry in entries.items()},
        )
        for resource, entries in configs.items()
    }


def _configs(client: AdminClient, resources: list[ConfigResource]) -> dict[ConfigResource, dict[str, ConfigEntry]]:
    """Return the configurations of topics; a broker that has not heard of a new one yet is asked again."""
    deadline = time.monotonic() + SETTLE_TIMEOUT
    while True:
        try:
            return _results(client.describe_configs(resources, request_timeout=ANSWER_TIMEOUT))
        except KafkaException as exception:
            unknown = exception.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART
            if not unknown or time.monotonic() > deadline:
                raise
            time.sleep(SETTLE_STEP)


def _create(client: AdminClient, prefix: str, replication_factor: int, missing: Sequence[Topic]) -> list[Change]:
    if not missing:
        return []
    new = [
        NewTopic(
            topic.full_name(prefix),
            num_partitions=topic.partitions,
            replication_factor=replication_factor,
            config=topic.config(replication_factor),
        )
        for topic in missing
    ]
    created = []
    for name, future in client.create_topics(new, operation_timeout=WORK_TIMEOUT).items():
        try:
            future.result()
        except KafkaException as exception:
            if exception.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
        else:
            created.append(Change(name, "created", f"Created topic {name}."))
    return created


def _extend(client: AdminClient, prefix: str, extended: Sequence[Topic]) -> list[Change]:
    if not extended:
        return []
    new = [NewPartitions(topic.full_name(prefix), topic.partitions) for topic in extended]
    _results(client.create_partitions(new, operation_timeout=WORK_TIMEOUT))
    return [
        Change(
            topic.full_name(prefix),
            "partitions",
            f"Topic {topic.full_name(prefix)} now has {topic.partitions} partitions.",
        )
        for topic in extended
    ]


def _configure(client: AdminClient, differences: Sequence[Difference]) -> list[Change]:
    if not differences:
        return []
    by_topic: dict[str, list[Difference]] = {}
    for difference in differences:
        by_topic.setdefault(difference.topic, []).append(difference)
    # All entries of a topic in one request: policy and retention are only safe together.
    resources = [
        ConfigResource(
            ResourceType.TOPIC,
            name,
            incremental_configs=[
                ConfigEntry(d.aspect, d.expected, incremental_operation=AlterConfigOpType.SET) for d in own
            ],
        )
        for name, own in by_topic.items()
    ]
    _results(client.incremental_alter_configs(resources, request_timeout=WORK_TIMEOUT))
    return [
        Change(d.topic, "configured", f"Topic {d.topic}: {d.aspect} is now {d.expected} (was {d.actual}).")
        for d in differences
    ]


def _settle(client: AdminClient, partitions: Mapping[str, int]) -> None:
    """Wait until all partitions of changed topics have a leader, so that they can be used at once."""
    deadline = time.monotonic() + SETTLE_TIMEOUT
    waiting = set(partitions)
    while waiting and time.monotonic() < deadline:
        found = client.list_topics(timeout=ANSWER_TIMEOUT).topics
        led = {
            name: sum(partition.leader >= 0 for partition in found[name].partitions.values())
            for name in waiting & found.keys()
        }
        waiting = {name for name in waiting if led.get(name, 0) < partitions[name]}
        if waiting:
            time.sleep(SETTLE_STEP)


def _results(futures: Mapping[Key, "Future[Result]"]) -> dict[Key, Result]:
    """Wait for all; raise the first error."""
    return {key: future.result() for key, future in futures.items()}
