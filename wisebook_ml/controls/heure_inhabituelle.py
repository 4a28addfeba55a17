"""Entered outside the usual hours of its author."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import number_en, number_fr
from wisebook_ml.features.measures import hour_surprise
from wisebook_ml.ledger.facts import OFF_DAY_HOURS


def measure(view: View) -> Finding:
    """Measure how surprising the time of entry is for the author; imports have no hours."""
    return Finding(np.where(view.facts.manual, hour_surprise(view), np.nan))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the author, the hour and the habit."""
    author = view.batch.entry(entry).saisie_par
    hour, around, total = (int(view.habits.entry[k][entry]) for k in ("hour", "hour_count", "author"))
    off, total_fr, total_en = hour >= OFF_DAY_HOURS, number_fr(total, 0), number_en(total, 0)
    if around == 0:
        french, english = f"qu'aucune de ses {total_fr} écritures ne porte", "none"
    elif around == 1:
        french, english = f"qu'une seule de ses {total_fr} écritures porte", "only one"
    else:
        french, english = f"que seules {around} de ses {total_fr} écritures portent", f"only {around}"
    return (
        f"Saisie par {author} vers {hour % 24} h{' un jour non ouvré' if off else ''}, heure {french}.",
        f"Entered by {author} around {hour % 24}:00{' on a day off' if off else ''}, as {english} of this author's "
        f"{total_en} entries {'was' if around < 2 else 'were'}.",
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
