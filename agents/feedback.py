"""Verdicts, which the tuning role takes in: what they teach becomes a version of the settings."""

import asyncio

import faust
from sqlalchemy import Engine

from agents.app import Batch, consume
from topics import FEEDBACK
from wisebook_ml.feedback.desk import Desk
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, SettingsStore, VerdictStore
from wisebook_ml.tuning.change import Tuner

__all__ = ["take_feedback"]


def take_feedback(app: faust.App, settings: Settings, engine: Engine, tuner: Tuner) -> None:
    """Have an agent of the app take what is published on `feedback`."""
    producer = EventProducer(resolve_bootstrap(settings), settings.topic_prefix)  # of its own: flushes do not mix
    desk = Desk(
        settings.topic_prefix,
        producer,
        DetectionStore(engine),
        VerdictStore(engine),
        tuner,
        SettingsStore(engine).in_force,
    )

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(desk.take, partition, records)

    consume(app, FEEDBACK, settings, process, concurrency=1)  # SQLite has one writer at a time
