"""The scoring role: entries in, explained detections and dead letters out."""

import asyncio
from typing import Any

import faust

from agents.app import SESSION_SECONDS, Batch, consume, partitions_of, role_app
from agents.lease import Lease
from topics import ENTRIES
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.pipeline.live import LivePartitions
from wisebook_ml.settings import Settings

__all__ = ["create_app"]


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that scores entries.

    A batch is finished when all that follows from it is delivered; only then its offsets are committed. Since the same
    entries give the same detections, what is scored again after a crash is published again with the same values.
    """
    app = role_app("scoring", settings)
    bootstrap = resolve_bootstrap(settings)
    partitions = LivePartitions(settings, bootstrap)
    producer = EventProducer(bootstrap, settings.topic_prefix)

    lease = Lease(SESSION_SECONDS)
    app.task(lease.beat)

    def publish(outgoing: Outgoing) -> None:
        lease.check()
        producer.send(outgoing)

    def score(partition: int, records: Batch) -> None:
        partitions.process(partition, records, publish)
        producer.flush()

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(score, partition, records)

    async def keep(_app: Any, assigned: Any, *_: Any, **__: Any) -> None:
        partitions.keep(partitions_of(ENTRIES, settings, assigned))

    app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types a signal's handlers too narrowly
    consume(app, ENTRIES, settings, process)
    return app
