"""Entered long after the date it bears, against the habit of its journal."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr, date_en, date_fr, few_en, few_fr
from wisebook_ml.features.measures import lag_surprise

MIN_LAG = 25
"""Days below which nobody calls an entry backdated: a VAT return bears the last day of its month and is entered up to
the 24th of the next (CGI, annexe IV, art. 39)."""
MIN_ENTRIES = 50


def measure(view: View) -> Finding:
    """Measure how surprising so long a delay is in this journal."""
    entry = view.habits.entry
    known = (entry["lag"] >= MIN_LAG) & (entry["lag_timed"] >= MIN_ENTRIES)
    return Finding(np.where(np.isnan(entry["lag"]), np.nan, np.where(known, lag_surprise(view), 0.0)))


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the date, the delay and how many had one as long."""
    record = view.batch.entry(entry)
    lag, day, journal = int(view.facts.lag[entry]), record.ecriture_date, record.journal_code
    alike, total = (int(view.habits.entry[k][entry]) for k in ("lag_tail", "lag_timed"))
    return (
        f"Écriture datée du {date_fr(day)} mais saisie {count_fr(lag, 'jour', 'jours')} plus tard ; dans le journal "
        f"{journal}, {few_fr(alike, total, 'écritures')} un délai aussi long.",
        f"Entry dated {date_en(day)} but made {count_en(lag, 'day', 'days')} later; in journal {journal}, "
        f"{few_en(alike, total, 'entries')} so long a delay.",
    )


CONTROL = Control(
    code=CodeMotif.ANTIDATEE,
    attribute="saisie_le",
    threshold=2.0,
    weight=0.9,
    source="ISA 240 A45 (entries recorded after the period); PCG art. 921-2",
    measure=measure,
    explain=explain,
    rule=True,
)
