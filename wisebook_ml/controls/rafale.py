"""A burst of entries by one author."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import few_en, few_fr
from wisebook_ml.features.measures import surprise
from wisebook_ml.habits.first_arrival import BURST_SECONDS
from wisebook_ml.habits.layout import BURST_MEMORY

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
    """Name the author, how many entries, and how often there were as many."""
    author, minutes = view.batch.entry(entry).saisie_par, BURST_SECONDS // 60
    size, alike, total = (int(view.habits.entry[k][entry]) for k in ("burst", "burst_tail", "author"))
    least_fr, least_en = ("au moins ", "at least ") if size >= BURST_MEMORY else ("", "")
    return (
        f"Saisie par {author} avec {least_fr}{size} écritures en {minutes} minutes ; de cet auteur, "
        f"{few_fr(alike, total, 'écritures')} suivi un tel rythme.",
        f"Entered by {author} with {least_en}{size} entries within {minutes} minutes; of this author, "
        f"{few_en(alike, total, 'entries')} come at such a pace.",
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
