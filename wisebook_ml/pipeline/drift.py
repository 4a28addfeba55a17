"""One partition of `sketches`: raw records in; reports of drift, requests of trainings and dead letters out."""

from collections.abc import Callable, Sequence

import msgspec

from schemas import Derive, Esquisse
from topics import DRIFT, SKETCHES, TRAINING_REQUESTS
from wisebook_ml.drift_checks.exceptions import SketchRefused
from wisebook_ml.drift_checks.state import DriftState, Found
from wisebook_ml.messaging.events import Outgoing, RawRecord, Reason, Undecodable
from wisebook_ml.metrics import DRIFT_REPORTS
from wisebook_ml.pipeline.folded import FoldedPartition

__all__ = ["SOURCE", "DriftPipeline"]

SOURCE = "wisebook-ml/drift"
"""CloudEvents source of what follows from sketches."""

ENCODER = msgspec.json.Encoder()


class DriftPipeline(FoldedPartition[DriftState]):
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

    reads = SKETCHES
    source = SOURCE

    def __init__(
        self, topic: str, partition: int, state: DriftState, *, begins: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__(topic, partition, state)
        self._begins = begins

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
        self._reached(records)
        return outgoing

    def _told(self, found: Found, raw: RawRecord) -> Outgoing:
        record = found.record
        topic = TRAINING_REQUESTS
        if isinstance(record, Derive):
            topic = DRIFT
            DRIFT_REPORTS.labels("yes" if record.derive else "no").inc()
        headers = self._headers(record, raw, id_=str(found.id), time=found.echeance)
        return Outgoing(topic, str(record.modele_id).encode(), ENCODER.encode(record), headers)
