"""Dated on a weekend or public holiday, against the habit of its journal."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import date_en, date_fr
from wisebook_ml.features.measures import surprise

MIN_ENTRIES = 50
"""In real ledgers 6 to 11 % of entries bear such a date: without a habit the day says nothing."""


def measure(view: View) -> Finding:
    """Measure how surprising a day off is in this journal."""
    entry = view.habits.entry
    value = surprise(entry["journal_off_days"], entry["journal"])
    return Finding(np.where(view.facts.off_day & (entry["journal"] >= MIN_ENTRIES), value, 0.0))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the day and the habit."""
    record = view.batch.entry(entry)
    before, total = (int(view.habits.entry[k][entry]) for k in ("journal_off_days", "journal"))
    return (
        f"Datée d'un jour non ouvré ({date_fr(record.ecriture_date)}) ; le journal {record.journal_code} n'en compte "
        f"que {before} sur {total} écritures.",
        f"Dated on a day off ({date_en(record.ecriture_date)}); journal {record.journal_code} has only {before} in "
        f"{total} entries.",
    )


CONTROL = Control(
    code=CodeMotif.JOUR_NON_OUVRE,
    attribute="ecriture_date",
    threshold=1.7,
    weight=0.4,
    source="ISA 240 A45 (unusual times); Code du travail L3133-1 (public holidays)",
    measure=measure,
    explain=explain,
)
