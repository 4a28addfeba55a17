"""Dated after the day it was entered, against the habit of its journal."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr, date_en, date_fr, few_en, few_fr
from wisebook_ml.features.measures import lag_surprise

MIN_ENTRIES = 50
MIN_LEAD = 2
"""Days ahead from which a date is forward: an entry made in the evening may bear the next day's date."""


def measure(view: View) -> Finding:
    """Measure how surprising a date that far ahead is in this journal."""
    entry = view.habits.entry
    known = (entry["lag"] <= -MIN_LEAD) & (entry["lag_timed"] >= MIN_ENTRIES)
    return Finding(np.where(np.isnan(entry["lag"]), np.nan, np.where(known, lag_surprise(view), 0.0)))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the date, how far ahead it is, and how many were as far."""
    record = view.batch.entry(entry)
    lead, day, journal = -int(view.facts.lag[entry]), record.ecriture_date, record.journal_code
    alike, total = (int(view.habits.entry[k][entry]) for k in ("lag_tail", "lag_timed"))
    return (
        f"Écriture datée du {date_fr(day)}, {count_fr(lead, 'jour', 'jours')} après sa saisie ; dans le journal "
        f"{journal}, {few_fr(alike, total, 'écritures')} une date aussi éloignée.",
        f"Entry dated {date_en(day)}, {count_en(lead, 'day', 'days')} after it was made; in journal {journal}, "
        f"{few_en(alike, total, 'entries')} a date so far ahead.",
    )


CONTROL = Control(
    code=CodeMotif.POSTDATEE,
    attribute="saisie_le",
    threshold=1.7,
    weight=0.9,
    source="ISA 240 A45; PCG art. 921-2",
    measure=measure,
    explain=explain,
    rule=True,
)
