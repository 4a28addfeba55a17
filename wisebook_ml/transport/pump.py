"""Takes records out of the client's fetcher as fast as the agents finish them. Runs in the consumer's thread."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import aiokafka
from aiokafka.consumer.fetcher import FetchResult
from faust.types import TP

from .batch import Record
from .unpack import take_records

__all__ = ["Arrival", "Pump"]

LOOK_SECONDS = 0.5
"""How often to look for what the fetcher tells nobody: a position that only control records moved."""

BATCHES_PER_PARTITION = 2
"""One in work and one waiting, so that an agent finds the next batch when it has finished one."""

READ_COMMITTED = "read_committed"


class Arrival(NamedTuple):
    """What the pump took from a partition; `records` may be empty, `epoch` tells of which assignment it is."""

    epoch: int
    tp: TP
    records: Sequence[Record]
    position: int
    end: int


class Pump:
    """Moves records of batch topics from aiokafka's fetcher to whoever delivers them, within bounds.

    It reaches into the fetcher, as Faust's own driver does: the client's public `getmany` can neither be told that
    there is room again, nor does it say where it leaves a partition that has nothing but control records.

    Parameters
    ----------
    consumer : AIOKafkaConsumer
        Started.
    max_buffered : int
        Most records taken and not released, of all partitions.
    deliver : callable
        Takes what arrives, in order for each partition. Must not block.
    """

    def __init__(
        self, consumer: aiokafka.AIOKafkaConsumer, max_buffered: int, deliver: Callable[[Arrival], None]
    ) -> None:
        self._fetcher: Any = consumer._fetcher
        self._subscriptions: Any = consumer._subscription
        self._committed_only = consumer._isolation_level == READ_COMMITTED
        self._max_buffered = max_buffered
        self._deliver = deliver
        self._epoch = 0
        self._limits: dict[TP, int] = {}
        self._taken: dict[TP, int] = {}
        self._told: dict[TP, tuple[int, int]] = {}
        self._wake: asyncio.Future[None] | None = None

    def start(self, epoch: int, limits: Mapping[TP, int]) -> None:
        """Begin to take records of partitions, in batches of at most so many.

        Parameters
        ----------
        epoch : int
            Given back with what arrives. Another one than before ends what was started before.
        limits : mapping
            Of each partition, most records of a batch.
        """
        if epoch != self._epoch:
            self.stop()
            self._epoch = epoch
        self._limits.update(limits)
        self._taken.update(dict.fromkeys(limits, 0))
        self._notify()

    def takes(self, tp: TP) -> bool:
        """Tell whether a partition's position is the pump's, and not to be moved."""
        return tp in self._limits

    def stop(self) -> None:
        """Take nothing more."""
        self._limits.clear()
        self._taken.clear()
        self._told.clear()

    def release(self, epoch: int, tp: TP, records: int) -> None:
        """Make room: so many records of a partition are finished."""
        if epoch == self._epoch and tp in self._taken:
            self._taken[tp] -= records
            self._notify()

    async def run(self) -> None:
        """Pump until cancelled.

        The group counts the worker as polling all the while: how long a batch may take is for the health check to say,
        not for `max_poll_interval`, which would drop the worker out of its group and leave it running.
        """
        with self._subscriptions.fetch_context():
            while True:
                if self._pull():
                    await asyncio.sleep(0)  # heartbeats and responses in between
                    continue
                self._wake = asyncio.get_running_loop().create_future()
                fetched = self._fetcher._create_fetch_waiter()
                await asyncio.wait([fetched, self._wake], timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                if fetched.done():
                    fetched.result()  # raises where the group cannot be joined, or nothing may be read
                else:
                    fetched.cancel()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    def _pull(self) -> bool:
        """Take one batch at most of each partition, those with the least taken first; tell whether there was any."""
        subscription = self._subscriptions.subscription
        if self._subscriptions.reassignment_in_progress or subscription is None or subscription.assignment is None:
            return False
        moved = False
        for tp in sorted(self._limits, key=self._taken.__getitem__):
            state = subscription.assignment.state_value(tp)
            if state is None:
                continue
            limit = self._limits[tp]
            room = min(
                limit,
                BATCHES_PER_PARTITION * limit - self._taken[tp],
                self._max_buffered - sum(self._taken.values()),
            )
            records = self._take(tp, room) if room > 0 and tp in self._fetcher._records else []
            if state.has_valid_position:
                self._tell(tp, records, state)
            moved = moved or bool(records)
        return moved

    def _tell(self, tp: TP, records: list[Any], state: Any) -> None:
        """Hand on what was taken, and where that leaves the partition."""
        position = state.position
        end = (state.lso if self._committed_only else state.highwater) or 0
        if records or self._told.get(tp) != (position, end):
            self._told[tp] = (position, end)
            self._taken[tp] += len(records)
            self._deliver(Arrival(self._epoch, tp, records, position, end))

    def _take(self, tp: TP, most: int) -> list[Any]:
        """Return records of a partition that were fetched; without a pause, so that no rebalance comes in between."""
        fetched = self._fetcher._records[tp]
        if not isinstance(fetched, FetchResult):
            self._forget(tp)
            fetched.check_raise()
            return []
        records = take_records(fetched, tp, most)
        if not fetched.has_more():
            self._forget(tp)
        return records

    def _forget(self, tp: TP) -> None:
        """Let the fetcher ask for more of a partition."""
        del self._fetcher._records[tp]
        self._fetcher._notify(self._fetcher._wait_consume_future)
