"""What the Faust apps of all roles share: one consumer group a role, and no way to lose a batch.

An exception that escapes a Faust agent is acknowledged and skipped, and so is a batch whose agent is cancelled in the
middle. So a batch is always finished before a cancellation is let through, and anything unexpected ends the process: it
restarts from its last commit, and what it did before is done again with the same result.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import faust

from agents.lease import EXIT_FAILED
from topics import ENTRIES, Topic
from wisebook_ml.messaging.connect import ConnectError, resolve_bootstrap
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import ReadError, end_offsets
from wisebook_ml.settings import Settings

__all__ = ["SESSION_SECONDS", "consume", "partitions_of", "role_app"]

LOGGER = logging.getLogger(__name__)

COMMIT_SECONDS = 1.0
"""How often finished offsets are committed: at most a second's work is done again after a crash."""

MAX_POLL_SECONDS = 600.0
"""How long a batch may take before the group counts the worker as gone: recovery of a long partition fits."""

SESSION_SECONDS = 10.0
"""How long a worker may be silent before its partitions go to others.

So long nobody scores what a killed worker had, a restarted one neither: Faust's 60 s is too much. Heartbeats are sent
from the event loop, which no batch blocks, three in this time.
"""

FETCH_BYTES = 2 * ENTRIES.max_message_bytes
"""Most bytes fetched of a partition at once: the largest record always fits."""

Batch = list[RawRecord]
Process = Callable[[int, Batch], Awaitable[None]]


def role_app(role: str, settings: Settings) -> faust.App:
    """Return the Faust app of a role: its own consumer group, offsets and restarts."""
    bootstrap = resolve_bootstrap(settings)
    data = settings.home / "workers" / f"{role}-{os.getpid()}"
    data.mkdir(parents=True, exist_ok=True)
    return faust.App(
        f"{settings.topic_prefix}ml-{role}",
        broker=[f"kafka://{address.strip()}" for address in bootstrap.split(",")],
        datadir=str(data),
        store="memory://",
        autodiscover=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=FETCH_BYTES,
        broker_commit_interval=COMMIT_SECONDS,
        broker_max_poll_interval=MAX_POLL_SECONDS,
        broker_session_timeout=SESSION_SECONDS,
        stream_buffer_maxsize=4 * settings.batch_size,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )


def consume(app: faust.App, topic: Topic, settings: Settings, process: Process) -> None:
    """Have an agent of the app pass a topic's records to `process`, partition by partition, in order.

    Parameters
    ----------
    app : faust.App
        The role's.
    topic : Topic
        Which topic; its values stay bytes, since a decoder inside Faust would stall the stream on a bad record.
    settings : Settings
        How many records make a batch, and how long to wait for them.
    process : callable
        ``await process(partition, records)`` returns when all that follows from the records is delivered.

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
    source = app.topic(
        name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        partitions=topic.partitions,
    )

    async def agent(stream: Any) -> None:  # Faust's stream type does not know `take_events`
        async for events in stream.take_events(settings.batch_size, within=settings.batch_wait):
            await _finish(_process_all(events, process))

    app.agent(source, name=f"{app.conf.id}.{topic.name}")(agent)


def partitions_of(topic: Topic, settings: Settings, assigned: Any) -> list[int]:
    """Return the partitions of a topic among Faust's topic partitions."""
    name = topic.full_name(settings.topic_prefix)
    return sorted(tp.partition for tp in assigned if tp.topic == name)


async def _process_all(events: Sequence[Any], process: Process) -> None:
    by_partition: dict[int, list[RawRecord]] = {}
    for event in events:
        message = event.message
        headers = message.headers.items() if isinstance(message.headers, dict) else message.headers or ()
        raw = RawRecord(message.offset, message.key, message.value, list(headers))
        by_partition.setdefault(message.partition, []).append(raw)
    for partition, records in by_partition.items():
        await process(partition, records)


async def _finish(work: Awaitable[None]) -> None:
    """Run a batch to its end; a cancellation waits for it, an error ends the process."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
        except Exception:
            break
    error = task.exception() if not task.cancelled() else asyncio.CancelledError()
    if error is not None:
        LOGGER.critical("batch failed; the worker ends and restarts from its last commit", exc_info=error)
        logging.shutdown()
        os._exit(EXIT_FAILED)
    if cancelled:
        raise asyncio.CancelledError
