"""Typed records of a topic, and dead letters for those that do not fit it."""

from collections.abc import Callable, Sequence

from schemas import Record
from topics import DEAD_LETTER, Topic
from wisebook_ml.messaging.events import Decoder, RawRecord, Reason, Undecodable, dead_letter
from wisebook_ml.messaging.producer import EventProducer

__all__ = ["Inbox"]


class Inbox:
    """Decodes what a role reads.

    Parameters
    ----------
    topic : Topic
        What is read.
    prefix : str
        The deployment's topic prefix.
    producer : EventProducer
        Publishes dead letters.
    explain : callable, optional
        Given a value that does not fit and what the decoder says of it, returns what is said of it instead.
    """

    def __init__(
        self,
        topic: Topic,
        prefix: str,
        producer: EventProducer,
        *,
        explain: Callable[[bytes, str], str] = lambda value, detail: detail,
    ) -> None:
        self.name = topic.full_name(prefix)
        self._explain = explain
        self._decoder = Decoder(topic)
        self._producer = producer

    def open(self, partition: int, records: Sequence[RawRecord]) -> list[tuple[RawRecord, Record]]:
        """Return the records that fit with their types; when it returns, the others are delivered as dead letters."""
        fitting = []
        for raw in records:
            try:
                fitting.append((raw, self._decoder.decode(raw)))
            except Undecodable as error:
                detail = error.detail
                if error.reason == Reason.SCHEMA and raw.value is not None:
                    detail = self._explain(raw.value, detail)
                self._send(partition, raw, error.reason, detail)
        if len(fitting) < len(records):
            self._producer.flush()
        return fitting

    def refuse(self, partition: int, raw: RawRecord, detail: str) -> None:
        """Make a dead letter of a record that fits and makes no sense; when it returns, it is delivered."""
        self._send(partition, raw, Reason.REFUSED, detail)
        self._producer.flush()

    def _send(self, partition: int, raw: RawRecord, reason: str, detail: str) -> None:
        letter = dead_letter(DEAD_LETTER, raw, topic=self.name, partition=partition, reason=reason, detail=detail)
        self._producer.send(letter)
