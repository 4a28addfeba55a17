"""A missing or generic label."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View, any_of


def measure(view: View) -> Finding:
    """Check the labels (see `wisebook_ml.ledger.labels`); an entry is poor where all its lines are."""
    poor = view.facts.poor
    return Finding(np.where(any_of(view, ~poor), 0.0, 1.0), poor)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Quote the label."""
    label = view.batch.entry(entry).lignes[0].ecriture_lib.strip()
    if not label:
        return "Libellé absent.", "No label."
    return f"Libellé sans information : « {label} ».", f"Label without information: “{label}”."


CONTROL = Control(
    code=CodeMotif.LIBELLE_PAUVRE,
    attribute="ecriture_lib",
    threshold=1.0,
    weight=0.9,
    source="PCG art. 921-2 (content of each entry); art. A47 A-1 LPF (EcritureLib)",
    measure=measure,
    explain=explain,
    rule=True,
)
