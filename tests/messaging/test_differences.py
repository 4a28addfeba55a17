"""Which differences are seen, and which of them may be repaired without asking."""

import datetime as dt

import pytest

import topics
from topics import Topic
from wisebook_ml.messaging.differences import FoundTopic, compare

DAY_MS = 86_400_000


def found(
    topic: Topic, config: dict[str, str] | None = None, *, partitions: int | None = None, replicas: int = 1
) -> FoundTopic:
    """Return the topic as declared but for what is given."""
    return FoundTopic(partitions or topic.partitions, replicas, {**topic.config(), **(config or {})})


@pytest.mark.parametrize("topic", topics.ALL, ids=lambda topic: topic.name)
def test_a_topic_as_declared_does_not_differ(topic: Topic) -> None:
    assert compare(topic, topic.name, found(topic), 1) == []


def test_a_missing_topic() -> None:
    (difference,) = compare(topics.ENTRIES, "wisebook.entries", None, 1)
    assert (difference.aspect, difference.repairable) == ("missing", True)
    assert difference.message == "Topic wisebook.entries does not exist."


@pytest.mark.parametrize("topic", [t for t in topics.ALL if t.records], ids=lambda topic: topic.name)
def test_partitions_of_a_keyed_topic_are_never_changed_by_themselves(topic: Topic) -> None:
    wider = Topic(topic.name, topic.key, topic.records, "", partitions=topic.partitions + 1)
    (difference,) = compare(wider, topic.name, found(wider, partitions=topic.partitions), 1)
    assert (difference.aspect, difference.repairable) == ("partitions", False)
    assert topic.key in difference.message


def test_partitions_of_raw_records_may_grow_but_not_shrink() -> None:
    raw = Topic("dead-letter", "original key", (), "", partitions=3)
    (grow,) = compare(raw, raw.name, found(raw, partitions=1), 1)
    assert grow.repairable
    (shrink,) = compare(raw, raw.name, found(raw, partitions=4), 1)
    assert not shrink.repairable


def test_too_few_replicas_are_reported_and_more_are_fine() -> None:
    replicas, in_sync = compare(topics.ENTRIES, "entries", found(topics.ENTRIES, replicas=1), 3)
    assert (replicas.aspect, replicas.expected, replicas.actual) == ("replicas", "3", "1")
    assert in_sync.aspect == "min.insync.replicas"
    assert not replicas.repairable
    assert not in_sync.repairable  # nothing could be published any more
    assert compare(topics.ENTRIES, "entries", found(topics.ENTRIES, replicas=3), 1) == []


def test_of_three_replicas_two_have_a_record_that_counts() -> None:
    (alone,) = compare(topics.ENTRIES, "entries", found(topics.ENTRIES, replicas=3), 3)
    assert (alone.aspect, alone.expected, alone.actual) == ("min.insync.replicas", "2", "1")
    assert alone.repairable
    safe = found(topics.ENTRIES, replicas=3, config={"min.insync.replicas": "2"})
    assert compare(topics.ENTRIES, "entries", safe, 3) == []


FOR_EVER = Topic("for-ever", "k", (), "")
MONTH = Topic("month", "k", (), "", retention=dt.timedelta(days=30))
COMPACT = Topic("compact", "k", (), "", compacted=True)
BOTH = Topic("both", "k", (), "", compacted=True, retention=dt.timedelta(days=365))


@pytest.mark.parametrize(
    ("declared", "actual", "aspects", "repairable"),
    [
        # Kept too short: longer is always safe.
        (FOR_EVER, {"retention.ms": str(7 * DAY_MS)}, {"retention.ms"}, True),
        (MONTH, {"retention.ms": str(7 * DAY_MS)}, {"retention.ms"}, True),
        # Kept too long: shorter deletes.
        (MONTH, {"retention.ms": "-1"}, {"retention.ms"}, False),
        (MONTH, {"retention.ms": str(31 * DAY_MS)}, {"retention.ms"}, False),
        # Compaction drops what a later record of the key replaced.
        (COMPACT, {"cleanup.policy": "delete"}, {"cleanup.policy"}, False),
        (COMPACT, {"cleanup.policy": "compact,delete", "retention.ms": "1000"}, None, True),
        (FOR_EVER, {"cleanup.policy": "compact"}, {"cleanup.policy"}, True),
        # Without "delete" in the policy the retention is idle, so its value alone decides nothing.
        (COMPACT, {"retention.ms": "1000"}, {"retention.ms"}, True),
        (MONTH, {"cleanup.policy": "compact", "retention.ms": "1000"}, None, False),
        (BOTH, {"cleanup.policy": "delete,compact"}, set(), True),
        (BOTH, {"cleanup.policy": "compact"}, {"cleanup.policy"}, False),
    ],
)
def test_only_what_deletes_nothing_is_repaired(
    declared: Topic, actual: dict[str, str], aspects: set[str] | None, repairable: bool
) -> None:
    differences = compare(declared, declared.name, found(declared, actual), 1)
    assert {d.aspect for d in differences} == ({"cleanup.policy", "retention.ms"} if aspects is None else aspects)
    assert all(difference.repairable is repairable for difference in differences)


def test_the_largest_record_may_grow_but_not_shrink() -> None:
    (smaller,) = compare(FOR_EVER, "t", found(FOR_EVER, {"max.message.bytes": "1000"}), 1)
    assert smaller.repairable
    (larger,) = compare(FOR_EVER, "t", found(FOR_EVER, {"max.message.bytes": "99999999"}), 1)
    assert not larger.repairable


def test_durations_are_spelled_for_people() -> None:
    (difference,) = compare(MONTH, "wisebook.month", found(MONTH, {"retention.ms": str(7 * DAY_MS)}), 1)
    assert difference.message == "Topic wisebook.month keeps records 7 days instead of 30 days."
    (difference,) = compare(FOR_EVER, "t", found(FOR_EVER, {"retention.ms": str(DAY_MS // 2)}), 1)
    assert difference.message == "Topic t keeps records 0.5 days instead of for ever."
