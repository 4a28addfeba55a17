"""Debits and credits of an entry differ."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import euros_en, euros_fr


def measure(view: View) -> Finding:
    """Measure the difference in euros, from whole cents."""
    return Finding(np.abs(view.batch.total_debit - view.batch.total_credit) / 100.0)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name both sums."""
    debit, credit = int(view.batch.total_debit[entry]), int(view.batch.total_credit[entry])
    gap = abs(debit - credit)
    return (
        f"Écriture déséquilibrée de {euros_fr(gap)} : débit {euros_fr(debit)}, crédit {euros_fr(credit)}.",
        f"Unbalanced entry by {euros_en(gap)}: debit {euros_en(debit)}, credit {euros_en(credit)}.",
    )


CONTROL = Control(
    code=CodeMotif.DESEQUILIBRE,
    attribute="montant",
    threshold=0.01,
    weight=0.95,
    source="PCG art. 921-1: double entry; FEC, art. A47 A-1 LPF",
    measure=measure,
    explain=explain,
    required=True,
)
