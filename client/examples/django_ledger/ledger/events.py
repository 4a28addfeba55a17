"""Rows of the ledger as events."""

from wisebook_ml_client import montant
from wisebook_ml_client.schemas import Ecriture as EcritureEvent
from wisebook_ml_client.schemas import Ligne as LigneEvent
from wisebook_ml_client.schemas import Operation

from ledger.models import Ecriture


def event_of(ecriture: Ecriture, operation: Operation) -> EcritureEvent:
    """Return the event that tells how an entry stands now."""
    return EcritureEvent(
        societe_id=ecriture.societe_id,
        ecriture_id=str(ecriture.pk),
        revision=ecriture.revision,
        operation=operation,
        journal_code=ecriture.journal_code,
        ecriture_num=ecriture.ecriture_num,
        ecriture_date=ecriture.ecriture_date,
        saisie_par=ecriture.saisie_par,
        saisie_le=ecriture.saisie_le,
        lignes=[
            LigneEvent(
                compte_num=ligne.compte_num,
                ecriture_lib=ligne.ecriture_lib,
                piece_ref=ligne.piece_ref,
                debit=montant(ligne.debit),
                credit=montant(ligne.credit),
            )
            for ligne in ecriture.lignes.all()
        ],
    )
