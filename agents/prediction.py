"""The prediction role: entries in, what the models say of them out; and first trainings of default models."""

import asyncio
import logging
from typing import Any

import faust

from agents.app import Batch, consume, partitions_of, role_app
from agents.fold import TopicFold
from agents.swap import HotSwap
from schemas import VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.pipeline.live import LivePartitions
from wisebook_ml.prediction.loading import load_service, warm_up
from wisebook_ml.prediction.pipeline import PredictionPipeline
from wisebook_ml.prediction.provisioning import Provisioner
from wisebook_ml.prediction.state import PredictionState, concerns
from wisebook_ml.prediction.tallies import Days, Tally, Verdicts
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import SnapshotStore

__all__ = ["create_app"]

LOGGER = logging.getLogger(__name__)

SNAPSHOTS = "prediction"
"""Folder of this role's snapshots, below the scoring role's: each removes what it cannot use."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that predicts.

    As in the scoring role, what follows from a batch is published in one transaction, and its offset is committed
    afterwards; what is predicted again after a crash has the same values.
    """
    warm_up()  # before the group hands out partitions, which would wait for it
    app = role_app("prediction", settings)
    bootstrap = resolve_bootstrap(settings)
    fold = TopicFold(app, "prediction", settings)
    store = ArtefactStore.of(settings)

    def load(version: VersionModele) -> BaseMLService:
        return load_service(store, version)

    swap = HotSwap(settings, load, concerns)
    provisioner = Provisioner(settings, bootstrap) if settings.provisioning else None

    def accepts(societe_id: int) -> bool:
        return not settings.strict or societe_id in settings.societes

    def counted(societe_id: int, counts: Any) -> None:
        if provisioner is not None and accepts(societe_id):
            provisioner.counted(societe_id, counts)

    def pipeline(topic: str, partition: int) -> PredictionPipeline:
        state = PredictionState(swap.models.get)
        return PredictionPipeline(topic, partition, state, utc_now, accepts=accepts, counted=counted)

    snapshots = SnapshotStore(f"{settings.state_url.rstrip('/')}/{SNAPSHOTS}")
    partitions = LivePartitions(settings, bootstrap, fold.open_publisher, pipeline=pipeline, store=snapshots)
    tallies: list[Tally] = []
    if provisioner is not None:
        tallies = [kind(bootstrap, settings.topic_prefix, counted) for kind in (Verdicts, Days)]

    def kept(assigned: Any) -> None:
        for tally in tallies:
            for partition in partitions_of(tally.topic, settings, assigned):
                fold.threads.submit(_catch_up, tally, partition)

    def closed() -> None:
        if provisioner is not None:
            provisioner.close()

    fold.run(partitions, swap, kept=kept, closed=closed)
    if provisioner is not None:
        _count(app, settings, tallies, provisioner)
    return app


def _count(app: faust.App, settings: Settings, tallies: list[Tally], provisioner: Provisioner) -> None:
    """Have light agents count what first trainings depend on besides entries."""

    async def start() -> None:
        provisioner.start()

    def agent(tally: Tally) -> None:
        async def process(partition: int, records: Batch) -> None:
            await asyncio.to_thread(tally.take, partition, records)

        consume(app, tally.topic, settings, process, concurrency=1)

    app.task(start)
    for tally in tallies:
        agent(tally)


def _catch_up(tally: Tally, partition: int) -> None:
    """Count what was there before; the first records try again, and fail where it is fatal."""
    try:
        tally.catch_up(partition)
    except ReadError as error:
        LOGGER.warning("%s partition %d is not counted yet: %s", tally.topic.name, partition, error)
