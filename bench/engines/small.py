"""The small event of the decoding benchmark, typed: about 230 bytes of JSON, as many events of other systems are."""

import datetime as dt

import msgspec

__all__ = ["SmallEvent"]


class SmallEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A movement on a bank account."""

    societe_id: int
    mouvement_id: str
    compte_num: str
    date: dt.date
    libelle: str
    montant: str
    solde: str
    devise: str
    auteur: str
    revision: int
