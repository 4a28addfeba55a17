"""A burst of entries by one author."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.features.measures import surprise
from wisebook_ml.habits.first_arrival import BURST_SECONDS

MIN_BURST = 8
"""Entries in ten minutes that one person does not make by hand in ordinary work."""
MIN_ENTRIES = 50


def measure(view: View) -> Finding:
    """Measure how surprising so many entries at once are for the author."""
    entry = view.habits.entry
    value = surprise(entry["burst_tail"], entry["author"])
    known = (entry["burst"] >= MIN_BURST) & (entry["author"] >= MIN_ENTRIES)
    return Finding(np.where(known, value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the author and how many."""
    author, size = view.batch.entry(entry).saisie_par, int(view.habits.entry["burst"][entry])
    minutes = BURST_SECONDS // 60
    return (
        f"{size} écritures saisies par {author} en {minutes} minutes, ce qui est rare pour cet auteur.",
        f"{size} entries by {author} within {minutes} minutes, which is rare for this author.",
    )


CONTROL = Control(
    code=CodeMotif.RAFALE,
    attribute="saisie_par",
    threshold=2.0,
    weight=0.9,
    source="ISA 240 A45; AICPA AU-C 240",
    measure=measure,
    explain=explain,
)
