"""Taking note of an alert, from wherever a person does it."""

import msgspec

from schemas import Acquittement
from topics import ACKNOWLEDGEMENTS
from wisebook_ml.alerting.state import Alert
from wisebook_ml.messaging.events import Outgoing, record_event

__all__ = ["acknowledgement", "acknowledgement_event"]


def acknowledgement(alert: Alert, auteur: str, commentaire: str = "", revision: int | None = None) -> Acquittement:
    """Return what says that somebody has taken note of an alert, at a revision or as it is.

    Raises
    ------
    ValueError
        Where nobody is named, or the comment is too long.
    """
    given = {
        "societe_id": alert.societe_id,
        "alerte_id": alert.alerte_id,
        "auteur": auteur,
        "commentaire": commentaire,
        "revision": revision or alert.vue,
    }
    try:
        return msgspec.convert(given, Acquittement)
    except msgspec.ValidationError as error:
        raise ValueError(f"the acknowledgement makes no sense: {error}") from error


def acknowledgement_event(wanted: Acquittement, id_: str, source: str) -> Outgoing:
    """Return its record."""
    return record_event(ACKNOWLEDGEMENTS, wanted.societe_id, wanted, id_, source=source)
