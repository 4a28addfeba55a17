"""A replay's results on a topic of their own, for whoever wants to look at them before they hold."""

import datetime as dt
from collections.abc import Iterator

import msgspec

from schemas import Detection
from topics import DETECTIONS, Topic
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.correlation import HEADER
from wisebook_ml.messaging.events import Outgoing, event_headers, provenance
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.messaging.transactions import TransactionalProducer
from wisebook_ml.replay.folder import ReplayFolder
from wisebook_ml.replay.plan import Plan
from wisebook_ml.replay.promotion import SOURCE
from wisebook_ml.replay.results import Found, read_results

__all__ = ["REPLAY", "publish_into", "target"]

REPLAY = "wb_replay"
"""Header with the id of the replay that a record is of."""

AT_ONCE = 2_000
"""Records of a transaction."""

DECODE = msgspec.json.Decoder(Detection).decode


def target(name: str) -> Topic:
    """Return a topic for results, as `detections` is but for its name."""
    return Topic(name=name, key=DETECTIONS.key, records=DETECTIONS.records, description="Results of a replay.")


def publish_into(bootstrap: str, prefix: str, name: str, plan: Plan, folder: ReplayFolder) -> int:
    """Publish all that a replay found, in its order; return how many records were published now.

    What a call before has published is passed over, so that one that was killed goes on where it was.

    Raises
    ------
    ReadError, PublishError
        Where the brokers are away, or do not take a record.
    """
    topic, published = target(name), 0
    for partition in plan.stretches:
        done = _published(bootstrap, topic.full_name(prefix), partition, plan.id)
        producer = TransactionalProducer(bootstrap, prefix, f"{prefix}replay-into-{name}-{partition}")
        try:
            some: list[Outgoing] = []
            for record in _records(plan, folder, partition, topic, skipped=done):
                some.append(record)
                published += 1
                if len(some) == AT_ONCE:
                    producer.publish(some)
                    some = []
            producer.publish(some)
        finally:
            producer.close()
    return published


def _published(bootstrap: str, topic: str, partition: int, replay_id: str) -> int:
    first, end = end_offsets(bootstrap, topic)[partition]
    wanted = (REPLAY, replay_id.encode())
    return sum(wanted in raw.headers for run in read_partition(bootstrap, topic, partition, first, end) for raw in run)


def _records(plan: Plan, folder: ReplayFolder, partition: int, topic: Topic, skipped: int) -> Iterator[Outgoing]:
    made, found = utc_now(), 0
    for one in read_results(folder.results(partition)):
        if isinstance(one, Found):
            found += 1
            if found > skipped:
                yield _record(one, plan, partition, topic, made)


def _record(one: Found, plan: Plan, partition: int, topic: Topic, made: dt.datetime) -> Outgoing:
    detection = DECODE(one.value)
    id_ = f"{detection.detection_id}/{plan.topic}/{partition}/{one.decalage}"
    headers = event_headers(detection, id_=id_, source=SOURCE, time=made)
    headers += provenance(plan.topic, partition, one.decalage, dt.datetime.fromisoformat(one.instant))
    if one.correlation is not None:
        headers.append((HEADER, one.correlation))
    headers.append((REPLAY, plan.id.encode()))
    return Outgoing(topic, str(detection.detection_id).encode(), one.value, headers, partition)
