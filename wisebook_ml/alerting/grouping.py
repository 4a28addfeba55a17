"""More of the same cause goes into the alert that is there, which is told again only as it grows tenfold."""

import datetime as dt
import uuid

from schemas import Detection, ReglageAlertes
from wisebook_ml.alerting.state import Alert
from wisebook_ml.alerting.texts import first_texts

__all__ = ["end_of", "grown", "has_news", "new_alert", "note_told"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/alertes-groupees")
"""Namespace of alert ids: what is delivered again makes the same ones."""

TENFOLD = 10
"""An alert is told again at 10, 100, 1,000 ... detections: ten thousand of them are five records."""


def new_alert(detection: Detection, cause: str, made: dt.datetime, at: dt.datetime) -> Alert:
    """Return an alert that counts nothing yet.

    Parameters
    ----------
    detection : Detection
        Its first one.
    cause : str
        What those that follow have in common with it; "" for a digest.
    made : datetime
        When the detection was made, as its record says: the id goes by it, and not by when it was read.
    at : datetime
        As of when it counts.
    """
    name = f"{detection.societe_id}/{cause}/{made.isoformat()}/{detection.detection_id}/{detection.revision}"
    french, english = first_texts(detection)
    return Alert(
        alerte_id=uuid.uuid5(NAMESPACE, name),
        societe_id=detection.societe_id,
        cause=cause,
        severite=detection.severite,
        ouverte_le=at,
        derniere_le=at,
        texte_fr=french,
        texte_en=english,
    )


def end_of(at: dt.datetime, reglage: ReglageAlertes) -> dt.datetime | None:
    """Return until when more of the same goes into an alert that begins; None where each is told by itself."""
    return at + dt.timedelta(minutes=reglage.regroupement) if reglage.regroupement else None


def grown(alert: Alert) -> bool:
    """Tell whether there is tenfold of what was told."""
    return alert.nombre >= alert.palier


def has_news(alert: Alert) -> bool:
    """Tell whether there is more, or another amount, than was told."""
    return (alert.nombre, alert.montant) != alert.dit


def note_told(alert: Alert) -> None:
    """Note that all of an alert is told by another revision."""
    alert.revision += 1
    alert.dit = (alert.nombre, alert.montant)
    alert.differee = None
    while alert.palier <= alert.nombre:
        alert.palier *= TENFOLD
