"""A batch on its way through Faust's channels and streams."""

from collections.abc import Callable
from typing import Any

from faust.types import TP
from faust.types.tuples import ConsumerMessage

from .batch import RecordBatch

__all__ = ["BatchMessage"]


class BatchMessage(ConsumerMessage):
    """The message of a batch; it tells when an agent has it and when it is acknowledged.

    By properties: Faust's compiled stream sets the attributes of a message and calls nothing.

    Parameters
    ----------
    tp : TP
        The batch's partition, as Faust names it.
    batch : RecordBatch
        What the agent is given.
    generation : int
        Of the consumer group; Faust passes over messages of another one.
    on_acked : callable
        Called once, with the message.
    """

    __slots__ = ("_acked", "_on_acked", "_tracked", "batch", "begun")

    def __init__(self, tp: TP, batch: RecordBatch, generation: int, on_acked: Callable[["BatchMessage"], None]) -> None:
        self._acked = self._tracked = False
        self._on_acked = on_acked
        self.batch = batch
        self.begun = False
        last = batch.records[-1]
        value: Any = batch  # Faust's type is bytes, what topics have before they are decoded
        super().__init__(
            batch.topic,
            batch.partition,
            last.offset,
            (last.timestamp or 0) / 1000.0,
            0,
            None,
            None,
            value,
            None,
            tp=tp,
            generation_id=generation,
        )

    @property
    def tracked(self) -> bool:
        """Whether a stream has taken it out of its channel."""
        return self._tracked

    @tracked.setter
    def tracked(self, tracked: bool) -> None:
        self._tracked = tracked
        self.begun = self.begun or tracked

    @property
    def acked(self) -> bool:
        """Whether every stream that got it is done with it."""
        return self._acked

    @acked.setter
    def acked(self, acked: bool) -> None:
        if acked and not self._acked:
            self._acked = True
            self._on_acked(self)
