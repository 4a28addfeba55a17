"""A journal's numbering that is of no use over a fiscal year: one number for all, at random, starting over, or none."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif
from wisebook_ml.controls.rupture_numerotation import closes_accounts
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.subjects.journal_years import JournalYears, Texts, shares
from wisebook_ml.subjects.series import SERIES_ROWS, follow_numbers
from wisebook_ml.subjects.tallies import Counted

__all__ = ["SUBJECT", "Numbering"]


CAUSES_FR = ("sans numéro", "au numéro répété", "après des numéros manquants", "loin en arrière", "hors de toute suite")
CAUSES_EN = ("without a number", "with a repeated number", "after missing numbers", "far back", "in no series")


class Numbering(JournalYears):
    """Counts entries whose number has no place in the series of its journal, year and prefix (`series`).

    The control of single gaps falls silent at the share from which this finding is told: where one in ten steps is
    irregular, no step surprises (`wisebook_ml.controls.rupture_numerotation`). Numbers that are all there and only a
    little out of order, as in a file sorted by date, are of use, and not counted. Entries that close classes 6 and 7
    are not counted, since programs number them apart; nor are drafts without a number, since it may be given when they
    are validated, and numbers without figures at their end, which say nothing of an order.

    References
    ----------
    Art. A47 A-1 LPF (EcritureNum: continuous numbering); PCG art. 921-3; BOI-CF-IOR-60-40-20.
    """

    name = "numbering"
    code = CodeMotif.RUPTURE_NUMEROTATION
    attribute = "ecriture_num"
    threshold = 0.10
    weight = 0.7
    source = "Art. A47 A-1 LPF (continuous numbering without gap); PCG art. 921-3"
    required = True
    suffix: ClassVar[str] = ""

    def new_state(self) -> Store:
        """Return an empty state."""
        return Store(SERIES_ROWS, {}, {})

    def count(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> Counted:
        """Count new entries by what is wrong with their numbers."""
        batch, facts = view.batch, view.facts
        numbered = facts.number >= 0
        missing = (batch.text("ecriture_num").length == 0) & facts.validated
        follows = first & ~facts.deleted & (numbered | missing) & ~closes_accounts(view)
        causes = follow_numbers(state, batch.societe, facts.sequence, facts.number, follows)
        return Counted(follows, causes, np.zeros(len(first), np.bool_))

    def explain(self, told: np.void, where: Texts) -> Texts:
        """Name the journal, the share, and the commonest causes."""
        fr, en = shares(told)
        counts = [(int(count), k) for k, count in enumerate(told["causes"][: len(CAUSES_FR)].tolist()) if count]
        counts.sort(key=lambda pair: -pair[0])
        details_fr = ", ".join(f"{count} {CAUSES_FR[k]}" for count, k in counts)
        details_en = ", ".join(f"{count} {CAUSES_EN[k]}" for count, k in counts)
        return (
            f"{where[0]} : numérotation inutilisable, {fr} ont un numéro sans place dans la suite ({details_fr}). "
            "L'exhaustivité du journal ne peut pas être prouvée par ses numéros.",
            f"{where[1]}: the numbering is unusable, {en} have a number without a place in the series ({details_en}). "
            "Numbers cannot prove that the journal is complete.",
        )


SUBJECT = Numbering()
