"""One position of one bank account on one day."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import Record, Revision, SocieteId
from schemas.money import Montant

__all__ = ["PositionTresorerie"]


class PositionTresorerie(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Balance at the end of the day, and what came in and went out."""

    ce_type: ClassVar[str] = "fr.wisebook.tresorerie.v1"

    societe_id: SocieteId
    compte_num: Annotated[str, Meta(min_length=1, max_length=64)]
    date: dt.date
    solde: Montant
    entrees: Montant = "0.00"
    sorties: Montant = "0.00"
    devise: Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")] = "EUR"
    revision: Revision = 1
