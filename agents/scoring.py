"""The scoring role: entries in, explained detections and dead letters out."""

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust
import numpy as np

from agents.app import SESSION_SECONDS, consume_batches, partitions_of, role_app
from agents.lease import EXIT_FAILED, Lease
from agents.swap import HotSwap
from schemas import RoleModele, TypeModele, VersionModele
from topics import ENTRIES
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.pipeline.live import LivePartitions, NotAssigned, new_scorer
from wisebook_ml.pipeline.warm import warm_up
from wisebook_ml.settings import Settings
from wisebook_ml.transport import RecordBatch

__all__ = ["create_app"]

LOGGER = logging.getLogger(__name__)

FORESTS = 64
"""Models kept besides those in force: one has a megabyte or two."""


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that scores entries.

    What follows from a batch is published in one transaction, and only then the batch counts as finished. Since the
    same entries give the same detections, what is scored again after a crash is published again with the same values;
    and since a partition's transactions have one id, whoever is given it shuts out whoever had it.
    """
    warm_up()  # before the group hands out partitions, which would wait for it
    app = role_app("scoring", settings)
    bootstrap = resolve_bootstrap(settings)
    lease = Lease(SESSION_SECONDS)
    app.task(lease.beat)

    def open_publisher(partition: int) -> TransactionalProducer:
        name = f"{settings.topic_prefix}scoring-{partition}"
        producer = TransactionalProducer(bootstrap, settings.topic_prefix, name)
        # A process that slept has just shut out its successor; it must not publish in its place.
        lease.check()
        return producer

    store = ArtefactStore.of(settings)

    def load(version: VersionModele) -> IsolationForest:
        forest = store.load_forest(version)
        forest.score(np.zeros((1, len(forest.features))))
        return forest

    swap = HotSwap(settings, load, _scores, capacity=FORESTS)
    app.task(swap.start)
    partitions = LivePartitions(
        settings, bootstrap, open_publisher, lambda settings: new_scorer(settings, swap.models.get)
    )
    threads = ThreadPoolExecutor(ENTRIES.partitions, thread_name_prefix="scoring")

    def score(batch: RecordBatch) -> None:
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
        await asyncio.get_running_loop().run_in_executor(threads, score, batch)

    async def keep(_app: Any, assigned: Any, *_: Any, **__: Any) -> None:
        ours = partitions_of(ENTRIES, settings, assigned)
        swap.keep(ours)
        partitions.keep(ours)

    async def revoke(_app: Any, revoked: Any, *_: Any, **__: Any) -> None:
        await asyncio.to_thread(partitions.revoke, partitions_of(ENTRIES, settings, revoked))

    async def close(*_: Any, **__: Any) -> None:
        await asyncio.to_thread(partitions.close)
        await asyncio.to_thread(swap.close)

    app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types a signal's handlers too narrowly
    app.on_partitions_revoked.connect(revoke)  # type: ignore[arg-type]
    app.on_before_shutdown.connect(close)
    consume_batches(app, ENTRIES, settings, work)
    return app


def _scores(version: VersionModele, role: RoleModele) -> bool:
    """Tell whether a version takes part in the score."""
    return version.type_modele is TypeModele.ISOLATION_FOREST and role is RoleModele.CHAMPION
