"""What the Faust apps of all roles share: one consumer group a role, batches of one partition, and no way to lose one.

`wisebook_ml.transport` delivers the batches. Anything unexpected ends the process: it restarts from its last commit,
and what it did before is done again with the same result.
"""

import gc
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import faust

from agents.credentials import broker_credentials
from topics import ENTRIES, Topic
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import ReadError, end_offsets
from wisebook_ml.monitoring.meter import BatchMeter
from wisebook_ml.settings import Settings
from wisebook_ml.transport import BatchOptions, RecordBatch, each_partition, record_batches, use_record_batches

__all__ = ["SESSION_SECONDS", "Batch", "consume", "consume_batches", "partitions_of", "role_app"]

COMMIT_SECONDS = 1.0
"""How often finished offsets are committed: at most a second's work is done again after a crash."""

STALL_SECONDS = 600.0
"""Without a commit for so long, though there is work, a worker ends; a recovery says for itself that it gets on."""

SESSION_SECONDS = 10.0
"""How long a worker may be silent before its partitions go to others.

So long nobody scores what a killed worker had, a restarted one neither: Faust's 60 s is too much. Heartbeats are sent
from a thread of their own, which no batch blocks, three in this time.
"""

FETCH_BYTES = 2 * ENTRIES.max_message_bytes
"""Most bytes fetched of a partition at once: the largest record always fits."""

BUFFERED_BATCHES = 16
"""Batches in memory at most: of eight partitions one in work and one waiting, of more by turns."""

GC_THRESHOLD = 50_000
"""Objects between two collections of the youngest generation.

A batch is tens of thousands of objects that live briefly and in no cycles; looking through them every 700, as Python
does by default, takes a third of the time that fetching takes.
"""

Batch = Sequence[RawRecord]
"""Records as the client decodes them: they have all that a `RawRecord` has."""

Process = Callable[[int, Batch], Awaitable[None]]
Work = Callable[[RecordBatch], Awaitable[None]]


def role_app(role: str, settings: Settings) -> faust.App:
    """Return the Faust app of a role: its own consumer group, offsets and restarts."""
    bootstrap = resolve_bootstrap(settings)
    data = settings.home / "workers" / f"{role}-{os.getpid()}"
    data.mkdir(parents=True, exist_ok=True)
    app = faust.App(
        f"{settings.topic_prefix}ml-{role}",
        broker=[f"kafka://{address.strip()}" for address in bootstrap.split(",")],
        broker_credentials=broker_credentials(settings),
        datadir=str(data),
        store="memory://",
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        broker_commit_interval=COMMIT_SECONDS,
        broker_session_timeout=SESSION_SECONDS,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )
    use_record_batches(
        app,
        BatchOptions(
            max_records=settings.batch_size,
            max_buffered=BUFFERED_BATCHES * settings.batch_size,
            read_committed=True,
            stall_seconds=STALL_SECONDS,
        ),
    )
    gc.set_threshold(GC_THRESHOLD)
    return app


def consume(
    app: faust.App,
    topic: Topic,
    settings: Settings,
    process: Process,
    *,
    concurrency: int | None = None,
    max_records: int | None = None,
) -> None:
    """Have an agent of the app pass a topic's records to `process`, each partition in order.

    Parameters
    ----------
    app : faust.App
        The role's.
    topic : Topic
        Which topic; its values stay bytes, since a decoder inside Faust would stall the stream on a bad record.
    settings : Settings
        The process's.
    process : callable
        ``await process(partition, records)`` returns when all that follows from the records is delivered. It is called
        for several partitions at a time.
    concurrency : int, optional
        For how many; by default all.
    max_records : int, optional
        Most records of a batch; by default what the settings say.

    Raises
    ------
    ConnectError
        Where there is no such topic, or nobody who could tell.
    """

    async def work(batch: RecordBatch) -> None:
        await process(batch.partition, batch.records)  # type: ignore[arg-type]  # see `Batch`

    consume_batches(app, topic, settings, work, concurrency=concurrency, max_records=max_records)


def consume_batches(
    app: faust.App,
    topic: Topic,
    settings: Settings,
    work: Work,
    *,
    concurrency: int | None = None,
    max_records: int | None = None,
) -> None:
    """Do as `consume` does, for who needs to know where a batch begins and ends: ``await work(batch)``.

    Raises
    ------
    ConnectError
        Where there is no such topic, or nobody who could tell.
    """
    name = topic.full_name(settings.topic_prefix)
    try:
        end_offsets(resolve_bootstrap(settings), name)  # Faust would wait for a missing topic, and not say so
    except ReadError as error:
        raise ConnectError(str(error)) from error

    meter = BatchMeter(topic.name)

    async def measured(batch: RecordBatch) -> None:
        with meter.measuring(batch):
            await work(batch)

    async def agent(stream: Any) -> None:
        await each_partition(stream, measured, concurrency=concurrency)

    source = record_batches(app, name, max_records=max_records, partitions=topic.partitions)
    app.agent(source, name=f"{app.conf.id}.{topic.name}")(agent)


def partitions_of(topic: Topic, settings: Settings, assigned: Any) -> list[int]:
    """Return the partitions of a topic among Faust's topic partitions."""
    name = topic.full_name(settings.topic_prefix)
    return sorted(tp.partition for tp in assigned if tp.topic == name)
