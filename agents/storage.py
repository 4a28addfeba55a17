"""The storing role: detections, statistics, reports of drift, and runs of timers, into SQL."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import faust

from agents.app import Batch, consume, role_app
from agents.inbox import Inbox
from schemas import Derive, Detection, ExecutionMinuterie, Record, Statistique
from topics import DETECTIONS, DRIFT, STATISTICS, TIMER_RUNS, Topic
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.times import told_time
from wisebook_ml.settings import Settings
from wisebook_ml.storage import (
    DetectionStore,
    DriftStore,
    StatisticsStore,
    StoredDetection,
    TimerRunStore,
    not_its_own,
    open_database,
)
from wisebook_ml.storage.limits import fault

__all__ = ["create_app"]

R = TypeVar("R", bound=Record)
Take = Callable[[Inbox, int, Batch], None]

MAX_DIGITS = 18
"""Of partition and offset together; SQL keeps no larger number."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that stores detections, statistics, reports of drift and runs of timers.

    Writing is idempotent: what is read again after a crash or from the start leaves the same rows.
    """
    app = role_app("storage", settings)
    engine = open_database(settings.sql_url)
    _store(app, settings, DETECTIONS, partial(_detections, DetectionStore(engine)))
    _store(app, settings, STATISTICS, partial(_statistics, StatisticsStore(engine)))
    _store(app, settings, TIMER_RUNS, partial(_timer_runs, TimerRunStore(engine)))
    _store(app, settings, DRIFT, partial(_reports, DriftStore(engine)))
    return app


def _store(app: faust.App, settings: Settings, topic: Topic, take: Take) -> None:
    """Have an agent of the app store what it reads of a topic; the rest becomes dead letters."""
    producer = EventProducer(resolve_bootstrap(settings), settings.topic_prefix)  # of its own: flushes do not mix
    inbox = Inbox(topic, settings.topic_prefix, producer)

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(take, inbox, partition, records)

    consume(app, topic, settings, process, concurrency=1)  # SQLite has one writer at a time


def _fitting(kind: type[R], inbox: Inbox, partition: int, records: Batch) -> list[tuple[RawRecord, R]]:
    """Return the records of a topic's one kind that SQL can keep; the others become dead letters."""
    fitting = []
    for raw, record in inbox.open(partition, records):
        assert isinstance(record, kind)  # what the topic declares
        why_not = fault(record)
        if why_not:
            inbox.refuse(partition, raw, why_not)
        else:
            fitting.append((raw, record))
    return fitting


def _detections(store: DetectionStore, inbox: Inbox, partition: int, records: Batch) -> None:
    opened = _fitting(Detection, inbox, partition, records)
    rows = []
    for raw, detection in opened:
        topic, of_partition, offset = _cause(raw) or (inbox.name, partition, raw.offset)
        rows.append(
            StoredDetection(
                detection=detection,
                ce_time=told_time(raw) or utc_now(),
                partition=of_partition,
                offset=offset,
                topic=topic,
            )
        )
    for place in store.write(rows):
        inbox.refuse(partition, opened[place][0], not_its_own(rows[place].detection))


def _statistics(store: StatisticsStore, inbox: Inbox, partition: int, records: Batch) -> None:
    store.write([row for _, row in _fitting(Statistique, inbox, partition, records)])


def _timer_runs(store: TimerRunStore, inbox: Inbox, partition: int, records: Batch) -> None:
    store.write([run for _, run in _fitting(ExecutionMinuterie, inbox, partition, records)])


def _reports(store: DriftStore, inbox: Inbox, partition: int, records: Batch) -> None:
    reports = []
    for raw, report in _fitting(Derive, inbox, partition, records):
        if report.echeance is None:
            inbox.refuse(partition, raw, "echeance is missing: it is not known which check this is the report of")
        else:
            reports.append(report)
    store.write(reports)


def _cause(raw: RawRecord) -> tuple[str, int, int] | None:
    """Return topic, partition and offset of the entry that a detection follows from, where its headers tell.

    Rows are ordered by it: a detection that arrives late (a worker slept) does not replace what followed from a later
    entry.
    """
    told = {name: value.decode(errors="replace") for name, value in raw.headers if value is not None}
    topic, partition, offset = (told.get(f"wb_{what}", "") for what in ("topic", "partition", "offset"))
    if not (topic and partition.isdecimal() and offset.isdecimal() and len(partition + offset) <= MAX_DIGITS):
        return None
    return topic, int(partition), int(offset)
