"""The entry's date lies outside its fiscal year."""

import datetime as dt

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import Control, Finding, View
from wisebook_ml.controls.texts import date_en, date_fr


def bounds(exercice: str) -> tuple[dt.date, dt.date] | None:
    """Return the first and last day of a fiscal year; None where they are not calendar dates.

    Examples
    --------
    >>> bounds("2024")
    (datetime.date(2024, 1, 1), datetime.date(2024, 12, 31))
    """
    first, _, last = exercice.partition("/")
    try:
        if not last:
            return dt.date(int(first), 1, 1), dt.date(int(first), 12, 31)
        start, end = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
    except ValueError:
        return None
    return (start, end) if start <= end else None


def measure(view: View) -> Finding:
    """Measure the days outside; not defined where the entry names no fiscal year."""
    values = np.full(len(view.batch), np.nan)
    for i, entry in enumerate(view.batch.entries):
        year = bounds(entry.exercice) if entry.exercice else None
        if year is not None:
            day = entry.ecriture_date
            values[i] = max((year[0] - day).days, (day - year[1]).days, 0)
    return Finding(values)


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the date and the fiscal year."""
    record = view.batch.entries[entry]
    year = bounds(record.exercice or "")
    assert year is not None  # measured, so its bounds are known
    return (
        f"Date {date_fr(record.ecriture_date)} hors de l'exercice du {date_fr(year[0])} au {date_fr(year[1])}.",
        f"Date {date_en(record.ecriture_date)} outside the fiscal year {date_en(year[0])} to {date_en(year[1])}.",
    )


CONTROL = Control(
    code=CodeMotif.HORS_EXERCICE,
    attribute="ecriture_date",
    threshold=1.0,
    weight=0.8,
    source="Code de commerce L123-12; art. A47 A-1 LPF",
    measure=measure,
    explain=explain,
    required=True,
)
