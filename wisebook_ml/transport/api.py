"""The few functions an app calls."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.types import EventT, StreamT

from .batch import RecordBatch
from .consumer import BatchConsumer, BatchTransport
from .message import BatchMessage
from .options import BatchOptions

__all__ = ["each_partition", "record_batches", "use_record_batches"]

Process = Callable[[RecordBatch], Awaitable[None]]


def use_record_batches(app: faust.App, options: BatchOptions | None = None) -> BatchTransport:
    """Let an app have topics in batches; call it before its first topic or agent is declared.

    Parameters
    ----------
    app : faust.App
        Its other topics stay as they are.
    options : BatchOptions, optional
        How batches are fetched and delivered.

    Raises
    ------
    ValueError
        Where the app is configured in a way that loses records, or has a transport already.
    """
    if app._transport is not None:
        raise ValueError("the app has a transport already; call use_record_batches before topics and agents")
    if not app.conf.stream_wait_empty:
        raise ValueError("stream_wait_empty is off; a rebalance would not wait for batches in work")
    if app.in_transaction:
        raise ValueError("processing_guarantee is exactly_once; its transactions do not cover batches")
    transport = BatchTransport(app, options or BatchOptions())
    app.transport = transport
    return transport


def record_batches(app: faust.App, topic: str, *, max_records: int | None = None, **kwargs: Any) -> faust.TopicT:
    """Return a topic for an agent, whose events are `RecordBatch`.

    Parameters
    ----------
    app : faust.App
        One with `use_record_batches`.
    topic : str
        Its name.
    max_records : int, optional
        Most records of a batch; by default what the options say.
    **kwargs
        Of `app.topic`; keys and values stay bytes.

    Examples
    --------
    >>> app = faust.App("shop")
    >>> transport = use_record_batches(app)
    >>> @app.agent(record_batches(app, "orders"))
    ... async def count(stream):
    ...     async for batch in stream:
    ...         print(batch.partition, len(batch))
    """
    transport = app.transport
    if not isinstance(transport, BatchTransport):
        raise ValueError("call use_record_batches(app) first")  # noqa: TRY004 - the order of calls, not a type
    most = transport.options.max_records if max_records is None else max_records
    if not 1 <= 2 * most <= transport.options.max_buffered:
        raise ValueError(f"max_records is {most}; at least 1, and two batches fit into max_buffered")
    transport.limits[topic] = most
    raw: dict[str, Any] = {
        "key_type": bytes,
        "value_type": bytes,
        "key_serializer": "raw",
        "value_serializer": "raw",
    }
    return app.topic(topic, **{**raw, **kwargs})


async def each_partition(stream: StreamT[Any], process: Process, *, concurrency: int | None = None) -> None:
    """Process the batches of a stream, several partitions at a time; each partition in order.

    The whole body of an agent. A cancellation lets the batches in work finish; an error ends the worker as
    `BatchOptions.on_failure` says, and the batch is delivered again.

    Parameters
    ----------
    stream : Stream
        What the agent was given.
    process : callable
        ``await process(batch)`` returns when the batch may be committed. It may use threads.
    concurrency : int, optional
        How many partitions at a time; by default all.
    """
    consumer = stream.app.consumer
    assert isinstance(consumer, BatchConsumer)
    batches = consumer.batches
    slots = asyncio.Semaphore(concurrency) if concurrency is not None else contextlib.nullcontext()
    running: set[asyncio.Task[None]] = set()

    async def work(event: EventT[Any]) -> None:
        # Held until the end: tables are written in the name of the event, to which Faust holds a weak reference.
        message = event.message
        assert isinstance(message, BatchMessage)
        async with slots:
            if not batches.begin(message):  # a rebalance came while it waited
                return
            try:
                await process(message.batch)
            except BaseException as error:
                batches.fail_batch(message, error)
                if not isinstance(error, Exception):
                    raise
                return
        message.ack(consumer)

    stream.enable_acks = False  # `work` acknowledges
    try:
        async for _ in stream:
            event = stream.current_event
            assert event is not None
            assert isinstance(event.message, BatchMessage)
            event.message.begun = False  # not before it has a slot
            task = asyncio.create_task(work(event))
            running.add(task)
            task.add_done_callback(running.discard)
    finally:
        while running:
            with contextlib.suppress(asyncio.CancelledError):  # Faust cancels an agent more than once
                await asyncio.wait(running)
