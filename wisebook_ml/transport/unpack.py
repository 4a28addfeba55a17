"""Records out of what the client fetched, a Kafka batch at a time.

aiokafka's own iterator resumes a generator and makes an object of eleven fields for each record. This one has the
compiled decoder fill a list: the same records, in half of the time.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from aiokafka.consumer.fetcher import READ_COMMITTED, FetchResult
from aiokafka.errors import CorruptRecordException
from faust.types import TP

__all__ = ["take_records"]

OPEN = "_open_batch"
"""Attribute of a fetched partition: the Kafka batch of which some records are still to be taken."""


def take_records(fetched: FetchResult, tp: TP, most: int) -> list[Any]:
    """Return the next records of a fetched partition and move its position behind them.

    Parameters
    ----------
    fetched : FetchResult
        `has_more` tells afterwards whether it has any left.
    tp : TP
        The partition.
    most : int
        So many at most; at least one.

    Raises
    ------
    CorruptRecordException
        Where a checksum is wrong.
    """
    if not fetched.check_assignment(tp) or not fetched.has_more():
        return []
    parts = fetched._partition_records
    records: list[Any] = []
    left = True
    while left and len(records) < most:
        batch, decoded = getattr(parts, OPEN, None) or _next_batch(parts, tp)
        if batch is None:
            left = False
            continue
        wanted = most - len(records)
        found = list(islice(decoded, wanted))
        ended = len(found) < wanted
        if found and found[0].offset < parts.next_fetch_offset:
            # A fetch from the middle of a Kafka batch returns the whole of it.
            found = [record for record in found if record.offset >= parts.next_fetch_offset]
        records += found
        if ended:
            parts.next_fetch_offset = batch.next_offset
        elif found:
            parts.next_fetch_offset = found[-1].offset + 1
        setattr(parts, OPEN, None if ended else (batch, decoded))
    fetched._update_position()
    if not left:
        fetched._partition_records = None
    return records


def _next_batch(parts: Any, tp: TP) -> tuple[Any, Iterator[Any]]:
    """Return the next Kafka batch with records for us; None at the end. As `PartitionRecords._unpack_records` does."""
    while parts._records.has_next():
        batch = parts._records.next_batch()
        if parts._check_crcs and not batch.validate_crc():
            raise CorruptRecordException(f"invalid checksum in {tp.topic} partition {tp.partition}")
        if parts._isolation_level == READ_COMMITTED and batch.producer_id is not None:
            parts._consume_aborted_up_to(batch.base_offset)
            if batch.is_control_batch and parts._contains_abort_marker(batch):
                parts._aborted_producers.discard(batch.producer_id)
            if batch.is_transactional and batch.producer_id in parts._aborted_producers:
                parts.next_fetch_offset = batch.next_offset
                continue
        if batch.is_control_batch:
            parts.next_fetch_offset = batch.next_offset
            continue
        return batch, chain(batch)  # an iterator that can be asked again: the compiled batch refuses that
    return None, iter(())
