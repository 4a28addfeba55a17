"""Taking note of an alert, from wherever a person does it."""

import uuid

import msgspec

from schemas import Acquittement
from topics import ACKNOWLEDGEMENTS
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.training.events import record_event

__all__ = ["acknowledgement", "acknowledgement_event"]


def acknowledgement(
    societe_id: int, alerte_id: uuid.UUID, auteur: str, commentaire: str, revision: int
) -> Acquittement:
    """Return what says that somebody has taken note of an alert as it was at a revision.

    Raises
    ------
    ValueError
        Where nobody is named, or the comment is too long.
    """
    given = {
        "societe_id": societe_id,
        "alerte_id": alerte_id,
        "auteur": auteur,
        "commentaire": commentaire,
        "revision": revision,
    }
    try:
        return msgspec.convert(given, Acquittement)
    except msgspec.ValidationError as error:
        raise ValueError(f"the acknowledgement makes no sense: {error}") from error


def acknowledgement_event(wanted: Acquittement, id_: str, source: str) -> Outgoing:
    """Return its record."""
    return record_event(ACKNOWLEDGEMENTS, wanted.societe_id, wanted, id_, source=source)
