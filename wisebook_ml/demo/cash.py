"""What the topics tell of a company's cash at the end: its forecast, what was unlike it, and whether it will last."""

import datetime as dt
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from schemas import (
    Alerte,
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    PositionTresorerie,
    Prediction,
    Severite,
    SourcePosition,
)
from topics import ALERTS, DETECTIONS, PREDICTIONS, Topic
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import partition_of
from wisebook_ml.treasury.predictions import subject

__all__ = ["CashSeen", "read_cash"]

SEVERITIES = tuple(Severite)
"""From least to most serious."""


@dataclass(frozen=True, slots=True)
class CashSeen:
    """What a subscriber of the topics knows of a company's cash in one currency.

    Attributes
    ----------
    societe_id, devise
        Whose, and in what.
    accounts, positions : int
        What was published: bank accounts, and their positions.
    until : datetime.date
        The last day of them.
    derived : bool
        Whether they were derived from the books.
    balance : Prediction or None
        The last forecast of the balance; None where there was too little history for one.
    forecasts : int
        How many forecasts were published on the way, one a day.
    detections : sequence of Detection
        Those that are open, most serious first.
    alerts : sequence of Alerte
        All of them, in order.
    """

    societe_id: int
    devise: str
    accounts: int
    positions: int
    until: dt.date
    derived: bool
    balance: Prediction | None
    forecasts: int
    detections: Sequence[Detection]
    alerts: Sequence[Alerte]

    @property
    def warning(self) -> Detection | None:
        """The liquidity warning that stands."""
        dry = (one for one in self.detections if one.motifs[0].code is CodeMotif.RISQUE_LIQUIDITE)
        return next(dry, None)


def read_cash(settings: Settings, positions: Sequence[PositionTresorerie]) -> CashSeen:
    """Read what followed from published positions, in the currency of the last one.

    Raises
    ------
    ReadError
        Where a topic cannot be read.
    """
    last = max(positions, key=lambda one: one.date)
    societe_id, devise = last.societe_id, last.devise
    key = subject(societe_id, devise, "solde").encode()
    told = [raw.value for raw in _records(settings, PREDICTIONS, societe_id) if raw.key == key]
    newest = told[-1] if told else None
    found: dict[uuid.UUID, Detection] = {}
    for raw in _records(settings, DETECTIONS, societe_id):
        detection = msgspec.json.decode(raw.value or b"", type=Detection)
        if detection.societe_id == societe_id and detection.domaine is DomaineApplication.FLUX_TRESORERIE:
            found[detection.detection_id] = detection
    stand = [one for one in found.values() if one.etat is Etat.OUVERTE and one.motifs]
    stand.sort(key=lambda one: (-SEVERITIES.index(one.severite), -one.score, -float(one.montant), one.objet.id))
    alerts = [
        msgspec.json.decode(raw.value or b"", type=Alerte)
        for raw in _records(settings, ALERTS, societe_id)
        if raw.key == str(societe_id).encode()
    ]
    return CashSeen(
        societe_id=societe_id,
        devise=devise,
        accounts=len({one.compte_num for one in positions if one.devise == devise}),
        positions=sum(one.devise == devise for one in positions),
        until=last.date,
        derived=last.source is SourcePosition.COMPTABILITE,
        balance=None if newest is None else msgspec.json.decode(newest, type=Prediction),
        forecasts=sum(value is not None for value in told),
        detections=stand,
        alerts=[one for one in alerts if found.keys() & {*one.detections}],
    )


def _records(settings: Settings, topic: Topic, societe_id: int) -> Iterator[RawRecord]:
    """Yield what is on a company's partition of a topic."""
    bootstrap, name = settings.bootstrap_servers, topic.full_name(settings.topic_prefix)
    partition = partition_of(societe_id, topic.partitions)
    first, end = end_offsets(bootstrap, name)[partition]
    for run in read_partition(bootstrap, name, partition, first, end):
        yield from run
