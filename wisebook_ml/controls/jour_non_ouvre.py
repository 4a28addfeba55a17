"""Dated on a weekend or public holiday, against the habit of its journal."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr, number_en, number_fr, weekday_en, weekday_fr
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
    french = f"n'en compte que {number_fr(before, 0)}" if before else "n'en compte aucun"
    english = f"only {number_en(before, 0)}" if before else "none"
    return (
        f"Datée du {weekday_fr(record.ecriture_date)}, jour non ouvré ; le journal {record.journal_code} {french} sur "
        f"{count_fr(total, 'écriture', 'écritures')}.",
        f"Dated {weekday_en(record.ecriture_date)}, a day off; journal {record.journal_code} has {english} in "
        f"{count_en(total, 'entry', 'entries')}.",
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
