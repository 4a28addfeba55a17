"""What an agent is handed: the records that were fetched of one partition, in their order."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Record", "RecordBatch"]


class Record(Protocol):
    """One record as the Kafka client decoded it; `value` is None for a tombstone."""

    @property
    def offset(self) -> int:
        """Where it stands in its partition."""

    @property
    def timestamp(self) -> int | None:
        """When it was written, in milliseconds since 1970."""

    @property
    def key(self) -> bytes | None:
        """Its key."""

    @property
    def value(self) -> bytes | None:
        """Its value."""

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Its headers; names may repeat."""


def _nobody() -> None:
    """Do nothing: a batch that no worker was given has nobody to tell."""


@dataclass(frozen=True, slots=True, eq=False)
class RecordBatch:
    """Consecutive records of one partition.

    Parameters
    ----------
    topic, partition
        Where they are from.
    records
        At least one, in the order of their offsets. Offsets may be missing between them: compaction and transaction
        markers leave gaps.
    first_offset
        Where the batch begins: the `next_offset` of the one before it, or, of the first after a rebalance, where the
        consumer stood. It can be before the first record's offset, where nothing that is delivered stands in between;
        so who has done everything before it has missed nothing.
    next_offset
        What is committed when the batch is finished. It can be beyond the last record's offset + 1, likewise.
    gets_on
        ``batch.gets_on()`` says that the work on the batch gets on, however long it takes: for the watchdog, as good
        as a commit. Any thread may call it.
    """

    topic: str
    partition: int
    records: Sequence[Record]
    first_offset: int
    next_offset: int
    gets_on: Callable[[], None] = _nobody

    def __len__(self) -> int:
        return len(self.records)
