"""Move a deployment to topics with more partitions: each company's records stay in order, and all work where it was.

The partition of a company is murmur2 of its number modulo the number of partitions. With a multiple of that number, all
of a new partition comes from one old partition. So it is enough to read each old one from its beginning and to deal its
records out: no order between two partitions has to be found out, and who reads a new partition from its start has
exactly the state of the old one, as far as it concerns these companies.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec
from aiokafka.partitioner import murmur2
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

import topics
from topics import COUNTS, DEAD_LETTER, DETECTIONS, ENTRIES, SKETCHES, TREASURY, WORKERS, Topic
from topics.access import ACCESS
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.clients import client_config
from wisebook_ml.messaging.connect import ConnectError
from wisebook_ml.messaging.groups import committed, group_is_at_work, group_lag, group_name
from wisebook_ml.messaging.producer import Deliveries, producer_config
from wisebook_ml.messaging.reader import end_offsets, headers_of, open_reader

__all__ = ["MoveError", "Moved", "check_move", "destinations", "move"]

LEFT_BEHIND = frozenset({COUNTS.name, DEAD_LETTER.name, WORKERS.name})
"""Not moved: counts, which are statistics already; dead letters, which name the old places; what lives for a minute."""

SHARED = frozenset({ENTRIES.name, TREASURY.name})
"""Where records of company 0 stand for all companies, in each partition."""

ALL_COMPANIES = b"0"
ANSWER_SECONDS = 60.0
RUN = 5_000
POLL_SECONDS = 0.05
ROLES = tuple(access.role for access in ACCESS if access.group.startswith("ml-"))


class MoveError(Exception):
    """A move that cannot be made, or that broke off; the old topics are as they were."""


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of one topic."""

    topic: str
    read: int
    written: int


class _Company(msgspec.Struct):
    """As much of a detection as is needed to know whose it is."""

    societe_id: int


def destinations(topic: Topic, key: bytes | None, value: bytes | None, old: int, count: int, size: int) -> list[int]:
    """Return the new partitions of a record.

    Parameters
    ----------
    topic : Topic
        Its topic.
    key, value : bytes or None
        The record.
    old : int
        Its partition.
    count, size : int
        Old and new number of partitions, a multiple of the old.

    Returns
    -------
    list of int
        One, but for records that are meant for all companies of a partition, and tombstones that do not say whose.

    Examples
    --------
    >>> destinations(ENTRIES, b"17", b"{}", 4, 6, 12) in ([4], [10])
    True
    >>> destinations(ENTRIES, b"0", b"{}", 4, 6, 12)
    [4, 10]
    """
    children = list(range(old, size, count))
    if len(children) == 1:
        return children
    whose = key or b""
    if topic.name == DETECTIONS.name:
        if value is None:
            return children
        whose = str(msgspec.json.decode(value, type=_Company).societe_id).encode()
    elif topic.name != SKETCHES.name:  # by model; all others begin with the company
        whose = whose.partition(b"/")[0]
    if topic.name in SHARED and whose == ALL_COMPANIES:
        return children
    chosen: int = (murmur2(whose) & 0x7FFFFFFF) % size
    # A record that stands where it does not belong stays with those it stands with.
    return [chosen] if chosen in children else children[:1]


def check_move(bootstrap: str, prefix: str, to: str) -> None:
    """Refuse what could not be moved as a whole, before anything is done.

    Raises
    ------
    MoveError
        Where a worker runs or has not finished, numbers of partitions do not fit, or there is something already.
    """
    if to == prefix:
        raise MoveError(f"The topics are at {prefix!r} already: name another prefix.")
    for topic in topics.ALL:
        name = topic.full_name(prefix)
        count = len(end_offsets(bootstrap, name))
        if topic.partitions % count:
            raise MoveError(
                f"Topic {name} has {count} partitions, and {topic.partitions} is no multiple of that: set "
                f"WISEBOOK_ML_PARTITIONS to one, such as {2 * count}."
            )
    for role in ROLES:
        group = group_name(prefix, role)
        if group_is_at_work(bootstrap, group):
            raise MoveError(f"The role {role} is at work: stop all workers and the API, and whoever publishes.")
        for topic in _read_by(role):
            known = committed(bootstrap, group, _places(bootstrap, topic.full_name(prefix)))
            if known and (lag := group_lag(bootstrap, group, topic.full_name(prefix))):
                raise MoveError(
                    f"The role {role} has not finished {lag:,} records of {topic.full_name(prefix)}: let it run until "
                    "it has (`wisebook-ml workers`), then stop it."
                )


