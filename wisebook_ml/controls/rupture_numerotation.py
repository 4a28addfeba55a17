"""A gap, a repetition or disorder in the numbering of a journal that is otherwise regular."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.features.measures import surprise

PRIOR_STEPS = 50
"""Regular steps that a sequence is expected to have made before it is known: numbers follow one another by law."""


def measure(view: View) -> Finding:
    """Measure how surprising an irregular step is in this sequence."""
    entry = view.habits.entry
    value = surprise(entry["number_irregular"], entry["number_steps"] + PRIOR_STEPS)
    return Finding(np.where(entry["number_jump"] != 0, value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Say whether numbers are missing, repeated or out of order."""
    record, jump = view.batch.entry(entry), int(view.habits.entry["number_jump"][entry])
    where = f"journal {record.journal_code}, n° {record.ecriture_num}"
    place = f"journal {record.journal_code}, no. {record.ecriture_num}"
    if jump > 0:
        return (
            f"Rupture de numérotation ({where}) : {jump} numéro(s) manquant(s) juste avant.",
            f"Gap in the numbering ({place}): {jump} number(s) missing just before.",
        )
    if jump == -1:
        return f"Numéro répété ({where}).", f"Repeated number ({place})."
    return (
        f"Numérotation non chronologique ({where}) : {-jump} numéro(s) en arrière.",
        f"Number out of order ({place}): {-jump} number(s) back.",
    )


CONTROL = Control(
    code=CodeMotif.RUPTURE_NUMEROTATION,
    attribute="ecriture_num",
    threshold=2.0,
    weight=0.9,
    source="Art. A47 A-1 LPF (continuous numbering without gap); PCG art. 921-3",
    measure=measure,
    explain=explain,
    rule=True,
)
