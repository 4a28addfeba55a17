"""How a topic on the broker differs from its declaration, and whether that may be repaired without asking."""

import math

import msgspec

from topics import Topic

__all__ = ["Difference", "FoundTopic", "compare"]

MS_PER_DAY = 24 * 60 * 60 * 1000
FOR_EVER = -1
"""How Kafka spells a retention without end."""


class FoundTopic(msgspec.Struct, frozen=True):
    """What the broker says of a topic.

    Parameters
    ----------
    partitions : int
        Number of partitions.
    replicas : int
        Replicas of the partition that has fewest.
    config : dict
        Configuration in force, whether set on the topic or on the broker.
    """

    partitions: int
    replicas: int
    config: dict[str, str]


class Difference(msgspec.Struct, frozen=True):
    """One way in which a topic is not as declared.

    Parameters
    ----------
    topic : str
        Full name of the topic.
    aspect : str
        ``missing``, ``partitions``, ``replicas`` or the name of a configuration entry.
    expected, actual : str
        As Kafka spells them.
    repairable : bool
        Whether `apply_topics` repairs it: nothing is lost and no key changes its partition.
    message : str
        A sentence that says what differs, and what to do where it is not repaired.
    """

    topic: str
    aspect: str
    expected: str
    actual: str
    repairable: bool
    message: str


def compare(topic: Topic, name: str, found: FoundTopic | None, replication_factor: int) -> list[Difference]:
    """Return how a topic differs from its declaration; empty when it does not.

    Parameters
    ----------
    topic : Topic
        The declaration.
    name : str
        Full name on the broker.
    found : FoundTopic or None
        What is there; None when nothing is.
    replication_factor : int
        Fewest replicas that its partitions should have.
    """
    if found is None:
        message = f"Topic {name} does not exist."
        return [Difference(name, "missing", str(topic.partitions), "0", True, message)]
    return [
        *_partitions(topic, name, found),
        *_replicas(name, found, replication_factor),
        *_in_sync(topic, name, found, replication_factor),
        *_retention(topic, name, found),
        *_message_size(topic, name, found),
    ]


def _partitions(topic: Topic, name: str, found: FoundTopic) -> list[Difference]:
    if found.partitions == topic.partitions:
        return []
    # The number of partitions decides where a key goes: after a change a company's (a model's, a
    # detection's) new records would stand in another partition than its old ones, out of order, in another
    # worker's state, and out of reach of compaction. Only where keys carry no meaning may it grow.
    repairable = found.partitions < topic.partitions and not topic.records
    message = f"Topic {name} has {found.partitions} partitions instead of {topic.partitions}."
    if found.partitions > topic.partitions:
        message += " Kafka cannot take partitions away: declare as many, or move the records to a new topic."
    elif not repairable:
        message += (
            f" They are not added by themselves, since records of the same {topic.key} would no longer meet in "
            "one partition: stop the workers, move the records to a new topic, and replay."
        )
    return [Difference(name, "partitions", str(topic.partitions), str(found.partitions), repairable, message)]


def _replicas(name: str, found: FoundTopic, replication_factor: int) -> list[Difference]:
    if found.replicas >= replication_factor:
        return []
    message = (
        f"Topic {name} has {found.replicas} replica(s) instead of {replication_factor}: assign more with "
        "kafka-reassign-partitions."
    )
    return [Difference(name, "replicas", str(replication_factor), str(found.replicas), False, message)]


def _in_sync(topic: Topic, name: str, found: FoundTopic, replication_factor: int) -> list[Difference]:
    aspect = "min.insync.replicas"
    expected, actual = topic.config(replication_factor), found.config
    if aspect not in expected or int(actual.get(aspect, "1")) >= int(expected[aspect]):
        return []
    # With fewer replicas than that, nothing could be published any more.
    repairable = found.replicas > int(expected[aspect])
    message = (
        f"Topic {name} takes records that only {actual.get(aspect, '1')} replica(s) have, instead of "
        f"{expected[aspect]}: they are lost with a broker."
    )
    return [_config(name, aspect, expected, {aspect: "1", **actual}, repairable, message)]


def _kept_ms(config: dict[str, str]) -> float:
    """Return for how long records stay that no later record of their key replaces."""
    retention = int(config["retention.ms"])
    return math.inf if "delete" not in config["cleanup.policy"] or retention == FOR_EVER else retention


def _retention(topic: Topic, name: str, found: FoundTopic) -> list[Difference]:
    expected, actual = topic.config(), found.config
    shorter = _kept_ms(expected) < _kept_ms(actual)
    newly_compacted = "compact" in expected["cleanup.policy"] and "compact" not in actual["cleanup.policy"]
    repairable = not shorter and not newly_compacted
    advice = "" if repairable else " To change it deletes records, so it is left to you (kafka-configs)."

    differences = []
    if set(actual["cleanup.policy"].split(",")) != set(expected["cleanup.policy"].split(",")):
        message = (
            f"Topic {name} has the cleanup policy {actual['cleanup.policy']!r} instead of "
            f"{expected['cleanup.policy']!r}.{advice}"
        )
        differences.append(_config(name, "cleanup.policy", expected, actual, repairable, message))
    if actual["retention.ms"] != expected["retention.ms"]:
        message = (
            f"Topic {name} keeps records {_duration(actual['retention.ms'])} instead of "
            f"{_duration(expected['retention.ms'])}.{advice}"
        )
        differences.append(_config(name, "retention.ms", expected, actual, repairable, message))
    return differences


def _message_size(topic: Topic, name: str, found: FoundTopic) -> list[Difference]:
    aspect = "max.message.bytes"
    expected, actual = topic.config(), found.config
    if actual[aspect] == expected[aspect]:
        return []
    repairable = int(actual[aspect]) < int(expected[aspect])
    message = f"Topic {name} takes records of up to {actual[aspect]} bytes instead of {expected[aspect]}."
    if not repairable:
        message += " To lower it may refuse records that are sent today, so it is left to you (kafka-configs)."
    return [_config(name, aspect, expected, actual, repairable, message)]


def _config(
    name: str, aspect: str, expected: dict[str, str], actual: dict[str, str], repairable: bool, message: str
) -> Difference:
    return Difference(name, aspect, expected[aspect], actual[aspect], repairable, message)


def _duration(milliseconds: str) -> str:
    if int(milliseconds) == FOR_EVER:
        return "for ever"
    return f"{int(milliseconds) / MS_PER_DAY:g} days"
