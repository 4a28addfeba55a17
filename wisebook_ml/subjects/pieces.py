"""A journal and fiscal year whose entries have no reference of a document, where they should."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif
from wisebook_ml.controls.base import any_of
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.subjects.journal_years import JournalYears, Texts, shares
from wisebook_ml.subjects.tallies import KNOWN, RECENT, USUAL, Counted

__all__ = ["SUBJECT", "Pieces"]

PARTIES, GOODS, MONEY = accounts_under(40, 41), accounts_under(2, 6, 7), accounts_under(5)


class Pieces(JournalYears):
    """Counts entries without a reference that leads to a document.

    Only where the journal had them before (the year before, or earlier in the year), or where the company's other
    journals of invoices have them: a journal of bank statements may do without, if it always did. An invoice is an
    entry of a customer or supplier against charges, income or assets, without money.

    References
    ----------
    Code de commerce R123-174 (each entry refers to its document); art. A47 A-1 LPF (PieceRef).
    """

    name = "pieces"
    code = CodeMotif.PIECE_ABSENTE
    attribute = "piece_ref"
    threshold = 0.5
    weight = 0.6
    source = "Code de commerce R123-174 (supporting document); art. A47 A-1 LPF (PieceRef)"
    required = False
    suffix: ClassVar[str] = "/pieces"
    relative: ClassVar[bool] = True

    def count(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> Counted:
        """Count new entries without a reference."""
        root, facts = view.batch.root, view.facts
        document = any_of(view, PARTIES[root]) & any_of(view, GOODS[root]) & ~any_of(view, MONEY[root])
        return Counted(first & ~facts.deleted, (~facts.has_piece).astype(np.int64), document)

    def explain(self, told: np.void, where: Texts) -> Texts:
        """Name the journal, the share, and what it is compared with."""
        fr, en = shares(told)
        against_fr, against_en = "alors que le journal en portait jusque-là", "and the journal had them until then"
        before, before_wrong = int(told["before"]), int(told["before_wrong"])
        others, others_wrong = int(told["others"]), int(told["others_wrong"])
        if before >= KNOWN and before_wrong <= USUAL * before:
            against_fr = f"contre {before_wrong} sur {before} l'exercice précédent"
            against_en = f"against {before_wrong} of {before} in the year before"
        elif not _had_them(told) and others >= KNOWN:
            against_fr = f"contre {others_wrong} sur {others} dans les autres journaux de factures"
            against_en = f"against {others_wrong} of {others} in the other journals of invoices"
        return (
            f"{where[0]} : {fr} n'ont aucune référence de pièce, {against_fr}.",
            f"{where[1]}: {en} have no document reference, {against_en}.",
        )


def _had_them(told: np.void) -> bool:
    """Return whether the journal's entries had references earlier in the year."""
    earlier = int(told["entries"]) - RECENT
    return earlier >= KNOWN and int(told["wrong"]) - int(told["recent"]) <= USUAL * earlier


SUBJECT = Pieces()
