"""One journal entry with its lines: the FEC's fields and what WiseBook knows beyond them."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Identifiant, Record, Revision, SocieteId
from schemas.enums import Operation, Origine
from schemas.money import MAX_MINOR, MAX_TOTAL_MINOR, Montant, MontantDevise, to_minor

__all__ = ["Ecriture", "Exercice", "Ligne"]

Exercice = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}(-[0-9]{2}-[0-9]{2}/[0-9]{4}-[0-9]{2}-[0-9]{2})?$(?!\n)",
        description="Fiscal year: a calendar year, or an ISO 8601 interval of its first and last day.",
        examples=["2025", "2024-09-01/2025-08-31"],
    ),
]
Code = Annotated[str, Meta(max_length=64)]
Texte = Annotated[str, Meta(max_length=2000)]


UNCHECKED_LINES = MAX_TOTAL_MINOR // MAX_MINOR
"""So many lines of the largest amount sum to no more than an entry may."""


class Ligne(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of an entry (FEC fields 5 to 18), with its due date and bank details where known."""

    compte_num: Annotated[str, Meta(min_length=1, max_length=64)]
    compte_lib: Texte = ""
    comp_aux_num: Code = ""
    comp_aux_lib: Texte = ""
    piece_ref: Annotated[str, Meta(max_length=200)] = ""
    piece_date: dt.date | None = None
    ecriture_lib: Texte = ""
    debit: Montant = "0.00"
    credit: Montant = "0.00"
    ecriture_let: Code = ""
    date_let: dt.date | None = None
    montant_devise: MontantDevise | None = None
    idevise: Code = ""
    date_echeance: dt.date | None = None
    iban_empreinte: Annotated[
        str, Meta(max_length=128, description="Keyed hash of the third party's IBAN, never the IBAN.")
    ] = ""


class Ecriture(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One journal entry, as WiseBook core publishes it on `entries`.

    A later `revision` of the same `ecriture_id` replaces the earlier one. What the FEC does not know (author,
    time of entry, due dates, bank details) may be missing.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ecriture.v1"

    societe_id: SocieteId
    ecriture_id: Identifiant
    revision: Revision = 1
    operation: Operation = Operation.CREATION
    exercice: Exercice | None = None
    journal_code: Annotated[str, Meta(min_length=1, max_length=64)]
    journal_lib: Texte = ""
    ecriture_num: Code = ""
    ecriture_date: dt.date
    valid_date: dt.date | None = None
    saisie_par: Annotated[str, Meta(max_length=200)] = ""
    saisie_le: Annotated[dt.datetime, Meta(tz=True)] | None = None
    origine: Origine | None = None
    lignes: Annotated[list[Ligne], Meta(min_length=1, max_length=100_000)]

    def __post_init__(self) -> None:
        if len(self.lignes) > UNCHECKED_LINES:
            for side in ("debit", "credit"):
                if sum(abs(to_minor(getattr(line, side))) for line in self.lignes) > MAX_TOTAL_MINOR:
                    raise ValueError(f"the {side}s of the entry sum to more than 9,999,999,999,999.99")
