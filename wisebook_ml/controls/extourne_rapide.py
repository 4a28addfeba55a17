"""An entry that reverses another soon after it was posted."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, any_of
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.ledger.accounts import accounts_under

RESULT = accounts_under(6, 7)
CUT_OFF = accounts_under(
    408, 409, 418, 419, 428, 438, 448, 468, 471, 472, 476, 477, 478, 481, 486, 487, 488, 508, 518, 519, 580, 581
)
"""Accounts of cut-off and of transfers, whose entries are reversed by design (PCG art. 944-48)."""

EXCUSED = 0.3
"""Share that is left of a reversal within its month whose label tells of a credit note: goods come back every day."""


def measure(view: View) -> Finding:
    """Take how soon the reversal came, where income or expenses are reversed that are no cut-off."""
    soon, days = view.habits.entry["reversal"], view.habits.entry["reversal_days"]
    excused = view.facts.returned & (view.facts.month_day > days)
    counts = any_of(view, RESULT[view.batch.root]) & ~any_of(view, CUT_OFF[view.batch.root])
    return Finding(np.where(counts, np.where(excused, soon * EXCUSED, soon), 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the reversed entry."""
    earlier, days = view.habits.reversal_of(entry), int(view.habits.entry["reversal_days"][entry])
    french = f"{count_fr(days, 'jour', 'jours')} plus tard" if days else "le jour même"
    english = f"{count_en(days, 'day', 'days')} later" if days else "on the same day"
    return f"Contre-passe, {french}, l'écriture {earlier}.", f"Reverses, {english}, entry {earlier}."


CONTROL = Control(
    code=CodeMotif.EXTOURNE_RAPIDE,
    attribute="montant",
    threshold=0.5,
    weight=0.5,
    source="ISA 240 A45 (entries reversed after period end); NEP-240",
    measure=measure,
    explain=explain,
)
