"""Positions of bank accounts, and the payments that the books let expect."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Record, Revision, SocieteId
from schemas.enums import SourcePosition
from schemas.money import Montant

__all__ = ["Echeancier", "PaiementAttendu", "PositionTresorerie"]


Devise = Annotated[str, Meta(pattern=r"^[A-Z]{3}$(?!\n)")]


class PositionTresorerie(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Balance at the end of the day of one account, and what came in and went out.

    A bank's positions replace those that were derived from the books (`source` COMPTABILITE) of the whole company.
    """

    ce_type: ClassVar[str] = "fr.wisebook.tresorerie.v1"

    societe_id: SocieteId
    compte_num: Annotated[str, Meta(min_length=1, max_length=64)]
    date: dt.date
    solde: Montant
    entrees: Montant = "0.00"
    sorties: Montant = "0.00"
    devise: Devise = "EUR"
    revision: Revision = 1
    source: SourcePosition = SourcePosition.BANQUE


class PaiementAttendu(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is expected on one day: above 0 comes in, below goes out; a day can have one of each."""

    date: dt.date
    montant: Montant


class Echeancier(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The payments that open items of the books let expect, as they stood in the evening of `date`; by day.

    One of a later evening replaces it; of one evening, the higher revision holds.
    """

    ce_type: ClassVar[str] = "fr.wisebook.echeancier.v1"

    societe_id: SocieteId
    date: dt.date
    paiements: list[PaiementAttendu] = []
    devise: Devise = "EUR"
    revision: Revision = 1
