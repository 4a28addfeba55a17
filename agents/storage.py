"""The storing role: detections into SQL."""

import asyncio
import datetime as dt

import faust

from agents.app import Batch, consume, role_app
from agents.inbox import Inbox
from schemas import Detection
from topics import DETECTIONS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Headers, RawRecord
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, StoredDetection, open_database

__all__ = ["create_app"]

MAX_DIGITS = 18
"""Of partition and offset together; SQL keeps no larger number."""


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
        store.write(rows)

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(write, partition, records)

    consume(app, DETECTIONS, settings, process, concurrency=1)  # SQLite has one writer at a time
    return app


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
