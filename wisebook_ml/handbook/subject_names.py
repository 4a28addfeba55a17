"""What people call what a detection is about, where that is no single entry."""

import datetime as dt
import re

from schemas import CodeMotif, Detection, TypeObjet
from wisebook_ml.controls.texts import date_fr
from wisebook_ml.subjects.periods import month_text, year_text

__all__ = ["subject_name"]

SUBJECTS = {
    "fr": {
        TypeObjet.ECRITURE: "Écriture",
        TypeObjet.COMPTE: "Compte",
        TypeObjet.JOURNAL: "Journal",
        TypeObjet.TIERS: "Tiers",
        TypeObjet.COMPTE_BANCAIRE: "Compte bancaire",
        TypeObjet.TRESORERIE: "Trésorerie",
    },
    "en": {
        TypeObjet.ECRITURE: "Entry",
        TypeObjet.COMPTE: "Account",
        TypeObjet.JOURNAL: "Journal",
        TypeObjet.TIERS: "Third party",
        TypeObjet.COMPTE_BANCAIRE: "Bank account",
        TypeObjet.TRESORERIE: "Cash",
    },
}

MONTHS = 12

PERIOD = re.compile(
    r"(?:(?P<first>\d{4}-\d\d-\d\d)/(?P<last>\d{4}-\d\d-\d\d)|(?P<year>\d{4})(?:-(?P<month>\d\d))?)(?:/(?P<rest>.*))?$"
)
KINDS = (None, "", "pieces", "fec", "benford")
"""What stands after the period in the ids of subjects (`wisebook_ml.subjects`), and people need not read."""

DAY = re.compile(r"\d{4}-\d\d-\d\d")
FORECAST = "PREVISION"
"""What stands after the currency or the bank account in the ids of treasury."""


def subject_name(detection: Detection, lang: str) -> str:
    """Return what a detection is about that is about no single entry; what tells several apart, in brackets."""
    name, _, apart = detection.objet.id.partition("/")
    lettering = any(motif.code is CodeMotif.LETTRAGE_INEGAL for motif in detection.motifs)
    if lettering and detection.objet.type is not TypeObjet.JOURNAL:
        word = "lettrage" if lang == "fr" else "lettering"
        apart = "" if apart == "lettrage" else f"{word} {apart}" if apart else ""
    else:
        apart = _period(apart, lang)
    return f"{SUBJECTS[lang][detection.objet.type]} {name}" + (f" ({apart})" if apart else "")


def _period(apart: str, lang: str) -> str:
    """Return how people call the fiscal year or month in a subject's id, and the number after it.

    What only tells kinds of findings apart is left out.

    Examples
    --------
    >>> _period("2023/pieces", "fr"), _period("2023-09-01/2024-08-31", "en"), _period("2024-05/benford", "fr")
    ('exercice 2023', 'fiscal year from 2023-09-01 to 2024-08-31', 'mai 2024')
    >>> _period("2023/AC12", "fr"), _period("2024-03-15", "fr"), _period("PREVISION", "en")
    ('exercice 2023, n° AC12', '15/03/2024', 'forecast')
    """
    if DAY.fullmatch(apart):
        return date_fr(dt.date.fromisoformat(apart)) if lang == "fr" else apart
    if apart == FORECAST:
        return "prévision" if lang == "fr" else "forecast"
    found = PERIOD.match(apart)
    if found is None:
        return apart
    place, first, last = 0 if lang == "fr" else 1, found["first"], found["last"]
    if last:
        days = (dt.date.fromisoformat(day).toordinal() for day in (first, last))
        name = year_text(*days)[place].removeprefix("l'").removeprefix("the ")
    elif found["month"]:
        name = month_text(int(found["year"]) * MONTHS + int(found["month"]) - 1)[place]
    else:
        name = f"{'exercice' if lang == 'fr' else 'fiscal year'} {found['year']}"
    number = "" if found["rest"] in KINDS else f", {'n°' if lang == 'fr' else 'no.'} {found['rest']}"
    return name + number
