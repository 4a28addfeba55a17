"""One partition of `sketches`: raw records in; reports of drift, requests of trainings and dead letters out."""

from collections.abc import Callable, Sequence

import msgspec

from schemas import Derive, Esquisse
from topics import DEAD_LETTER, DRIFT, SKETCHES, TRAINING_REQUESTS
from wisebook_ml.drifting.exceptions import SketchRefused
from wisebook_ml.drifting.state import DriftState, Found
from wisebook_ml.messaging.events import (
    Decoder,
    Outgoing,
    RawRecord,
    Reason,
    Undecodable,
    dead_letter,
    event_headers,
    provenance,
)

__all__ = ["SOURCE", "DriftPipeline"]

SOURCE = "wisebook-ml/drift"
"""CloudEvents source of what follows from sketches."""

ENCODER = msgspec.json.Encoder()


class DriftPipeline:
    """Decodes the records of a partition, in order, and has the state say what follows.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    state : DriftState
        Of the partition's models.
    begins : callable
        Called at the beginning of each batch.
    """

    def __init__(
        self, topic: str, partition: int, state: DriftState, *, begins: Callable[[], None] = lambda: None
    ) -> None:
        self.next_offset = 0
        self._begins = begins
        self._topic = topic
        self._partition = partition
        self._state = state
        self._decoder = Decoder(SKETCHES)

    @property
    def state(self) -> DriftState:
        """What it knows of the records before."""
        return self._state

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return what follows, in the order of what caused it."""
        self._begins()
        outgoing: list[Outgoing] = []
        for raw in records:
            try:
                record = self._decoder.decode(raw)
                assert isinstance(record, Esquisse)  # what SKETCHES declares
                found = self._state.take(record)
            except Undecodable as error:
                outgoing.append(self._refused(raw, error.reason, error.detail))
            except SketchRefused as error:
                outgoing.append(self._refused(raw, Reason.REFUSED, str(error)))
            else:
                outgoing += [self._told(one, raw) for one in found]
        if records:
            self.next_offset = records[-1].offset + 1
        return outgoing

    def _refused(self, raw: RawRecord, reason: str, detail: str) -> Outgoing:
        return dead_letter(DEAD_LETTER, raw, topic=self._topic, partition=self._partition, reason=reason, detail=detail)

    def _told(self, found: Found, raw: RawRecord) -> Outgoing:
        record = found.record
        topic = DRIFT if isinstance(record, Derive) else TRAINING_REQUESTS
        headers = event_headers(record, id_=str(found.id), source=SOURCE, time=found.echeance)
        headers += provenance(self._topic, self._partition, raw.offset)
        return Outgoing(topic, str(record.modele_id).encode(), ENCODER.encode(record), headers)
