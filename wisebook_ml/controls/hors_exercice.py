"""The entry's date lies outside its fiscal year."""

import datetime as dt

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import date_en, date_fr


def measure(view: View) -> Finding:
    """Measure the days outside; not defined where the entry names no fiscal year, or one that is no calendar dates."""
    day, first, last = view.batch.day, view.facts.exercice_first, view.facts.exercice_last
    outside = np.maximum(np.maximum(first - day, day - last), 0)
    return Finding(np.where(first > 0, outside, np.nan))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the date and the fiscal year."""
    day, first, last = (
        dt.date.fromordinal(int(days[entry]))
        for days in (view.batch.day, view.facts.exercice_first, view.facts.exercice_last)
    )
    return (
        f"Date {date_fr(day)} hors de l'exercice du {date_fr(first)} au {date_fr(last)}.",
        f"Date {date_en(day)} outside the fiscal year {date_en(first)} to {date_en(last)}.",
    )


CONTROL = Control(
    code=CodeMotif.HORS_EXERCICE,
    attribute="ecriture_date",
    threshold=1.0,
    weight=0.9,
    source="Code de commerce L123-12; art. A47 A-1 LPF",
    measure=measure,
    explain=explain,
    required=True,
)
