"""The storing role: detections into SQL."""

import asyncio
import datetime as dt

import faust

from agents.app import Batch, consume, role_app
from agents.inbox import Inbox
from schemas import Detection
from topics import DETECTIONS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Headers
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, StoredDetection, open_database

__all__ = ["create_app"]


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that stores detections.

    Writing is idempotent: what is read again after a crash or from the start leaves the same rows.
    """
    app = role_app("storage", settings)
    store = DetectionStore(open_database(settings.sql_url))
    producer = EventProducer(resolve_bootstrap(settings), settings.topic_prefix)
    inbox = Inbox(DETECTIONS, settings.topic_prefix, producer)

    def write(partition: int, records: Batch) -> None:
        rows = []
        for raw, detection in inbox.open(partition, records):
            assert isinstance(detection, Detection)  # what DETECTIONS declares
            rows.append(
                StoredDetection(
                    detection=detection,
                    ce_time=_made(raw.headers),
                    partition=partition,
                    offset=raw.offset,
                    topic=inbox.name,
                )
            )
        store.write(rows)

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(write, partition, records)

    consume(app, DETECTIONS, settings, process)
    return app


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
