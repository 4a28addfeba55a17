"""The alerting role: detections, acknowledgements and the clock in; alerts out."""

import asyncio
from typing import Any

import faust

from agents.app import Batch, consume, partitions_of, role_app
from agents.inbox import Inbox
from schemas import Acquittement, Detection
from topics import ACKNOWLEDGEMENTS, DETECTIONS
from wisebook_ml.alerting.office import Office
from wisebook_ml.alerting.policies import Policies
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.topic_ids import topic_id
from wisebook_ml.settings import Settings
from wisebook_ml.storage import AlertStore, SettingsStore, open_database
from wisebook_ml.transport.failure import end_process

__all__ = ["create_app"]

LOOK_SECONDS = 1.0
"""How often the clock is looked at: digests, escalations and ends of quiet hours are as late at most."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that makes alerts of detections.

    A batch counts as finished when the brokers have the alerts that follow from it; what is not published by then is
    in SQL (`wisebook_ml.alerting.office`).
    """
    app = role_app("alerting", settings)
    bootstrap, prefix = resolve_bootstrap(settings), settings.topic_prefix
    engine = open_database(settings.sql_url)
    detections = Inbox(DETECTIONS, prefix, EventProducer(bootstrap, prefix))
    acknowledgements = Inbox(ACKNOWLEDGEMENTS, prefix, EventProducer(bootstrap, prefix))  # flushes do not mix
    office = Office(
        AlertStore(engine),
        Policies(SettingsStore(engine)),
        EventProducer(bootstrap, prefix),
        topic=detections.name,
        topic_id=topic_id(bootstrap, detections.name),
    )
    ours: list[int] = []

    def take(partition: int, records: Batch) -> None:
        opened = detections.open(partition, records)
        taken = [(raw, one) for raw, one in opened if isinstance(one, Detection)]
        for raw, reason in office.take(partition, taken):
            detections.refuse(partition, raw, reason)

    def acknowledge(partition: int, records: Batch) -> None:
        opened = acknowledgements.open(partition, records)
        taken = [(raw, one) for raw, one in opened if isinstance(one, Acquittement)]
        for raw, reason in office.acknowledge(partition, acknowledgements.name, taken):
            acknowledgements.refuse(partition, raw, reason)

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(take, partition, records)

    async def note(partition: int, records: Batch) -> None:
        await asyncio.to_thread(acknowledge, partition, records)

    async def keep(_app: Any, assigned: Any, *_: Any, **__: Any) -> None:
        ours[:] = partitions_of(DETECTIONS, settings, assigned)

    async def look() -> None:
        while not app.should_stop:
            try:
                await asyncio.to_thread(office.look_at_clock, list(ours))
            except Exception as error:  # a restart tries again
                end_process("what is due by the clock cannot be done", error)
            await asyncio.sleep(LOOK_SECONDS)

    app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types handlers too narrowly
    app.task(look)
    consume(app, DETECTIONS, settings, process, concurrency=1)  # SQLite has one writer at a time
    consume(app, ACKNOWLEDGEMENTS, settings, note, concurrency=1)
    return app
