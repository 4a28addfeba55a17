"""RECURRENTE_ABSENTE: what comes every month and once does not, or comes a little late."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from schemas.enums import TypeObjet
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import is_base, total

__all__: list[str] = []

CODE = CodeMotif.RECURRENTE_ABSENTE

BEFORE, AFTER = 4, 1
"""Months that it came in a row before the one that it misses, and afterwards: a contract that ended is not missed."""

SAME_AMOUNT, SAME_DAY = 0.10, 6
"""How near amounts and days of the month are to the ones before."""


def _key(entry: Ecriture) -> tuple[TypeObjet, str, str] | None:
    """Return what an entry may recur by: its third party and journal, or its charge account."""
    for line in entry.lignes:
        if line.comp_aux_num:
            return TypeObjet.TIERS, line.comp_aux_num, entry.journal_code
    base = next((line for line in entry.lignes if is_base(line) or line.compte_num.startswith("16")), None)
    return None if base is None else (TypeObjet.COMPTE, base.compte_num, entry.journal_code)


def _recurring(book: Book) -> list[tuple[int, TypeObjet, str]]:
    """Return places of entries that came in each of the months before, much like them, and come again."""
    runs: dict[tuple[TypeObjet, str, str], list[int]] = defaultdict(list)
    for place, entry in enumerate(book.entries):
        key = _key(entry)
        if key is not None and place not in book.removed:
            runs[key].append(place)
    found = []
    for (kind, id_, _), places in runs.items():
        months: dict[int, list[int]] = defaultdict(list)
        for place in places:
            day = book.entries[place].ecriture_date
            months[day.year * 12 + day.month].append(place)
        alone = {month: its[0] for month, its in months.items() if len(its) == 1}
        for month, place in alone.items():
            others = [alone.get(month + k) for k in range(-BEFORE, AFTER + 1) if k]
            if all(other is not None and _alike(book.entries[place], book.entries[other]) for other in others):
                found.append((place, kind, id_))
    return [one for one in found if book.entries[one[0]].ecriture_id not in book.touched]


def _alike(one: Ecriture, other: Ecriture) -> bool:
    near = abs(one.ecriture_date.day - other.ecriture_date.day) <= SAME_DAY
    return near and abs(total(one) - total(other)) <= SAME_AMOUNT * total(one)


@anomaly(CODE, "echeance_manquante")
def missing(book: Book, case: Case) -> bool:
    """Leave out one month's entry of what came every month."""
    recurring = _recurring(book)
    if not recurring:
        return False
    place, kind, id_ = book.rng.choice(recurring)
    entry = book.remove(place)
    comment = f"« {entry.lignes[0].ecriture_lib} » absent en {entry.ecriture_date:%m/%Y}."
    case.label(None, comment, objet_type=kind, objet_id=id_, date_attendue=entry.ecriture_date)
    return True


@twin(CODE, "arrivee_decalee")
def some_days_late(book: Book, case: Case) -> bool:
    """Let it come a few days later than usual."""
    recurring = [one for one in _recurring(book) if book.entries[one[0]].ecriture_date.day <= 20]
    if not recurring:
        return False
    place, kind, id_ = book.rng.choice(recurring)
    entry = book.entries[place]
    day = entry.ecriture_date + dt.timedelta(days=book.rng.randint(2, 5))
    changed = book.change(place, replace(entry, ecriture_date=day), letters=True)
    case.label(changed, "Échéance arrivée avec quelques jours de décalage.", objet_type=kind, objet_id=id_)
    return True
