"""One partition of `entries`: raw records in, predictions out."""

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence

from schemas import Activation, Ecriture, Prediction
from topics import ENTRIES, PREDICTIONS
from wisebook_ml.messaging.events import Outgoing, RawRecord, Reason, Undecodable
from wisebook_ml.pipeline.folded import FoldedPartition
from wisebook_ml.pipeline.refusals import alert_of
from wisebook_ml.prediction.state import Made, PredictionState

__all__ = ["SOURCE", "PredictionPipeline"]

LOGGER = logging.getLogger(__name__)

SOURCE = "wisebook-ml/prediction"
"""CloudEvents source of predictions."""

Counted = Callable[[int, Mapping[str, int]], None]


class PredictionPipeline(FoldedPartition[PredictionState]):
    """Decodes the records of a partition, in order, and has the state predict.

    What cannot be decoded, or is of a company that the strict mode does not know, is passed over: it is the scoring
    role that makes it a dead letter.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    state : PredictionState
        Of the partition's companies.
    clock : callable
        Tells when a prediction is made; it travels in the headers and never in the value.
    accepts : callable
        Whether a company is known.
    counted : callable
        Told what a company has by now, whenever that changes; it must return at once.
    """

    reads = ENTRIES
    source = SOURCE

    def __init__(
        self,
        topic: str,
        partition: int,
        state: PredictionState,
        clock: Callable[[], dt.datetime],
        *,
        accepts: Callable[[int], bool] = lambda societe_id: True,
        counted: Counted = lambda societe_id, counts: None,
    ) -> None:
        super().__init__(topic, partition, state)
        self._clock = clock
        self._accepts = accepts
        self._counted = counted

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return predictions, dead letters and alerts in the order of what caused them."""
        made_at = self._clock()
        outgoing: list[Outgoing] = []
        entries: list[Ecriture] = []
        positions: list[int] = []

        def predict() -> None:
            for made in self._state.take(entries, positions):
                outgoing.append(self._predicted(records[made.position], made, made_at))
            entries.clear()
            positions.clear()

        for position, raw in enumerate(records):
            try:
                event = self._decoder.decode(raw)
            except Undecodable:
                continue
            if isinstance(event, Ecriture):
                if self._accepts(event.societe_id):
                    entries.append(event)
                    positions.append(position)
            elif isinstance(event, Activation):
                predict()  # what is before the marker, with the versions before it
                outgoing += self._activate(event, position, raw, made_at)
        predict()
        self._reached(records)
        for societe_id, counts in self._state.counts.changed().items():
            self._counted(societe_id, counts)
        return outgoing

    def _activate(self, activation: Activation, position: int, raw: RawRecord, made_at: dt.datetime) -> list[Outgoing]:
        try:
            return [self._predicted(raw, made, made_at) for made in self._state.activate(activation, position)]
        except ValueError as error:
            version = activation.version
            reason = f"model {version.modele_id} version {version.version} not activated, the one before stays: {error}"
            LOGGER.warning("%s %s", version.type_modele.value, reason)
            letter = self._refused(raw, Reason.REFUSED, reason)
            alert = alert_of(
                activation,
                reason,
                raw,
                topic=self._topic,
                partition=self._partition,
                source=SOURCE,
                made=made_at,
            )
            return [letter, alert]

    def _predicted(self, raw: RawRecord, made: Made, made_at: dt.datetime) -> Outgoing:
        id_ = f"{made.sujet}/{self._topic}/{self._partition}/{raw.offset}"
        headers = self._headers(Prediction, raw, id_=id_, time=made_at)
        return Outgoing(PREDICTIONS, made.sujet.encode(), made.value, headers, self._partition)
