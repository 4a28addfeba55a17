"""What the roles that fold the partitions of a topic have in common: scoring, prediction, treasury and cash."""

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
from topics import ENTRIES, Topic
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.pipeline.live import LivePartitions, NotAssigned
from wisebook_ml.settings import Settings
from wisebook_ml.transport import RecordBatch

__all__ = ["TopicFold"]

LOGGER = logging.getLogger(__name__)


class TopicFold:
    """Passes batches of a topic to live partitions, and tells these which of them the worker has.

    Parameters
    ----------
    app : faust.App
        The role's.
    role : str
        Its name: part of the transactional ids of its partitions.
    settings : Settings
        The process's.
    topic : Topic
        What is folded.
    """

    def __init__(self, app: faust.App, role: str, settings: Settings, topic: Topic = ENTRIES) -> None:
        self._app = app
        self._role = role
        self._settings = settings
        self._topic = topic
        self._bootstrap = resolve_bootstrap(settings)
        self._lease = Lease(SESSION_SECONDS)
        self.threads = ThreadPoolExecutor(topic.partitions, thread_name_prefix=role)
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
        swap: HotSwap[Any] | None = None,
        *,
        kept: Callable[[Any], None] = lambda assigned: None,
        closed: Callable[[], None] = lambda: None,
        max_records: int | None = None,
    ) -> None:
        """Have the app fold, from its start to its end.

        Parameters
        ----------
        partitions : LivePartitions
            What follows from a batch is published when their `process` returns, and only then the batch is finished.
        swap : HotSwap, optional
            Loads models for the partitions that the worker has.
        kept : callable
            Told Faust's topic partitions whenever they were assigned anew; must return at once.
        closed : callable
            Called at the end, in a thread.
        max_records : int, optional
            Most records of a batch; by default what the settings say.
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
            ours = partitions_of(self._topic, settings, assigned)
            if swap is not None:
                swap.keep(ours)
            partitions.keep(ours)
            kept(assigned)

        async def revoke(_app: Any, revoked: Any, *_: Any, **__: Any) -> None:
            await asyncio.to_thread(partitions.revoke, partitions_of(self._topic, settings, revoked))

        async def close(*_: Any, **__: Any) -> None:
            await asyncio.to_thread(partitions.close)
            if swap is not None:
                await asyncio.to_thread(swap.close)
            await asyncio.to_thread(closed)

        if swap is not None:
            self._app.task(swap.start)
        self._app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types handlers too narrowly
        self._app.on_partitions_revoked.connect(revoke)  # type: ignore[arg-type]
        self._app.on_before_shutdown.connect(close)
        consume_batches(self._app, self._topic, settings, work, max_records=max_records)
