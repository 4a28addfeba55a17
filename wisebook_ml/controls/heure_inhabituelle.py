"""Entered outside the usual hours of its author."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.features.measures import hour_surprise
from wisebook_ml.ledger.facts import OFF_DAY_HOURS


def measure(view: View) -> Finding:
    """Measure how surprising the time of entry is for the author; imports have no hours."""
    return Finding(np.where(view.facts.manual, hour_surprise(view), np.nan))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the author, the hour and the habit."""
    author = view.batch.entry(entry).saisie_par
    hour, around, total = (int(view.habits.entry[k][entry]) for k in ("hour", "hour_count", "author"))
    off = hour >= OFF_DAY_HOURS
    return (
        f"Saisie par {author} vers {hour % 24} h{' un jour non ouvré' if off else ''} : {around} de ses {total} "
        f"écritures seulement à cette heure.",
        f"Entered by {author} around {hour % 24}:00{' on a day off' if off else ''}: only {around} of their {total} "
        f"entries are at that time.",
    )


CONTROL = Control(
    code=CodeMotif.HEURE_INHABITUELLE,
    attribute="saisie_le",
    threshold=2.0,
    weight=0.75,
    source="ISA 240 A45; AICPA AU-C 240",
    measure=measure,
    explain=explain,
)