def move(
    bootstrap: str, prefix: str, to: str, replication_factor: int, progress: Callable[[Moved], None] = lambda one: None
) -> list[Moved]:
    """Create the topics at a new prefix, and move all records and the places of all roles there.

    Workers that are started with the new prefix go on where those of the old one stopped. The old topics stay.

    Raises
    ------
    MoveError
        See `check_move`; also where something is at the new prefix, which is what a move that broke off leaves.
    ConnectError, ReadError
        Where the brokers do not answer, or refuse.
    """
    check_move(bootstrap, prefix, to)
    apply_topics(bootstrap, to, replication_factor)
    for topic in topics.ALL:
        name = topic.full_name(to)
        if any(end > 0 for _, end in end_offsets(bootstrap, name).values()):
            raise MoveError(
                f"There are records on {name}: a move has broken off there, or somebody works with it. Delete the "
                f"topics that begin with {to} (kafka-topics --delete), or name another prefix."
            )
    moved = []
    for topic in topics.ALL:
        if topic.name not in LEFT_BEHIND:
            moved.append(_move_topic(bootstrap, topic, prefix, to))
            progress(moved[-1])
    for role in ROLES:
        _settle(bootstrap, role, prefix, to)
    return moved


def _move_topic(bootstrap: str, topic: Topic, prefix: str, to: str) -> Moved:
    offsets = end_offsets(bootstrap, topic.full_name(prefix))
    deliveries, name, written, read = Deliveries(), topic.full_name(to), 0, 0
    producer = Producer(producer_config(bootstrap))
    for partition, (first, end) in offsets.items():
        if first == end:
            continue
        for message in _messages(bootstrap, topic.full_name(prefix), partition, first, end):
            read += 1
            key, value = _bytes(message.key()), _bytes(message.value())
            for target in destinations(topic, key, value, partition, len(offsets), topic.partitions):
                _send(producer, name, target, message, key, value, deliveries)
                written += 1
    left = producer.flush(ANSWER_SECONDS)
    if left or (failed := deliveries.take()):
        raise MoveError(f"{name}: {failed if not left else f'{left} records were not taken in time'}")
    return Moved(topic.name, read, written)


def _send(
    producer: Producer,
    name: str,
    partition: int,
    message: Message,
    key: bytes | None,
    value: bytes | None,
    deliveries: Deliveries,
) -> None:
    _, milliseconds = message.timestamp()  # retention counts from it
    while True:
        try:
            producer.produce(
                name,
                key=key,
                value=value,
                partition=partition,
                timestamp=max(0, milliseconds),
                headers=[*headers_of(message)],
                on_delivery=deliveries,
            )
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def _bytes(value: str | bytes | None) -> bytes | None:
    return value.encode() if isinstance(value, str) else value


def _messages(bootstrap: str, topic: str, partition: int, first: int, end: int) -> Iterator[Message]:
    """Yield the committed records of a partition, up to where it ended."""
    consumer: Consumer = open_reader(bootstrap)
    try:
        consumer.assign([TopicPartition(topic, partition, first)])
        heard = time.monotonic()
        while True:
            messages = consumer.consume(RUN, timeout=POLL_SECONDS)  # waits so long for a full run
            if messages:
                heard = time.monotonic()
            elif time.monotonic() - heard > ANSWER_SECONDS:
                raise MoveError(f"{topic} partition {partition}: no record for {ANSWER_SECONDS:.0f} s before {end}")
            for message in messages:
                error = message.error()
                if error is None:
                    if (message.offset() or 0) >= end:
                        return
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    return
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()


def _settle(bootstrap: str, role: str, prefix: str, to: str) -> None:
    """Put a role at the end of what it had finished."""
    places: list[TopicPartition] = []
    for topic in _read_by(role):
        if committed(bootstrap, group_name(prefix, role), _places(bootstrap, topic.full_name(prefix))):
            name = topic.full_name(to)
            places += [TopicPartition(name, part, end) for part, (_, end) in end_offsets(bootstrap, name).items()]
    if not places:
        return
    group = group_name(to, role)
    consumer = Consumer({**client_config(bootstrap), "group.id": group, "enable.auto.commit": False})
    try:
        consumer.commit(offsets=places, asynchronous=False)
    except KafkaException as error:
        raise ConnectError(f"the places of {group}: {error.args[0].str()}") from error
    finally:
        consumer.close()


def _read_by(role: str) -> Sequence[Topic]:
    return next(access.reads for access in ACCESS if access.role == role)


def _places(bootstrap: str, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for partition in end_offsets(bootstrap, topic)]
