"""One partition of `entries`: raw records in, predictions out."""

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence

from schemas import Activation, Ecriture, Prediction
from topics import DEAD_LETTER, ENTRIES, PREDICTIONS
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
from wisebook_ml.pipeline.refusals import alert_of
from wisebook_ml.prediction.state import Made, PredictionState

__all__ = ["SOURCE", "PredictionPipeline"]

LOGGER = logging.getLogger(__name__)

SOURCE = "wisebook-ml/prediction"
"""CloudEvents source of predictions."""

Counted = Callable[[int, Mapping[str, int]], None]


class PredictionPipeline:
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
        self.next_offset = 0
        self._topic = topic
        self._partition = partition
        self._state = state
        self._clock = clock
        self._accepts = accepts
        self._counted = counted
        self._decoder = Decoder(ENTRIES)

    @property
    def state(self) -> PredictionState:
        """What it knows of the records before."""
        return self._state

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
        if records:
            self.next_offset = records[-1].offset + 1
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
            letter = dead_letter(
                DEAD_LETTER, raw, topic=self._topic, partition=self._partition, reason=Reason.REFUSED, detail=reason
            )
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
        headers = event_headers(Prediction, id_=id_, source=SOURCE, time=made_at)
        headers += provenance(self._topic, self._partition, raw.offset)
        return Outgoing(PREDICTIONS, made.sujet.encode(), made.value, headers, self._partition)
