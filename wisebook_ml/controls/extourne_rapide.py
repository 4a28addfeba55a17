"""An entry that reverses another soon after it was posted."""

import re

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

CUT_OFF = (408, 409, 418, 419, 428, 438, 448, 468, 471, 472, 476, 477, 478, 481, 486, 487, 488, 508, 518, 519, 580, 581)
"""Accounts of cut-off and of transfers, whose entries are reversed by design (PCG art. 944-48)."""


RETURN = re.compile(r"\b(AVOIR|AV|RETOUR|RISTOURNE)\b", re.I)
"""Labels of goods that came back."""

EXCUSED = 0.3
"""Share that is left of a credit note's reversal within its month: goods come back every day."""


def measure(view: View) -> Finding:
    """Take how soon the reversal came, where income or expenses are reversed that are no cut-off."""
    batch = view.batch
    result = batch.any_per_entry(np.isin(batch.root // 10_000, (6, 7)))
    cut_off = batch.any_per_entry(np.isin(batch.root // 100, CUT_OFF))
    soon = np.array([match.value for match in view.habits.reversals])
    return_of_goods = np.array(
        [bool(RETURN.search(entry.lignes[0].ecriture_lib)) for entry in batch.entries], dtype=np.bool_
    )
    across = np.array(
        [
            entry.ecriture_date.day <= match.days
            for entry, match in zip(batch.entries, view.habits.reversals, strict=True)
        ],
        dtype=np.bool_,
    )
    excused = return_of_goods & ~across
    return Finding(np.where(result & ~cut_off, np.where(excused, soon * EXCUSED, soon), 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the reversed entry."""
    match = view.habits.reversals[entry]
    return (
        f"Contre-passe l'écriture {match.ecriture_id}, {match.days} jour(s) après elle.",
        f"Reverses entry {match.ecriture_id}, {match.days} day(s) after it.",
    )


CONTROL = Control(
    code=CodeMotif.EXTOURNE_RAPIDE,
    attribute="montant",
    threshold=0.5,
    weight=0.5,
    source="ISA 240 A45 (entries reversed after period end); NEP-240",
    measure=measure,
    explain=explain,
)
