"""An entry in the making: mutable, in cents, before it is numbered and published."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from msgspec import Struct

from schemas.enums import Origine

if TYPE_CHECKING:
    from wisebook_ml.generator.labels import Label, PendingLabel

__all__ = ["Draft", "DraftLine", "Numbering"]


class DraftLine(Struct):
    """One line; `montant` is signed cents, a debit when positive and a credit when negative.

    `contre` is an amount that stands on both sides of the line besides. `negatif` shows the amount on the other side
    with a minus sign, as some packages write corrections.
    """

    compte: str
    montant: int
    aux: str = ""
    aux_lib: str = ""
    lib: str | None = None
    let: str = ""
    date_let: dt.date | None = None
    devise: tuple[str, str] | None = None
    echeance: dt.date | None = None
    iban: str = ""
    negatif: bool = False
    contre: int = 0


class Numbering(Struct, frozen=True):
    """What goes wrong when the publisher numbers this draft (planted, see `planting.sequence`)."""

    saut: int = 0
    """Numbers skipped before this entry."""
    repete: bool = False
    """Take the journal's previous number again."""
    avance: int = 0
    """Take a number this far ahead; the journal then goes on where it was and steps over it."""


class Draft(Struct):
    """One entry before publication.

    `nature` names the business event; planters choose their victims by it. `soldee` says that a later
    event of the base ledger already relies on the amounts, which therefore must not change any more.
    """

    journal: str
    jour: dt.date
    lib: str
    lignes: list[DraftLine]
    nature: str
    piece: str = ""
    piece_date: dt.date | None = None
    saisie_le: dt.datetime = dt.datetime.min
    auteur: str = ""
    origine: Origine = Origine.MANUELLE
    exercice: str = ""
    soldee: bool = False
    impayee: bool = False
    """No payment will come, whatever was scheduled."""
    reelle: bool = False
    """The document itself says what a case made of it, so that the payment follows; otherwise it was mistyped."""
    suite: Label | None = None
    """Labels the payment too: what is odd about the invoice shows again when it is paid."""
    acompte: int = 0
    """Cents already paid on it, unlettered."""
    touche: bool = False
    labels: list[PendingLabel] | None = None
    numbering: Numbering | None = None
    ecriture_id: str = ""
    num: str = ""
    revision: int = 0
    valid_date: dt.date | None = None
    supprimee: bool = False
    sans_validation: bool = False

    def copy(self) -> Draft:
        """Return a fresh, unlabelled and unlettered draft with the same accounting content."""
        lignes = [
            DraftLine(
                compte=ligne.compte,
                montant=ligne.montant,
                aux=ligne.aux,
                aux_lib=ligne.aux_lib,
                lib=ligne.lib,
                devise=ligne.devise,
                echeance=ligne.echeance,
                iban=ligne.iban,
                contre=ligne.contre,
            )
            for ligne in self.lignes
        ]
        return Draft(
            journal=self.journal,
            jour=self.jour,
            lib=self.lib,
            lignes=lignes,
            nature=self.nature,
            piece=self.piece,
            piece_date=self.piece_date,
            saisie_le=self.saisie_le,
            auteur=self.auteur,
            origine=self.origine,
        )

    @property
    def solde(self) -> int:
        """Debits less credits, in cents; zero for a balanced entry."""
        return sum(ligne.montant for ligne in self.lignes)

    @property
    def total(self) -> int:
        """Sum of the debits, in cents."""
        return sum(ligne.montant for ligne in self.lignes if ligne.montant > 0)

    @property
    def tiers(self) -> DraftLine | None:
        """The first line with a third party."""
        return next((ligne for ligne in self.lignes if ligne.aux), None)

    @property
    def lettree(self) -> bool:
        """Whether any line is lettered."""
        return any(ligne.let for ligne in self.lignes)

    def rename(self, lib: str) -> None:
        """Give the entry and all its lines one label."""
        self.lib = lib
        for ligne in self.lignes:
            ligne.lib = None
