"""Delivers what the pump takes to the agents, and knows what they have finished. Runs in the app's event loop."""

import asyncio
import contextlib
import functools
import logging
import sys
import time
from collections.abc import Callable, Collection, Mapping
from typing import Protocol

from faust.types import TP

from .batch import RecordBatch
from .feed import PartitionFeed
from .health import Health, PartitionHealth
from .message import BatchMessage
from .options import BatchOptions
from .pump import Arrival

__all__ = ["Dispatcher", "Outside"]

LOGGER = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
"""How often the event loop shows that it is not blocked."""


class Outside(Protocol):
    """What the dispatcher needs of the rest."""

    def offer(self, message: BatchMessage) -> int:
        """Put a message into the channels that read its topic; return how many there are."""

    def start_pump(self, epoch: int, limits: Mapping[TP, int]) -> None:
        """Begin to take records."""

    def stop_pump(self) -> None:
        """Take none."""

    def release(self, epoch: int, tp: TP, records: int) -> None:
        """Make room for so many."""

    @property
    def generation(self) -> int:
        """Of the consumer group."""


class Dispatcher:
    """One batch in work per partition, the next one when it is acknowledged.

    Parameters
    ----------
    options : BatchOptions
        The transport's.
    limits : mapping
        Of each batch topic, most records of a batch.
    outside : Outside
        The pump and the channels.
    clock : callable
        Monotonic seconds.
    """

    def __init__(
        self,
        options: BatchOptions,
        limits: Mapping[str, int],
        outside: Outside,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._options = options
        self._limits = limits
        self._outside = outside
        self._clock = clock
        self._feeds: dict[TP, PartitionFeed] = {}
        self._offered: dict[TP, BatchMessage] = {}
        self._active: set[TP] = set()
        self._epoch = 0
        self._failed = False
        self._finished = asyncio.Event()
        self._beat_at: float | None = None
        self._committed_at: float | None = None  # for people, so by the clock on the wall

    # The flow of records

    def start(self, tps: Collection[TP]) -> None:
        """Deliver the records of these partitions, from where the consumer stands."""
        new = {tp for tp in tps if tp.topic in self._limits} - self._active
        if not new or self._failed:
            return
        self._active |= new
        limits = {tp: self._limits[tp.topic] for tp in new}
        for tp, limit in limits.items():
            self._feeds.setdefault(tp, PartitionFeed(tp, limit)).start()
        self._outside.start_pump(self._epoch, limits)

    def stop(self) -> None:
        """Deliver nothing more: what waits is forgotten, what an agent has begun is left to finish."""
        self._epoch += 1
        self._active.clear()
        self._outside.stop_pump()
        for tp, feed in self._feeds.items():
            feed.drop()
            message = self._offered.get(tp)
            if message is not None and not message.begun:
                del self._offered[tp]
                feed.withdraw()

    def arrive(self, arrival: Arrival) -> None:
        """Take what the pump took."""
        if arrival.epoch != self._epoch or arrival.tp not in self._active:
            return
        feed = self._feeds[arrival.tp]
        feed.add(arrival.records, arrival.position, arrival.end, self._clock())
        self._offer(feed)

    def _offer(self, feed: PartitionFeed) -> None:
        if feed.tp not in self._active or self._failed:
            return
        batch = feed.take(functools.partial(self._get_on, feed))
        if batch is None:
            return
        message = BatchMessage(feed.tp, batch, self._outside.generation, self._acknowledge)
        self._offered[feed.tp] = message
        if not self._outside.offer(message):
            self.fail(f"no agent reads {feed.tp.topic}, which was asked for in batches", None)

    def _get_on(self, feed: PartitionFeed) -> None:
        """Note that an agent gets on with its batch; in any thread."""
        feed.progress_at = self._clock()

    def begin(self, message: BatchMessage) -> bool:
        """Count a batch as begun; False where a rebalance has taken it back."""
        message.begun = self._offered.get(message.tp) is message
        return message.begun

    def _acknowledge(self, message: BatchMessage) -> None:
        if self._failed or self._offered.get(message.tp) is not message:
            return
        if isinstance(sys.exc_info()[1], (GeneratorExit, asyncio.CancelledError)):
            # Faust acknowledges on the way out of a stream too. It is not done, so its offsets stay as they are.
            if self._active:
                self.fail(f"an agent left {_described(message.batch)} unfinished", None)
            return
        del self._offered[message.tp]
        feed = self._feeds[message.tp]
        if feed.finish():
            self._outside.release(self._epoch, message.tp, len(message.batch))
        self._finished.set()
        self._offer(feed)

    # Failures and ends

    def fail(self, reason: str, error: BaseException | None) -> None:
        """Stop for good, and let the app say how the worker ends."""
        self._failed = True
        self.stop()
        self._finished.set()
        self._options.on_failure(reason, error)

    def fail_batch(self, message: BatchMessage, error: BaseException) -> None:
        """Stop for good, since an agent cannot process a batch."""
        self.fail(f"processing of {_described(message.batch)} failed", error)

    async def drain(self) -> list[TP]:
        """Wait for the batches in work; return the partitions whose batch takes too long."""
        deadline = self._clock() + self._options.finish_seconds
        while self._offered and not self._failed and (left := deadline - self._clock()) > 0:
            self._finished.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finished.wait(), left)
        for tp, message in self._offered.items():
            LOGGER.error("%s takes too long to be waited for", _described(message.batch))
            self._finished.set()
            assert tp == message.tp
        return list(self._offered)

    def give_up(self, tps: Collection[TP]) -> None:
        """Commit nothing more of these partitions: they belong to another worker now."""
        for tp in tps:
            if tp in self._feeds:
                self._feeds[tp].end_assignment()

    @property
    def in_work(self) -> Collection[BatchMessage]:
        """The messages that agents have."""
        return self._offered.values()

    # Offsets

    def has(self, tp: TP) -> bool:
        """Tell whether a partition's topic is delivered in batches."""
        return tp.topic in self._limits

    def committable(self) -> dict[TP, int]:
        """Return what is finished and not committed."""
        if self._failed:
            return {}
        found = {tp: feed.committable() for tp, feed in self._feeds.items()}
        return {tp: offset for tp, offset in found.items() if offset is not None}

    def committed(self, offsets: Mapping[TP, int]) -> None:
        """Note what was committed."""
        self._committed_at = time.time()
        for tp, offset in offsets.items():
            if tp in self._feeds:
                self._feeds[tp].commit(offset, self._clock())

    # Health

    async def beat(self) -> None:
        """Show that the event loop is not blocked, until cancelled."""
        while True:
            self._beat_at = self._clock()
            await asyncio.sleep(BEAT_SECONDS)

    def health(self) -> Health:
        """Tell how the worker gets on; safe to be called in any thread."""
        now, most, reasons = self._clock(), self._options.stall_seconds, []
        if self._failed:
            reasons.append("an agent failed")
        if most is not None and self._beat_at is not None and now - self._beat_at > most:
            reasons.append(f"the event loop has been blocked for {now - self._beat_at:.0f} s")
        partitions = {}
        for tp, feed in list(self._feeds.items()):
            still = now - feed.progress_at if feed.lag else 0.0
            in_work = feed.in_work
            partitions[tp.topic, tp.partition] = PartitionHealth(
                feed.lag,
                feed.buffered,
                len(in_work) if in_work is not None else 0,
                still,
                delivered=tp in self._active,
                committed=feed.committed,
            )
            if most is not None and still > most:
                where = "no agent has a batch" if in_work is None else f"an agent has {_described(in_work)}"
                reasons.append(
                    f"{tp.topic} partition {tp.partition}: nothing committed for {still:.0f} s"
                    f" with a lag of {feed.lag}; {where}"
                )
        return Health(tuple(reasons), partitions, committed_at=self._committed_at)


def _described(batch: RecordBatch) -> str:
    first, last = batch.records[0].offset, batch.records[-1].offset
    return f"{batch.topic} partition {batch.partition} offsets {first} to {last}"
