"""HORS_EXERCICE, JOUR_NON_OUVRE, ANTIDATEE and POSTDATEE: dates that cannot or should not be."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from schemas.enums import Origine
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.timeline import is_business

__all__: list[str] = []

OUTSIDE, CLOSED = CodeMotif.HORS_EXERCICE, CodeMotif.JOUR_NON_OUVRE
BACK, FORWARD = CodeMotif.ANTIDATEE, CodeMotif.POSTDATEE

DAY = dt.timedelta(days=1)

HARDLY, OFTEN = 0.03, 0.10
"""Shares of a journal's entries on days off, up to which one more is an anomaly, and from which it is none."""


def _redated(entry: Ecriture, day: dt.date) -> Ecriture:
    return replace(entry, ecriture_date=day)


@anomaly(OUTSIDE, "annee_mal_saisie")
def wrong_year(book: Book, case: Case) -> bool:
    """Type another year."""
    place = book.pick(lambda _, e: bool(e.exercice) and e.ecriture_date.day < 29)
    if place is None:
        return False
    entry = book.entries[place]
    day = entry.ecriture_date.replace(year=entry.ecriture_date.year + book.rng.choice((-1, -1, 1, 2)))
    if len(entry.exercice or "") > 4 and _first_day(entry) <= day <= _last_day(entry):
        return False
    case.label(book.change(place, _redated(entry, day), letters=True), f"Année mal saisie : {day:%d/%m/%Y}.")
    return True


@anomaly(OUTSIDE, "exercice_precedent")
def last_year(book: Book, case: Case) -> bool:
    """Date a document of the year before into the open year's books."""
    place = book.pick(lambda _, e: bool(e.exercice))
    if place is None:
        return False
    entry = book.entries[place]
    day = _first_day(entry) - DAY * book.rng.randint(1, 40)
    case.label(book.change(place, _redated(entry, day), letters=True), "Datée hors de l'exercice ouvert.")
    return True


def _first_day(entry: Ecriture) -> dt.date:
    year = entry.exercice or ""
    return dt.date(int(year), 1, 1) if len(year) == 4 else dt.date.fromisoformat(year.partition("/")[0])


def _last_day(entry: Ecriture) -> dt.date:
    year = entry.exercice or ""
    return dt.date(int(year), 12, 31) if len(year) == 4 else dt.date.fromisoformat(year.partition("/")[2])


def _off(entry: Ecriture) -> bool:
    return not is_business(entry.ecriture_date)


def _on_day_off(book: Book, case: Case, *, holiday: bool) -> bool:
    journals = {journal for journal in book.uses if book.share(journal, _off) <= HARDLY}

    def day_of(entry: Ecriture) -> dt.date | None:
        days = (entry.ecriture_date + DAY * k for k in (-1, 1, -2, 2, -3, 3, -4, 4))
        fits = (day for day in days if not is_business(day) and (day.weekday() < 5 if holiday else day.weekday() == 6))
        day = next(fits, None)
        return day if day and day.month == entry.ecriture_date.month else None

    place = book.pick(lambda _, e: e.journal_code in journals and day_of(e) is not None, habit=True)
    day = None if place is None else day_of(book.entries[place])
    if place is None or day is None:
        return False
    entry = book.change(place, _redated(book.entries[place], day), letters=True)
    case.label(entry, "Datée un jour férié." if holiday else "Datée un dimanche.")
    return True


@anomaly(CLOSED, "date_un_dimanche")
def on_sunday(book: Book, case: Case) -> bool:
    """Date an entry on a Sunday in a journal that hardly has any."""
    return _on_day_off(book, case, holiday=False)


@anomaly(CLOSED, "date_un_jour_ferie")
def on_holiday(book: Book, case: Case) -> bool:
    """Date an entry on a public holiday in a journal that hardly has any."""
    return _on_day_off(book, case, holiday=True)


@twin(CLOSED, "journal_du_week_end")
def usual_weekend(book: Book, case: Case) -> bool:
    """Point at a weekend's entry of a journal that has many."""
    journals = {journal for journal in book.uses if book.share(journal, _off) >= OFTEN}
    place = book.pick(lambda _, e: e.journal_code in journals and _off(e), habit=True)
    if place is None:
        return False
    book.touched.add(book.entries[place].ecriture_id)
    case.label(book.entries[place], "Ce journal a couramment des écritures de fin de semaine.")
    return True


def _typed(entry: Ecriture) -> bool:
    return entry.saisie_le is not None and entry.origine in (None, Origine.MANUELLE)


@anomaly(BACK, "date_reculee")
def backdated(book: Book, case: Case) -> bool:
    """Date an entry months before it was entered; only where the time of entry is known."""
    place = book.pick(lambda _, e: _typed(e) and (e.ecriture_date - _first_day(e)).days > 60 if e.exercice else False,
                      habit=True)  # fmt: skip
    if place is None:
        return False
    entry = book.entries[place]
    day = entry.ecriture_date - DAY * book.rng.randint(50, min(150, (entry.ecriture_date - _first_day(entry)).days))
    case.label(book.change(place, _redated(entry, day), letters=True), "Datée bien avant sa saisie.")
    return True


@anomaly(FORWARD, "date_future")
def postdated(book: Book, case: Case) -> bool:
    """Date an entry behind the day it was entered; only where that is known."""
    place = book.pick(lambda _, e: _typed(e) and bool(e.exercice) and (_last_day(e) - e.ecriture_date).days > 30)
    if place is None:
        return False
    entry = book.entries[place]
    assert entry.saisie_le is not None
    day = max(entry.ecriture_date, entry.saisie_le.date()) + DAY * book.rng.randint(8, 28)
    case.label(book.change(place, _redated(entry, day), letters=True), "Datée après sa saisie.")
    return True
