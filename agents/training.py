"""The training role: requests in; campaigns, versions and the markers that put them in force out."""

import asyncio
from typing import Any

import faust

from agents.app import Batch, consume, role_app
from agents.inbox import Inbox
from schemas import AnnulationEntrainement, DemandeEntrainement
from topics import TRAINING_REQUESTS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.training.trainer import Trainer
from wisebook_ml.transport.failure import end_process

__all__ = ["create_app"]


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that trains.

    The agent only records requests: a training takes minutes, and the group would give the partition to another worker
    meanwhile. What is recorded waits in SQL, where trainers take it from.
    """
    app = role_app("training", settings)
    bootstrap = resolve_bootstrap(settings)
    inbox = Inbox(TRAINING_REQUESTS, settings.topic_prefix, EventProducer(bootstrap, settings.topic_prefix))
    trainer = Trainer(settings, bootstrap, fail=lambda error: end_process("the trainer failed", error))

    def record(partition: int, records: Batch) -> None:
        for _, one in inbox.open(partition, records):
            assert isinstance(one, DemandeEntrainement | AnnulationEntrainement)  # what TRAINING_REQUESTS declares
            trainer.take(one)

    async def process(partition: int, records: Batch) -> None:
        await asyncio.to_thread(record, partition, records)

    async def start() -> None:
        trainer.start()

    async def close(*_: Any, **__: Any) -> None:
        await asyncio.to_thread(trainer.stop)

    app.task(start)
    app.on_before_shutdown.connect(close)
    consume(app, TRAINING_REQUESTS, settings, process, concurrency=1)
    return app
