"""A gap, a repetition or disorder in the numbering of a journal that is otherwise regular."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr
from wisebook_ml.features.measures import surprise


def measure(view: View) -> Finding:
    """Measure how surprising an irregular step is in this sequence."""
    entry = view.habits.entry
    value = surprise(entry["number_irregular"], entry["number_steps"])
    return Finding(np.where(entry["number_jump"] != 0, value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Say whether numbers are missing, repeated or out of order."""
    record, jump = view.batch.entry(entry), int(view.habits.entry["number_jump"][entry])
    where = f"journal {record.journal_code}, n° {record.ecriture_num}"
    place = f"journal {record.journal_code}, no. {record.ecriture_num}"
    if jump > 0:
        return (
            f"Rupture de numérotation ({where}) : {count_fr(jump, 'numéro manque', 'numéros manquent')} juste avant.",
            f"Gap in the numbering ({place}): {count_en(jump, 'number', 'numbers')} missing just before.",
        )
    if jump == -1:
        return f"Numéro répété ({where}).", f"Repeated number ({place})."
    return (
        f"Numérotation non chronologique ({where}) : {count_fr(-jump, 'rang', 'rangs')} avant le numéro attendu.",
        f"Number out of order ({place}): {count_en(-jump, 'place', 'places')} before the expected number.",
    )


CONTROL = Control(
    code=CodeMotif.RUPTURE_NUMEROTATION,
    attribute="ecriture_num",
    threshold=2.0,
    weight=0.6,
    source="Art. A47 A-1 LPF (continuous numbering without gap); PCG art. 921-3",
    measure=measure,
    explain=explain,
)
