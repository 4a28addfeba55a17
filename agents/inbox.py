"""Typed records of a topic, and dead letters for those that do not fit it."""

from collections.abc import Sequence

from schemas import Record
from topics import DEAD_LETTER, Topic
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable, dead_letter
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
    """

    def __init__(self, topic: Topic, prefix: str, producer: EventProducer) -> None:
        self.name = topic.full_name(prefix)
        self._decoder = Decoder(topic)
        self._producer = producer

    def open(self, partition: int, records: Sequence[RawRecord]) -> list[tuple[RawRecord, Record]]:
        """Return the records that fit with their types; when it returns, the others are delivered as dead letters."""
        fitting = []
        for raw in records:
            try:
                fitting.append((raw, self._decoder.decode(raw)))
            except Undecodable as error:
                letter = dead_letter(
                    DEAD_LETTER, raw, topic=self.name, partition=partition, reason=error.reason, detail=error.detail
                )
                self._producer.send(letter)
        if len(fitting) < len(records):
            self._producer.flush()
        return fitting
