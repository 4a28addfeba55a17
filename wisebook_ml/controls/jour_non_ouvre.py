"""Dated on a weekend or public holiday, against the habit of its journal."""

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls.base import EPOCH, Bools, Control, Finding, View
from wisebook_ml.controls.texts import count_en, count_fr, number_en, number_fr, weekday_en, weekday_fr
from wisebook_ml.features.measures import surprise
from wisebook_ml.ledger.batch import Ints

DAYS, SATURDAY = 7, 5
"""Weekdays, from Monday; the ordinal 1 is one."""

MIN_SATURDAYS = 50
"""Entries of a journal until it is known whether it is kept on Saturdays."""

MIN_ENTRIES = 20
"""In real ledgers 6 to 11 % of entries bear such a date: without a habit the day says nothing."""

PRIOR_HOLIDAYS, PRIOR_ENTRIES = 0.5, 30
"""What a journal is expected to have on Sundays and public holidays before it is known, as so many of so many entries:
next to nothing, since these are days of rest by law (Code du travail L3132-3, L3133-1), while offices and shops are
at work on Saturdays."""


AT_WORK = 0.6
"""Share of its surprise that a Saturday keeps: it is a working day by law, and whoever first stays the Saturday at the
end of a busy month is no concern of a controller; a Sunday is."""


def measure(view: View) -> Finding:
    """Measure how surprising a day off is in this journal; Sundays and holidays are told apart from Saturdays.

    The last day of a month is the date of what is accounted for by the month, whatever weekday it is.
    """
    entry, day = view.habits.entry, view.batch.day
    saturday = (day - 1) % DAYS == SATURDAY
    value = np.where(
        saturday,
        AT_WORK * surprise(entry["journal_off_days"], entry["journal"]),
        surprise(entry["journal_holidays"] + PRIOR_HOLIDAYS - 0.5, entry["journal"] + PRIOR_ENTRIES),
    )
    known = view.facts.off_day & (entry["journal"] >= np.where(saturday, MIN_SATURDAYS, MIN_ENTRIES))
    return Finding(np.where(known & ~_ends_month(day), value, 0.0))


def _ends_month(day: Ints) -> Bools:
    dates = (day - EPOCH).astype("datetime64[D]")
    ends: Bools = dates.astype("datetime64[M]") != (dates + 1).astype("datetime64[M]")
    return ends


def explain(view: View, entry: int, value: float) -> tuple[str, str]:
    """Name the day and the habit."""
    record = view.batch.entry(entry)
    saturday = (int(view.batch.day[entry]) - 1) % DAYS == SATURDAY
    which = "journal_off_days" if saturday else "journal_holidays"
    before, total = (int(view.habits.entry[k][entry]) for k in (which, "journal"))
    such_fr, such_en = ("", "") if saturday else (" (dimanches et jours fériés)", " (Sundays and public holidays)")
    french = f"n'en compte que {number_fr(before, 0)}" if before else "n'en compte aucun"
    english = f"only {number_en(before, 0)}" if before else "none"
    return (
        f"Datée du {weekday_fr(record.ecriture_date)}, jour non ouvré ; le journal {record.journal_code} {french} sur "
        f"{count_fr(total, 'écriture', 'écritures')}{such_fr}.",
        f"Dated {weekday_en(record.ecriture_date)}, a day off; journal {record.journal_code} has {english} in "
        f"{count_en(total, 'entry', 'entries')}{such_en}.",
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
