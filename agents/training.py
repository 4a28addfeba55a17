"""The training role: requests in; campaigns, versions and the markers that put them in force out."""

import asyncio
import logging
import multiprocessing
import os
import threading
from concurrent.futures import ProcessPoolExecutor

import faust

from agents.app import Batch, consume, role_app
from agents.inbox import Inbox
from schemas import DemandeEntrainement
from topics import TRAINING_REQUESTS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.training.campaign import run_campaign

__all__ = ["create_app"]

LOGGER = logging.getLogger(__name__)


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that trains.

    Each training runs in a process of its own, so that the event loop goes on answering the brokers. A request
    counts as done when its campaign has ended; a trainer that dies before takes it up again.
    """
    app = role_app("training", settings)
    bootstrap = resolve_bootstrap(settings)
    inbox = Inbox(TRAINING_REQUESTS, settings.topic_prefix, EventProducer(bootstrap, settings.topic_prefix))
    pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), initializer=_end_with_parent)

    async def process(partition: int, records: Batch) -> None:
        for _, request in await asyncio.to_thread(inbox.open, partition, records):
            assert isinstance(request, DemandeEntrainement)  # what TRAINING_REQUESTS declares
            loop = asyncio.get_running_loop()
            campaign = await loop.run_in_executor(pool, run_campaign, request, settings, bootstrap)
            LOGGER.info(
                "campaign %s: %s, %d rows %s", campaign.campagne_id, campaign.statut, campaign.lignes, campaign.erreur
            )

    # One by one: each is committed when its campaign has ended.
    consume(app, TRAINING_REQUESTS, settings, process, concurrency=1, max_records=1)
    return app


def _end_with_parent() -> None:
    """Let a training process end when its trainer does, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # the pool starts us

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()
