"""What pipelines that take the records of one partition one by one have in common."""

import datetime as dt
from collections.abc import Sequence
from typing import ClassVar, Generic, TypeVar

from schemas import Record
from topics import DEAD_LETTER, Topic
from wisebook_ml.messaging.events import Decoder, Outgoing, RawRecord, dead_letter, event_headers, provenance

__all__ = ["FoldedPartition"]

S = TypeVar("S")
Header = tuple[str, bytes | None]


class FoldedPartition(Generic[S]):
    """The state of one partition, where its records stand, and what is said of that by what follows from them.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    state
        Of the partition's companies or models.
    """

    reads: ClassVar[Topic]
    """The topic whose records are decoded."""

    source: ClassVar[str]
    """CloudEvents source of what follows from them."""

    def __init__(self, topic: str, partition: int, state: S) -> None:
        self.next_offset = 0
        self._topic = topic
        self._partition = partition
        self._state = state
        self._decoder = Decoder(self.reads)

    @property
    def state(self) -> S:
        """What it knows of the records before."""
        return self._state

    def _reached(self, records: Sequence[RawRecord]) -> None:
        """Take note that the state includes these records."""
        if records:
            self.next_offset = records[-1].offset + 1

    def _refused(self, raw: RawRecord, reason: str, detail: str) -> Outgoing:
        return dead_letter(DEAD_LETTER, raw, topic=self._topic, partition=self._partition, reason=reason, detail=detail)

    def _headers(
        self,
        record: Record | type[Record],
        raw: RawRecord,
        *,
        id_: str,
        time: dt.datetime,
        caused: dt.datetime | None = None,
    ) -> list[Header]:
        """Return the headers of a record that follows from `raw`, an event of the time `caused` where that is told."""
        headers = event_headers(record, id_=id_, source=self.source, time=time)
        return headers + provenance(self._topic, self._partition, raw.offset, caused, cause=raw.headers)
