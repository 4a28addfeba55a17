"""The delivery role: alerts in, to webhooks and mailboxes; the record of every attempt out."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

import faust
from sqlalchemy import Engine

from agents.app import consume_batches, role_app
from agents.inbox import Inbox
from schemas import Alerte, Detection
from topics import ALERTS
from wisebook_ml.clock import utc_now
from wisebook_ml.delivery.courier import Courier
from wisebook_ml.delivery.planning import Planned, Told, plan
from wisebook_ml.delivery.schedule import Backoff
from wisebook_ml.delivery.sender import Sender
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.correlation import told_correlation
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DeliveryLog, DeliveryStore, DetectionStore, Issued, SettingsStore, open_database
from wisebook_ml.transport import RecordBatch
from wisebook_ml.transport.failure import end_process

__all__ = ["create_app"]


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that brings alerts to people and programs.

    What an alert's arrival asks for is committed in SQL before the alert counts as read; a courier takes it from there.
    Any number of workers may run: SQL gives each delivery to one of them.
    """
    app = role_app("delivery", settings)
    engine = open_database(settings.sql_url)
    store = DeliveryStore(engine)
    courier = _courier(settings, engine, store)
    _take_alerts(app, settings, SettingsStore(engine), store, courier)

    async def begin() -> None:
        courier.start()

    async def leave(*_: Any, **__: Any) -> None:
        await asyncio.to_thread(courier.leave)

    app.task(begin)
    app.on_before_shutdown.connect(leave)
    return app


def _courier(settings: Settings, engine: Engine, store: DeliveryStore) -> Courier:
    detections = DetectionStore(engine)

    def known(ids: Collection[uuid.UUID]) -> Sequence[Detection]:
        return [one.detection for one in detections.get_many(ids)]

    return Courier(
        store,
        DeliveryLog(engine),
        Sender(settings, known).send,
        EventProducer(resolve_bootstrap(settings), settings.topic_prefix),
        Backoff(settings.delivery_backoff_seconds, settings.seed),
        lambda error: end_process("alerts cannot be delivered", error),
    )


def _take_alerts(
    app: faust.App, settings: Settings, companies: SettingsStore, store: DeliveryStore, courier: Courier
) -> None:
    """Have an agent record what is to be delivered."""
    producer = EventProducer(resolve_bootstrap(settings), settings.topic_prefix)  # of its own: flushes do not mix
    inbox = Inbox(ALERTS, settings.topic_prefix, producer)

    def take(batch: RecordBatch) -> None:
        now = utc_now()
        issued = []
        when = {raw.offset: _published(raw.timestamp, now) for raw in batch.records}
        for raw, alerte in inbox.open(batch.partition, cast(Sequence[RawRecord], batch.records)):
            assert isinstance(alerte, Alerte)  # what ALERTS declares
            issued.append(Issued(alerte, when[raw.offset], told_correlation(raw.headers)))
        rules = {societe: companies.in_force(societe).alertes for societe in {one.alerte.societe_id for one in issued}}

        def choose(alerte: Alerte, told: Mapping[str, Sequence[Told]]) -> Sequence[Planned]:
            return plan(alerte, rules[alerte.societe_id], told)

        if store.plan(issued, choose, now):
            courier.wake()

    async def work(batch: RecordBatch) -> None:
        await asyncio.to_thread(take, batch)

    consume_batches(app, ALERTS, settings, work, concurrency=1)  # SQLite has one writer at a time


def _published(told: int | None, now: dt.datetime) -> dt.datetime:
    """Return when a record was published, by its producer's clock, which the client tells in milliseconds."""
    if told is None or told <= 0:
        return now
    return min(dt.datetime.fromtimestamp(told / 1000, dt.UTC), now)
