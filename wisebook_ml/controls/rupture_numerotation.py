"""A gap, a repetition or disorder in the numbering of a journal that is otherwise regular."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View

MIN_ENTRIES = 30
"""A journal's numbering is known after this many entries; before, any start is a start."""


def measure(view: View) -> Finding:
    """Measure how regular the sequence was until this irregular step."""
    share, journal = view.habits.entry["number_share"], view.habits.entry["journal"]
    return Finding(np.where(np.isnan(share) | (journal < MIN_ENTRIES), 0.0, share))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Say whether numbers are missing, repeated or out of order."""
    record, jump = view.batch.entries[entry], int(view.habits.entry["number_jump"][entry])
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
    threshold=0.97,
    weight=0.6,
    source="Art. A47 A-1 LPF (continuous numbering without gap); PCG art. 921-3",
    measure=measure,
    explain=explain,
)
