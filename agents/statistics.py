"""The statistics role: counts, detections and verdicts into windows; on the hour, rows of what has changed."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import faust

from agents.app import SESSION_SECONDS, consume_batches, role_app
from agents.inbox import Inbox
from agents.lease import Lease
from agents.window_table import NotOurs, WindowTable, partition_of_company
from schemas import Avis, Comptage, Detection, Record
from topics import COUNTS, DETECTIONS, FEEDBACK, Topic
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.transport import RecordBatch
from wisebook_ml.windows.events import Event, Misfit, Tick, counted, detected, judged
from wisebook_ml.windows.fold import Change
from wisebook_ml.windows.press import Press

__all__ = ["create_app"]

LOGGER = logging.getLogger(__name__)

MAX_RECORDS = 1_000
"""Of a batch: they are folded in the event loop, between two writes of a table, in less than a tenth of a second."""

Understand = Callable[[Record, RawRecord, int | None], Sequence[Event]]


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that keeps the windows and publishes `statistics`.

    A batch is done when the brokers have the values that it has changed. What is delivered again after a crash is known
    by the values themselves (`wisebook_ml.windows`), so no transaction is needed for each to count once.
    """
    app = role_app("statistics", settings)
    desk = _Desk(app, settings)
    desk.consume(COUNTS, _counted)
    desk.consume(DETECTIONS, lambda record, raw, written: _detected(record, raw, settings))
    desk.consume(FEEDBACK, _judged)
    return app


def _counted(record: Record, _raw: RawRecord, written: int | None) -> Sequence[Event]:
    assert isinstance(record, Comptage)  # what COUNTS declares
    return counted(record, written)


def _detected(record: Record, raw: RawRecord, settings: Settings) -> Sequence[Event]:
    assert isinstance(record, Detection)
    found = detected(record, raw, DETECTIONS.full_name(settings.topic_prefix))
    return () if found is None else (found,)


def _judged(record: Record, raw: RawRecord, written: int | None) -> Sequence[Event]:
    assert isinstance(record, Avis)
    found = judged(record, raw, written)
    return () if found is None else (found,)


class _Desk:
    """What the three topics have in common: one table, one press."""

    def __init__(self, app: faust.App, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._table = WindowTable(app, settings)
        self._press = Press(settings, resolve_bootstrap(settings))
        self._lease = Lease(SESSION_SECONDS)
        app.task(self._lease.beat)

        async def drop(*_: Any, **__: Any) -> None:
            self._table.drop_folds()

        app.on_partitions_revoked.connect(drop)

    def consume(self, topic: Topic, understand: Understand) -> None:
        """Have an agent of the app fold a topic."""
        settings = self._settings
        producer = EventProducer(resolve_bootstrap(settings), settings.topic_prefix)  # of its own: flushes do not mix
        inbox, lock = Inbox(topic, settings.topic_prefix, producer), threading.Lock()

        def open_(batch: RecordBatch) -> list[Event]:
            with lock:  # partitions are worked side by side
                return _open(inbox, batch, understand, topic.partitions)

        async def work(batch: RecordBatch) -> None:
            events = await asyncio.to_thread(open_, batch)
            try:
                await self._process(batch.partition, events, expire=topic is COUNTS)
            except NotOurs as error:
                # A rebalance did not wait for so long a batch. Nothing of it is committed, and the new owner does it.
                LOGGER.info("%s; what was in work is dropped", error)

        consume_batches(self._app, topic, settings, work, max_records=min(MAX_RECORDS, settings.batch_size))

    async def _process(self, partition: int, events: Sequence[Event], *, expire: bool) -> None:
        """Fold events, and publish where there is a signal among them; returns when the brokers have all of it."""
        fold, todo = self._table.fold(partition), list[Event]()

        def write(changes: Sequence[Change]) -> None:
            # A process that slept was replaced, and must not write behind its successor.
            self._lease.check()
            self._table.write(partition, fold, changes, events)

        for event in events:
            todo.append(event)
            if isinstance(event, Tick):
                write(fold.fold(todo))
                todo = []
                rows = fold.unpublished()
                await asyncio.to_thread(self._press.publish, rows, partition, event.now)
                write(fold.published(rows))
        write(fold.fold(todo))
        if expire:
            rows, tombstones = fold.over()
            if rows:
                await asyncio.to_thread(self._press.publish, rows, partition, None)
            write(tombstones)
        self._lease.check()
        await self._table.settle(partition, fold)


def _open(inbox: Inbox, batch: RecordBatch, understand: Understand, partitions: int) -> list[Event]:
    """Return what a batch has to be counted; the rest is delivered as dead letters."""
    written = {record.offset: record.timestamp for record in batch.records}
    events = list[Event]()
    for raw, record in inbox.open(batch.partition, batch.records):  # type: ignore[arg-type]  # see `agents.app.Batch`
        try:
            found = understand(record, raw, written[raw.offset])
        except Misfit as error:
            inbox.refuse(batch.partition, raw, str(error))
            continue
        if strange := _strange(found, batch.partition, partitions):
            detail = f"company {strange} belongs into partition {partition_of_company(strange, partitions)}"
            inbox.refuse(batch.partition, raw, f"{detail}: the partition follows from the company (murmur2)")
            continue
        events += found
    return events


def _strange(events: Sequence[Event], partition: int, partitions: int) -> int | None:
    """Return a company among events that are in a partition where it does not belong."""
    for event in events:
        if not isinstance(event, Tick) and partition_of_company(event.societe_id, partitions) != partition:
            return event.societe_id
    return None
