"""Faust's Kafka driver with batches: everything it does for other topics stays as it is."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import aiokafka
from faust.agents.agent import current_agent
from faust.transport.conductor import Conductor
from faust.transport.consumer import RecordMap, ensure_TP
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, AppT
from faust.types.transports import TPorTopicSet

from .dispatch import Dispatcher
from .health import Health, Watchdog
from .message import BatchMessage
from .options import BatchOptions
from .pump import READ_COMMITTED, Arrival, Pump

__all__ = ["BatchConsumer", "BatchTransport"]

IDLE_SECONDS = 0.2
"""How often an app that has nothing but batch topics looks whether it has others to fetch."""


class BatchThread(driver.AIOKafkaConsumerThread):
    """The thread with the Kafka client, and the pump in it."""

    consumer: "BatchConsumer"
    _pump: Pump | None = None
    _pumping: "asyncio.Task[None] | None" = None

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        consumer = super()._create_worker_consumer(transport)
        options = self.consumer.options
        consumer._fetch_max_wait_ms = int(1000 * options.fetch_wait_seconds)
        if options.read_committed:
            consumer._isolation_level = READ_COMMITTED
        return consumer

    async def on_start(self) -> None:
        """Connect, and begin to pump."""
        await super().on_start()
        if self.app.client_only:
            return
        consumer = self._ensure_consumer()
        consumer._fetcher._prefetch_backoff = self.consumer.options.fetch_backoff_seconds
        self._pump = Pump(consumer, self.consumer.options.max_buffered, self.consumer.arrive_from_thread)
        self._pumping = asyncio.get_running_loop().create_task(self._pump.run())
        self._pumping.add_done_callback(self._pump_ended)

    async def on_thread_stop(self) -> None:
        """Stop to pump, and disconnect."""
        if self._pumping is not None:
            self._pumping.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):  # told already by `_pump_ended`
                await self._pumping
        await super().on_thread_stop()

    def _pump_ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None and not self.should_stop:
            self.consumer.fail_from_thread("records cannot be fetched", error)

    def call_pump(self, call: Callable[[Pump], None]) -> None:
        """Have the thread do something with the pump; in the order of the calls."""
        pump = self._pump
        if pump is not None and not self.thread_loop.is_closed():
            self.thread_loop.call_soon_threadsafe(call, pump)

    @property
    def assigned(self) -> bool:
        """Whether the group has handed out partitions, perhaps none to this worker."""
        consumer = self._consumer
        subscription = consumer._subscription.subscription if consumer is not None else None
        return subscription is not None and subscription.assignment is not None

    def missing(self, topics: Iterable[str]) -> list[str]:
        """Return those topics that have no partitions, once the group has handed out what there is."""
        consumer = self._consumer
        subscription = consumer._subscription.subscription if consumer is not None else None
        if consumer is None or subscription is None or subscription.assignment is None:
            return []
        cluster = consumer._client.cluster
        return [topic for topic in topics if not cluster.partitions_for_topic(topic)]

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to the committed offsets all partitions that the pump does not work on."""
        committed: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return committed

    async def _seek_to_committed(self) -> Mapping[TP, int | None]:
        consumer, pump = self._ensure_consumer(), self._pump
        committed = {}
        for tp in consumer.assignment():
            offset = committed[tp] = await consumer.committed(tp)
            if offset and tp in consumer.assignment() and not (pump is not None and pump.takes(ensure_TP(tp))):
                consumer.seek(tp, offset)
        return committed


class BatchConductor(Conductor):
    """Knows which channels read a topic."""

    def offer(self, message: BatchMessage) -> int:
        """Put a batch into the channels that read its partition; return how many there are.

        Past the channels' limits: there is one batch of a partition at a time.
        """
        channels = list(self._tp_index.get(message.tp, ()))
        message.incref(len(channels))
        event = self.app.create_event(None, message.value, {}, message)
        for channel in channels:
            channel.queue.force_put_nowait(event)
        return len(channels)


