"""What is done to entries: each change and its event in one transaction, so that both are kept or neither is."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from wisebook_ml_client.django import outbox
from wisebook_ml_client.schemas import Operation

from ledger.events import event_of
from ledger.models import Ecriture, Ligne


class Mouvement(NamedTuple):
    """A line that somebody enters."""

    compte_num: str
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    ecriture_lib: str = ""
    piece_ref: str = ""


@transaction.atomic
def saisir(
    societe_id: int, journal_code: str, date: dt.date, lignes: Sequence[Mouvement], auteur: str = ""
) -> Ecriture:
    """Enter an entry."""
    ecriture = Ecriture.objects.create(
        societe_id=societe_id, journal_code=journal_code, ecriture_date=date, saisie_par=auteur
    )
    _write(ecriture, lignes)
    outbox.add(event_of(ecriture, Operation.CREATION))
    return ecriture


@transaction.atomic
def corriger(ecriture_id: int, lignes: Sequence[Mouvement]) -> Ecriture:
    """Give an entry other lines: a new version of it."""
    ecriture = _next(ecriture_id)
    ecriture.lignes.all().delete()
    _write(ecriture, lignes)
    outbox.add(event_of(ecriture, Operation.MODIFICATION))
    return ecriture


@transaction.atomic
def supprimer(ecriture_id: int) -> Ecriture:
    """Delete an entry: its last version."""
    ecriture = _next(ecriture_id)
    ecriture.supprimee = True
    ecriture.save()
    outbox.add(event_of(ecriture, Operation.SUPPRESSION))
    return ecriture


def _next(ecriture_id: int) -> Ecriture:
    """Return an entry under its next revision. Its row stays locked, so that nobody else gives the same number."""
    ecriture = Ecriture.objects.select_for_update().get(pk=ecriture_id, supprimee=False)
    ecriture.revision += 1
    ecriture.save()
    return ecriture


def _write(ecriture: Ecriture, lignes: Sequence[Mouvement]) -> None:
    Ligne.objects.bulk_create([Ligne(ecriture=ecriture, **ligne._asdict()) for ligne in lignes])
