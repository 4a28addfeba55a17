"""What the roles that fold the partitions of `entries` have in common: scoring and prediction."""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import faust

from agents.app import SESSION_SECONDS, consume_batches, partitions_of
from agents.lease import EXIT_FAILED, Lease
from agents.swap import HotSwap
from topics import ENTRIES
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.pipeline.live import LivePartitions, NotAssigned
from wisebook_ml.settings import Settings
from wisebook_ml.transport import RecordBatch

__all__ = ["EntriesFold"]

LOGGER = logging.getLogger(__name__)


class EntriesFold:
    """Passes batches of `entries` to live partitions, and tells these which of them the worker has.

    Parameters
    ----------
    app : faust.App
        The role's.
    role : str
        Its name: part of the transactional ids of its partitions.
    settings : Settings
        The process's.
    """

    def __init__(self, app: faust.App, role: str, settings: Settings) -> None:
        self._app = app
        self._role = role
        self._settings = settings
        self._bootstrap = resolve_bootstrap(settings)
        self._lease = Lease(SESSION_SECONDS)
        self.threads = ThreadPoolExecutor(ENTRIES.partitions, thread_name_prefix=role)
        """Where blocking work is done."""
        app.task(self._lease.beat)

    def open_publisher(self, partition: int) -> TransactionalProducer:
        """Return the publisher of a partition."""
        name = f"{self._settings.topic_prefix}{self._role}-{partition}"
        producer = TransactionalProducer(self._bootstrap, self._settings.topic_prefix, name)
        # A process that slept has just shut out its successor; it must not publish in its place.
        self._lease.check()
        return producer

    def run(
        self,
        partitions: LivePartitions,
        swap: HotSwap[Any],
        *,
        kept: Callable[[Any], None] = lambda assigned: None,
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        """Have the app fold, from its start to its end.

        Parameters
        ----------
        partitions : LivePartitions
            What follows from a batch is published when their `process` returns, and only then the batch is finished.
        swap : HotSwap
            Loads models for the partitions that the worker has.
        kept : callable
            Told Faust's topic partitions whenever they were assigned anew; must return at once.
        closed : callable
            Called at the end, in a thread.
        """
        settings = self._settings

        def process(batch: RecordBatch) -> None:
            self._lease.check()
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
            await asyncio.get_running_loop().run_in_executor(self.threads, process, batch)

        async def keep(_app: Any, assigned: Any, *_: Any, **__: Any) -> None:
            ours = partitions_of(ENTRIES, settings, assigned)
            swap.keep(ours)
            partitions.keep(ours)
            kept(assigned)

        async def revoke(_app: Any, revoked: Any, *_: Any, **__: Any) -> None:
            await asyncio.to_thread(partitions.revoke, partitions_of(ENTRIES, settings, revoked))

        async def close(*_: Any, **__: Any) -> None:
            await asyncio.to_thread(partitions.close)
            await asyncio.to_thread(swap.close)
            await asyncio.to_thread(closed)

        self._app.task(swap.start)
        self._app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types handlers too narrowly
        self._app.on_partitions_revoked.connect(revoke)  # type: ignore[arg-type]
        self._app.on_before_shutdown.connect(close)
        consume_batches(self._app, ENTRIES, settings, work)