class BatchConsumer(driver.Consumer):
    """A consumer that delivers some topics in batches.

    For those topics, the dispatcher takes the place of Faust's buffers, offset arithmetic and flow control.
    """

    _thread: BatchThread

    def __init__(self, transport: "BatchTransport", *args: Any, **kwargs: Any) -> None:
        self.options = transport.options
        self._topics = transport.limits
        self.batches = Dispatcher(transport.options, transport.limits, self)
        self._watchdog = Watchdog(self.batches.health, self._end_stalled)
        super().__init__(transport, *args, **kwargs)

    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    async def on_start(self) -> None:
        """Begin to watch the health."""
        await super().on_start()
        self.add_future(self.batches.beat())
        if self.options.stall_seconds is not None and self.options.end_on_stall:
            self._watchdog.start()

    async def on_stop(self) -> None:
        """Finish and commit."""
        await super().on_stop()
        self._watchdog.stop()

    # What the dispatcher needs

    def offer(self, message: BatchMessage) -> int:
        """Put a message into the channels that read its topic; return how many there are."""
        conductor = self.app.topics
        assert isinstance(conductor, BatchConductor)
        return conductor.offer(message)

    def start_pump(self, epoch: int, limits: Mapping[TP, int]) -> None:
        """Begin to take records."""
        self._thread.call_pump(lambda pump: pump.start(epoch, limits))

    def stop_pump(self) -> None:
        """Take none."""
        self._thread.call_pump(Pump.stop)

    def release(self, epoch: int, tp: TP, records: int) -> None:
        """Make room for so many."""
        self._thread.call_pump(lambda pump: pump.release(epoch, tp, records))

    @property
    def generation(self) -> int:
        """Of the consumer group."""
        return self.app.consumer_generation_id

    # What comes from threads

    def arrive_from_thread(self, arrival: Arrival) -> None:
        """Take what the pump took."""
        self.loop.call_soon_threadsafe(self._arrive, arrival)

    def fail_from_thread(self, reason: str, error: BaseException) -> None:
        """Stop for good."""
        self.loop.call_soon_threadsafe(self.batches.fail, reason, error)

    def _arrive(self, arrival: Arrival) -> None:
        self.app.monitor.track_tp_end_offset(arrival.tp, arrival.end)
        self.batches.arrive(arrival)

    def _end_stalled(self, reasons: str) -> None:
        # In the watchdog's thread: the event loop may be what hangs.
        self.options.on_failure(f"the worker does not get on: {reasons}", None)

    # Flow and rebalances

    def resume_flow(self) -> None:
        """Deliver the partitions that Faust has resumed."""
        super().resume_flow()
        self.batches.start(self._active_partitions)

    def stop_flow(self) -> None:
        """Deliver nothing more."""
        super().stop_flow()
        self.batches.stop()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let agents finish their batches, commit, and give the partitions up."""
        await super().on_partitions_revoked(revoked)  # by way of `stop_flow` and `wait_empty`
        self.batches.give_up(revoked)

    async def wait_empty(self) -> None:
        """Wait until agents have finished what they have begun, and commit it; of batches only for so long."""
        late = await self.batches.drain()
        if late and self.app.should_stop:
            self.batches.fail("the worker is to stop, and an agent does not finish", None)
        self._unacked_messages -= {message for message in self._unacked_messages if isinstance(message, BatchMessage)}
        await super().wait_empty()

    async def on_task_error(self, exc: BaseException) -> None:
        """End the worker where an agent failed that reads batches; Faust would go on behind the batch."""
        agent = current_agent()
        names = set(agent.get_topic_names()) if agent is not None else set()
        if agent is not None and any(tp.topic in names for tp in map(_tp, self.batches.in_work)):
            self.batches.fail(f"agent {agent.name} failed", exc)
            return
        await super().on_task_error(exc)

    # Fetching: batch topics are the pump's

    async def _wait_next_records(self, timeout: float) -> tuple[RecordMap | None, set[TP] | None]:
        if self.app.client_only or any(not self.batches.has(tp) for tp in self._get_active_partitions()):
            return await super()._wait_next_records(timeout)
        await self.sleep(IDLE_SECONDS)
        return None, None

    async def _getmany(self, active_partitions: set[TP] | None, timeout: float) -> RecordMap:
        if active_partitions is not None:
            active_partitions = {tp for tp in active_partitions if not self.batches.has(tp)}
            if not active_partitions:  # to the client, none means all
                return {}
        return await super()._getmany(active_partitions, timeout)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Leave batch topics to `health`."""
        if not self.batches.has(tp):
            super().verify_event_path(now, tp)

    # Commits

    def _filter_tps_with_pending_acks(self, topics: TPorTopicSet | None = None) -> Iterator[TP]:
        for tp in list(super()._filter_tps_with_pending_acks(topics)):
            if not self.batches.has(tp):
                yield tp
        for tp in self.batches.committable():
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    def _new_offset(self, tp: TP) -> int | None:
        return self.batches.committable().get(tp) if self.batches.has(tp) else super()._new_offset(tp)

    def _should_commit(self, tp: TP, offset: int) -> bool:
        return self.batches.has(tp) or super()._should_commit(tp, offset)

    async def _commit_offsets(self, offsets: Mapping[TP, int], start_new_transaction: bool = True) -> bool:
        did_commit = await super()._commit_offsets(offsets, start_new_transaction)
        if did_commit:
            self.batches.committed(offsets)
        for tp in offsets:
            if self.batches.has(tp):  # Faust's compiled stream notes offsets here
                self._acked.pop(tp, None)
                self._acked_index.pop(tp, None)
        return did_commit

    def health(self) -> Health:
        """Tell how the worker gets on."""
        health = self.batches.health()
        # Not for the watchdog: a restart creates no topic.
        missing = (
            f"topic {topic} does not exist; create it and restart" for topic in self._thread.missing(self._topics)
        )
        reasons = (*health.reasons, *missing)
        return dataclasses.replace(health, reasons=reasons, assigned=self._thread.assigned)


def _tp(message: BatchMessage) -> TP:
    return message.tp


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport, which can deliver batches.

    Parameters
    ----------
    app : App
        The app, whose broker URLs are used.
    options : BatchOptions
        How batches are fetched and delivered.
    """

    Consumer = BatchConsumer
    Conductor = BatchConductor

    def __init__(self, app: AppT, options: BatchOptions) -> None:
        self.options = options
        self.limits: dict[str, int] = {}
        super().__init__(app.conf.broker_consumer, app)

    def health(self) -> Health:
        """Tell how the worker gets on; safe to be called in any thread, and before the app has started."""
        consumer: Any = vars(self.app).get("_consumer")  # the property would make one
        if consumer is None:
            return Health(("it has not begun to connect to the brokers",), {}, assigned=False)
        assert isinstance(consumer, BatchConsumer)
        return consumer.health()
