"""The record of an alert, as it stands when it is told."""

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

from schemas import Alerte, from_minor
from schemas.money import MAX_TOTAL_MINOR
from wisebook_ml.alerting.state import Alert
from wisebook_ml.alerting.texts import titles
from wisebook_ml.messaging.events import Headers

__all__ = ["Source", "Told", "record_of"]


class Source(NamedTuple):
    """Topic, partition, offset and headers of a record."""

    topic: str
    partition: int
    offset: int
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A revision of an alert: the record, as of when it is told, and which record it follows from (None: the clock)."""

    record: Alerte
    at: dt.datetime
    source: Source | None


def record_of(alert: Alert) -> Alerte:
    """Return the record of an alert at its present revision."""
    french, english = titles(alert)
    return Alerte(
        alerte_id=alert.alerte_id,
        societe_id=alert.societe_id,
        severite=alert.severite,
        detections=list(alert.detections),
        titre_fr=french,
        titre_en=english,
        revision=alert.revision,
        etat=alert.etat,
        cause=alert.cause,
        nombre=alert.nombre,
        montant=from_minor(min(alert.montant, MAX_TOTAL_MINOR)),
        codes=dict(sorted(alert.codes.items())),
        ouverte_le=alert.ouverte_le,
        derniere_le=alert.derniere_le,
        escalade=alert.escalade,
        acquittee_par=alert.acquittee_par,
        commentaire=alert.commentaire,
    )
