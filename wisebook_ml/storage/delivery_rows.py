"""Rows of deliveries as they are first written."""

import datetime as dt
from typing import Any

import msgspec

from schemas import Alerte, StatutLivraison
from wisebook_ml.delivery.planning import Planned, Told
from wisebook_ml.delivery.schedule import LONGEST_AGE

__all__ = ["TOO_OLD", "Issued", "as_told", "row_of"]

TOO_OLD = "it was published more than a day before anybody could bring it here"


class Issued(msgspec.Struct, frozen=True):
    """A revision of an alert, when it was published, and the correlation id that it came with."""

    alerte: Alerte
    emise_le: dt.datetime
    correlation: str | None = None


def as_told(alerte: Alerte, statut: StatutLivraison) -> Told:
    """Return what the planner has to know of a revision that goes somewhere."""
    return Told(
        revision=alerte.revision,
        severite=alerte.severite,
        etat=alerte.etat,
        escalade=alerte.escalade,
        statut=statut,
    )


def row_of(planned: Planned, issued: Issued, now: dt.datetime) -> dict[str, Any]:
    """Return the row of a delivery that is to be made; one of an alert that is a day old has ended already."""
    alerte = issued.alerte
    too_old = issued.emise_le <= now - LONGEST_AGE
    return {
        "livraison_id": planned.livraison_id,
        "societe_id": alerte.societe_id,
        "alerte_id": alerte.alerte_id,
        "revision": alerte.revision,
        "canal": planned.canal,
        "adresse": planned.adresse,
        "destination": planned.destination,
        "langue": planned.langue,
        "alerte": msgspec.to_builtins(alerte),
        "statut": StatutLivraison.ABANDONNEE if too_old else StatutLivraison.A_REESSAYER,
        "tentatives": 0,
        # A publisher's clock that is ahead gives no alert more than a day.
        "emise_le": min(issued.emise_le, now),
        "prevue_le": now,
        "prochaine": None if too_old else now,
        "terminee_le": now if too_old else None,
        "detail": TOO_OLD if too_old else "",
        "correlation": issued.correlation,
    }
