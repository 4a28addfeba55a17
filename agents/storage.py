"""The storing role: detections, statistics, reports of drift, and runs of timers, into SQL."""

import asyncio
import datetime as dt
from collections.abc import Callable
from functools import partial

import faust

from agents.app import Batch, consume, role_app
from agents.inbox import Inbox
from schemas import Derive, Detection, ExecutionMinuterie, Statistique
from topics import DETECTIONS, DRIFT, STATISTICS, TIMER_RUNS, Topic
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Headers, RawRecord
from wisebook_ml.messaging.producer import EventProducer
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

__all__ = ["create_app"]

Take = Callable[[Inbox, int, Batch], None]

MAX_BIGINT = 2**63 - 1
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


def _detections(store: DetectionStore, inbox: Inbox, partition: int, records: Batch) -> None:
    opened = inbox.open(partition, records)
    rows = []
    for raw, detection in opened:
        assert isinstance(detection, Detection)  # what DETECTIONS declares
        topic, of_partition, offset = _cause(raw) or (inbox.name, partition, raw.offset)
        rows.append(
            StoredDetection(
                detection=detection,
                ce_time=_made(raw.headers),
                partition=of_partition,
                offset=offset,
                topic=topic,
            )
        )
    for place in store.write(rows):
        inbox.refuse(partition, opened[place][0], not_its_own(rows[place].detection))


def _statistics(store: StatisticsStore, inbox: Inbox, partition: int, records: Batch) -> None:
    rows = []
    for raw, row in inbox.open(partition, records):
        assert isinstance(row, Statistique)  # what STATISTICS declares
        if row.debut.tzinfo is None or row.fin.tzinfo is None:
            inbox.refuse(partition, raw, "debut and fin need a time zone, or they name no moment")
        else:
            rows.append(row)
    store.write(rows)


def _timer_runs(store: TimerRunStore, inbox: Inbox, partition: int, records: Batch) -> None:
    # All of them: it is what TIMER_RUNS declares.
    store.write([run for _, run in inbox.open(partition, records) if isinstance(run, ExecutionMinuterie)])


def _reports(store: DriftStore, inbox: Inbox, partition: int, records: Batch) -> None:
    reports = []
    for raw, report in inbox.open(partition, records):
        assert isinstance(report, Derive)  # what DRIFT declares
        if report.echeance is None:
            inbox.refuse(partition, raw, "echeance is missing: it is not known which check this is the report of")
        elif max(report.modele_id, abs(report.version), report.lignes or 0) > MAX_BIGINT:
            inbox.refuse(partition, raw, "a number is beyond 64 bits, and SQL keeps none")
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


def _made(headers: Headers) -> dt.datetime:
    """Return when a detection was made, or now for a producer that did not say."""
    for name, value in headers:
        if name == "ce_time" and value is not None:
            try:
                time = dt.datetime.fromisoformat(value.decode())
            except ValueError:
                break
            return time if time.tzinfo is not None else time.replace(tzinfo=dt.UTC)
    return dt.datetime.now(dt.UTC)
