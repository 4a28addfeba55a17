"""An entry that reverses another soon after it was posted."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import EPOCH, Bools, Control, Finding, View, any_of
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import Floats

RESULT = accounts_under(6, 7)
CUT_OFF = accounts_under(
    408, 409, 418, 419, 428, 438, 448, 468, 471, 472, 476, 477, 478, 481, 486, 487, 488, 508, 518, 519, 580, 581
)
"""Accounts of cut-off and of transfers, whose entries are reversed by design (PCG art. 944-48)."""

EXCUSED = 0.3
"""Share that is left of a reversal whose label or reference tells of goods that came back, as they do every day; not
where a quarter ended in between: a sale of its last days that is credited in the first days of the next has made the
quarter's figures."""

MONTHS_OF_A_QUARTER = 3


def measure(view: View) -> Finding:
    """Take how soon the reversal came, where income or expenses are reversed that are no cut-off.

    Payments are returned every day, too, and the bank says so; one that is taken back under the very same label is not
    explained by anything.
    """
    soon, days = view.habits.entry["reversal"], view.habits.entry["reversal_days"]
    excused = view.facts.returned & ~_crosses_quarter(view, days)
    unexplained = (view.habits.entry["reversal_alike"] > 0) & ~view.facts.named
    counts = (any_of(view, RESULT[view.batch.root]) | unexplained) & ~any_of(view, CUT_OFF[view.batch.root])
    return Finding(np.where(counts, np.where(excused, soon * EXCUSED, soon), 0.0))


def _crosses_quarter(view: View, days: Floats) -> Bools:
    """Return whether a quarter began within so many days before each entry, or on its day."""
    dates = (view.batch.day - EPOCH).astype("datetime64[D]")
    begins = dates.astype("datetime64[M]").astype(np.int64) % MONTHS_OF_A_QUARTER == 0
    crosses: Bools = begins & (view.facts.month_day <= days)
    return crosses


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
    weight=0.75,
    source="ISA 240 A45 (entries reversed after period end); NEP 240",
    measure=measure,
    explain=explain,
    rule=True,
)
