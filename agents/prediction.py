"""The prediction role: entries in, what the models say of them out; and first trainings of default models."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust

from agents.app import SESSION_SECONDS, Batch, consume, consume_batches, partitions_of, role_app
from agents.lease import EXIT_FAILED, Lease
from agents.swap import HotSwap
from schemas import VersionModele
from topics import ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.pipeline.live import LivePartitions, NotAssigned
from wisebook_ml.prediction.loading import load_service, warm_up
from wisebook_ml.prediction.pipeline import PredictionPipeline
from wisebook_ml.prediction.provisioning import Provisioner
from wisebook_ml.prediction.state import PredictionState, concerns
from wisebook_ml.prediction.tallies import Days, Tally, Verdicts
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.settings import Settings
from wisebook_ml.snapshots import SnapshotStore
from wisebook_ml.transport import RecordBatch

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
    lease = Lease(SESSION_SECONDS)
    app.task(lease.beat)
    store = ArtefactStore.of(settings)

    def load(version: VersionModele) -> BaseMLService:
        return load_service(store, version)

    swap = HotSwap(settings, load, concerns)
    app.task(swap.start)
    provisioner = Provisioner(settings, bootstrap) if settings.provisioning else None

    def accepts(societe_id: int) -> bool:
        return not settings.strict or societe_id in settings.societes

    def counted(societe_id: int, counts: Any) -> None:
        if provisioner is not None and accepts(societe_id):
            provisioner.counted(societe_id, counts)

    def pipeline(topic: str, partition: int) -> PredictionPipeline:
        state = PredictionState(swap.models.get)
        return PredictionPipeline(topic, partition, state, utc_now, accepts=accepts, counted=counted)

    def open_publisher(partition: int) -> TransactionalProducer:
        name = f"{settings.topic_prefix}prediction-{partition}"
        producer = TransactionalProducer(bootstrap, settings.topic_prefix, name)
        # A process that slept has just shut out its successor; it must not publish in its place.
        lease.check()
        return producer

    snapshots = SnapshotStore(f"{settings.state_url.rstrip('/')}/{SNAPSHOTS}")
    partitions = LivePartitions(settings, bootstrap, open_publisher, pipeline=pipeline, store=snapshots)
    threads = ThreadPoolExecutor(ENTRIES.partitions, thread_name_prefix="prediction")
    tallies: list[Tally] = []
    if provisioner is not None:
        tallies = [kind(bootstrap, settings.topic_prefix, counted) for kind in (Verdicts, Days)]

    def predict(batch: RecordBatch) -> None:
        lease.check()
        try:
            partitions.process(
                batch.partition,
                batch.records,  # type: ignore[arg-type]  # see `agents.app.Batch`
                first_offset=batch.first_offset,
                next_offset=batch.next_offset,
                gets_on=batch.gets_on,
            )
        except NotAssigned as error:
            # A rebalance did not wait for so long a batch. Nothing of it is committed, and the new owner does it.
            LOGGER.info("%s; what was in work is dropped", error)
        except Fenced as error:
            LOGGER.critical("%s. The worker ends; restarted, it joins its group again", error)
            logging.shutdown()
            os._exit(EXIT_FAILED)

    async def work(batch: RecordBatch) -> None:
        await asyncio.get_running_loop().run_in_executor(threads, predict, batch)

    async def keep(_app: Any, assigned: Any, *_: Any, **__: Any) -> None:
        ours = partitions_of(ENTRIES, settings, assigned)
        swap.keep(ours)
        partitions.keep(ours)
        for tally in tallies:
            for partition in partitions_of(tally.topic, settings, assigned):
                threads.submit(_catch_up, tally, partition)

    async def revoke(_app: Any, revoked: Any, *_: Any, **__: Any) -> None:
        await asyncio.to_thread(partitions.revoke, partitions_of(ENTRIES, settings, revoked))

    async def close(*_: Any, **__: Any) -> None:
        await asyncio.to_thread(partitions.close)
        await asyncio.to_thread(swap.close)
        if provisioner is not None:
            await asyncio.to_thread(provisioner.close)

    app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types a signal's handlers too narrowly
    app.on_partitions_revoked.connect(revoke)  # type: ignore[arg-type]
    app.on_before_shutdown.connect(close)
    consume_batches(app, ENTRIES, settings, work)
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
