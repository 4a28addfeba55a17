"""One partition of `treasury`: raw records in, forecasts, detections, alerts and dead letters out."""

import datetime as dt
from collections.abc import Callable, Sequence

import msgspec

from schemas import Activation, Detection, Echeancier, PositionTresorerie, Prediction, Record
from topics import DETECTIONS, PREDICTIONS, TREASURY, Topic
from wisebook_ml.messaging.events import Outgoing, RawRecord, Reason, Undecodable
from wisebook_ml.messaging.times import told_time
from wisebook_ml.pipeline.folded import FoldedPartition
from wisebook_ml.pipeline.refusals import alert_of
from wisebook_ml.treasury.exceptions import ModelRefused, PositionRefused
from wisebook_ml.treasury.state import Made, TreasuryRecord, TreasuryState

__all__ = ["SOURCE", "TreasuryPipeline"]

SOURCE = "wisebook-ml/treasury"
"""CloudEvents source of what follows from positions."""

WHERE: dict[type[Record], Topic] = {Detection: DETECTIONS, Prediction: PREDICTIONS}

ENCODER = msgspec.json.Encoder()


class TreasuryPipeline(FoldedPartition[TreasuryState]):
    """Decodes the records of a partition, in order, and has the state say what follows.

    Parameters
    ----------
    topic, partition
        Where the records come from, for the headers of what is published.
    state : TreasuryState
        Of the partition's companies.
    clock : callable
        Tells when something is made; it travels in the headers and never in the value.
    accepts : callable
        Whether a company is known.
    """

    reads = TREASURY
    source = SOURCE

    def __init__(
        self,
        topic: str,
        partition: int,
        state: TreasuryState,
        clock: Callable[[], dt.datetime],
        *,
        accepts: Callable[[int], bool] = lambda societe_id: True,
    ) -> None:
        super().__init__(topic, partition, state)
        self._clock = clock
        self._accepts = accepts

    def process(self, records: Sequence[RawRecord]) -> list[Outgoing]:
        """Take the next records; return what follows, in the order of what caused it."""
        made_at = self._clock()
        outgoing: list[Outgoing] = []
        for raw in records:
            try:
                made = self._taken(raw)
            except Undecodable as error:
                outgoing.append(self._refused(raw, error.reason, error.detail))
            except ModelRefused as error:
                outgoing.append(self._refused(raw, Reason.REFUSED, str(error)))
                outgoing.append(self._alert(raw, str(error), made_at))
            except PositionRefused as error:
                outgoing.append(self._refused(raw, Reason.REFUSED, str(error)))
            else:
                outgoing += [self._outgoing(one, place, raw, made_at) for place, one in enumerate(made)]
        self._reached(records)
        return outgoing

    def _taken(self, raw: RawRecord) -> list[Made]:
        record = self._decoder.decode(raw)
        assert isinstance(record, TreasuryRecord)
        societe_id = record.societe_id
        # Markers are kept of every company: it may be registered later.
        if isinstance(record, PositionTresorerie | Echeancier) and not self._accepts(societe_id):
            raise PositionRefused(
                f"company {societe_id} is not registered; this deployment accepts only the companies of "
                "WISEBOOK_ML_SOCIETES"
            )
        return self._state.take(record, _published(raw))

    def _alert(self, raw: RawRecord, reason: str, made_at: dt.datetime) -> Outgoing:
        marker = self._decoder.decode(raw)
        assert isinstance(marker, Activation)
        return alert_of(marker, reason, raw, topic=self._topic, partition=self._partition, source=SOURCE, made=made_at)

    def _outgoing(self, made: Made, place: int, raw: RawRecord, made_at: dt.datetime) -> Outgoing:
        """Return a record as it travels; `place` tells apart what follows from one position about one subject."""
        kind: type[Record] = Prediction if made.record is None else type(made.record)
        id_ = f"{made.key}/{self._topic}/{self._partition}/{raw.offset}/{place}"
        headers = self._headers(kind, raw, id_=id_, time=made_at, caused=told_time(raw))
        value = None if made.record is None else ENCODER.encode(made.record)
        return Outgoing(WHERE[kind], made.key.encode(), value, headers, self._partition)


def _published(raw: RawRecord) -> dt.date | None:
    """Return the day of an event, in UTC; None where its headers do not tell.

    Raises
    ------
    Undecodable
        Where they tell what is no time.
    """
    told = next((value for name, value in raw.headers if name == "ce_time"), None)
    if told is None:
        return None
    text = told.decode(errors="replace")
    try:
        moment = dt.datetime.fromisoformat(text)
        return (moment if moment.tzinfo is None else moment.astimezone(dt.UTC)).date()
    except (ValueError, OverflowError) as error:
        raise Undecodable(
            Reason.SCHEMA,
            f"header ce_time is {text[:100]!r}, which is no RFC 3339 time; a position's says when it was sent",
        ) from error
