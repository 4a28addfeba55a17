"""A Faust table whose values say how much they have counted, and are written once a batch."""

import asyncio
import logging
import threading
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import faust
import msgspec
from faust.tables.table import Table
from faust.types import TP, EventT

from topics import WINDOWS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer, PublishError
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import partition_of
from wisebook_ml.windows.fold import Change, WindowFold
from wisebook_ml.windows.keys import cle_of
from wisebook_ml.windows.pane import decode_window, encode_window, further

__all__ = ["NotOurs", "WindowTable", "partition_of_company"]

LOGGER = logging.getLogger(__name__)

RECOVERY_BUFFER = 1_000
"""Values that are applied at once on recovery; Faust needs some 80 µs for each whatever this is."""

CHANGELOG_QUEUE = 131_072
"""What Faust gives the changelogs that it declares itself."""

COMPANIES = 1 << 16
"""Whose partition is remembered."""


Values = dict[bytes, bytes | None]


class NotOurs(Exception):
    """A partition that went to another worker while a batch of it was in work."""


class WindowTable(Table[bytes, bytes]):
    """The windows of the partitions that this worker has: keys and values as they stand on the changelog.

    What Faust does: it keeps the values in memory, hands partitions out together with those of the source topics, and
    reads the changelog back when one arrives.

    What is done here: changes go to the changelog with a producer of our own, each key once a batch whatever was
    changed in it, and `settle` returns when the brokers have them. Faust's own way takes some 100 µs a value, which is
    more than scoring three entries, for every change. Values of partitions that went to another worker stay in Faust's
    memory, and are dropped here; and of two values of a key the last one wins there, even if a process wrote it that
    had been replaced. Here they are put together (`further`).

    Parameters
    ----------
    app : faust.App
        The role's.
    settings : Settings
        The process's.
    """

    def __init__(self, app: faust.App, settings: Settings) -> None:
        changelog = app.topic(
            WINDOWS.full_name(settings.topic_prefix),
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
            partitions=WINDOWS.partitions,
            acks=False,
            internal=True,
            maxsize=CHANGELOG_QUEUE,
            allow_empty=True,
        )
        super().__init__(
            app,
            name=WINDOWS.name,
            key_type=bytes,
            value_type=bytes,
            partitions=WINDOWS.partitions,
            changelog_topic=changelog,
            recovery_buffer_size=RECOVERY_BUFFER,
            beacon=app.tables.beacon,
        )
        self._folds: dict[int, WindowFold] = {}
        self._waiting: dict[int, list[tuple[object, Values]]] = {}
        self._producer = EventProducer(resolve_bootstrap(settings), settings.topic_prefix)
        self._flushing = threading.Lock()
        self._failure: PublishError | None = None
        app.tables.add(self)

    def fold(self, partition: int) -> WindowFold:
        """Return what folds into a partition's values, as long as the worker has the partition.

        Raises
        ------
        NotOurs
            Where it has not.
        """
        found = self._folds.get(partition)
        if found is None:
            raise NotOurs(f"partition {partition} of the windows is another worker's")
        return found

    def write(self, partition: int, fold: WindowFold, changes: Iterable[Change], batch: object) -> None:
        """Write values; readers of the table have them at once, the changelog after `settle`.

        Parameters
        ----------
        partition : int
            Which.
        fold : WindowFold
            What the changes come from.
        changes : iterable of Change
            Of the one, in their order.
        batch : object
            Which batch they belong to. As long as no other one writes in between, a key goes to the changelog once,
            at the place of its first value, as if all of the batch had been folded at once (see `WindowFold.fold`);
            and tombstones go behind the values by whose clock they follow.

        Raises
        ------
        NotOurs
            Where the partition has gone, or gone and come back, since `fold` was asked for.
        """
        self._check(partition, fold)
        runs = self._waiting.setdefault(partition, [])
        if not runs or runs[-1][0] is not batch:
            runs.append((batch, {}))
        store, waiting = self.data, runs[-1][1]
        for key, value in changes:
            if value is None:
                waiting.pop(key, None)
                store.pop(key, None)
            else:
                store[key] = value
            waiting[key] = value

    async def settle(self, partition: int, fold: WindowFold) -> None:
        """Return when the brokers have all values of a partition that were written, by whichever batch.

        Raises
        ------
        NotOurs
            Where the partition has gone meanwhile.
        PublishError
            Where the brokers did not take them.
        """
        self._check(partition, fold)
        for _, values in self._waiting.pop(partition, []):
            for key, value in values.items():
                self._producer.send(Outgoing(WINDOWS, key, value, (), partition))
        await asyncio.to_thread(self._flush)

    def _flush(self) -> None:
        # Batches of several partitions wait at a time, and what failed of one fails all: the worker ends anyhow.
        with self._flushing:
            if self._failure is not None:
                raise self._failure
            try:
                self._producer.flush()
            except PublishError as error:
                self._failure = error
                raise

    def _check(self, partition: int, fold: WindowFold) -> None:
        if self.fold(partition) is not fold:
            raise NotOurs(f"partition {partition} of the windows was another worker's")

    def apply_changelog_batch(self, batch: Iterable[EventT[Any]]) -> None:
        """Take values back from the changelog; of several of a window, what they have counted together."""
        store = self.data
        for event in batch:
            key, value, partition = event.message.key, event.message.value, event.message.partition
            if not _is_window(key, value, partition):
                # Nobody but this table writes there. Without its value, what it counted would be counted anew.
                LOGGER.error("%s offset %s is no window, and is passed over", event.message.tp, event.message.offset)
            elif value is None:
                store.pop(key, None)
            elif key in store:
                store[key] = encode_window(further(decode_window(store[key]), decode_window(value)))
            else:
                store[key] = value

    def drop_folds(self) -> None:
        """Let nothing be written any more until the partitions are handed out anew."""
        self._folds, self._waiting = {}, {}

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Take up the partitions that this worker has now, and drop the values of the others."""
        values: dict[int, list[tuple[bytes, bytes]]] = {tp.partition: [] for tp in active_tps}
        for key, value in list(self.data.items()):
            ours = values.get(_partition_of(key))
            if ours is None:
                del self.data[key]
            else:
                ours.append((key, value))
        folds = {}
        for partition, items in values.items():
            folds[partition] = WindowFold(self.data.get)
            folds[partition].restore(items)
        self._folds, self._waiting = folds, {}
        await super().on_recovery_completed(active_tps, standby_tps)


def _is_window(key: bytes | None, value: bytes | None, partition: int) -> bool:
    try:
        if value is not None:
            decode_window(value)
        return key is not None and _partition_of(key) == partition
    except (msgspec.DecodeError, ValueError):
        return False


def _partition_of(key: bytes) -> int:
    return partition_of_company(cle_of(key).societe_id, WINDOWS.partitions)


partition_of_company = lru_cache(maxsize=COMPANIES)(partition_of)
