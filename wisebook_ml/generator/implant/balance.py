"""DESEQUILIBRE: debits and credits that differ."""

from __future__ import annotations

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import cents, on_lines, with_cents

__all__: list[str] = []

CODE = CodeMotif.DESEQUILIBRE


def _balanced(entry: Ecriture) -> bool:
    return sum(map(cents, entry.lignes)) == 0


@anomaly(CODE, "chiffres_inverses")
def digits_swapped(book: Book, case: Case) -> bool:
    """Swap two digits of one line."""
    place = book.pick(lambda _, e: _balanced(e) and bool(_swappable(e)))
    if place is None:
        return False
    entry = book.entries[place]
    at, new = book.rng.choice(_swappable(entry))
    changed = on_lines(entry, lambda k, line: with_cents(line, new) if k == at else line)
    case.label(book.change(place, changed), "Deux chiffres inversés sur une ligne.")
    return True


def _swappable(entry: Ecriture) -> list[tuple[int, int]]:
    """Return lines, and their amounts with two neighbouring digits swapped."""
    found = []
    for k, line in enumerate(entry.lignes):
        amount, digits = cents(line), str(abs(cents(line)))
        for j in range(len(digits) - 1):
            if digits[j] != digits[j + 1] and digits[j + 1] != "0":
                swapped = int(digits[:j] + digits[j + 1] + digits[j] + digits[j + 2 :])
                found.append((k, swapped if amount > 0 else -swapped))
    return found


@anomaly(CODE, "ligne_omise")
def line_missing(book: Book, case: Case) -> bool:
    """Forget a line."""
    place = book.pick(lambda _, e: _balanced(e) and len(e.lignes) >= 3 and all(map(cents, e.lignes)))
    if place is None:
        return False
    entry = book.entries[place]
    at = book.rng.randrange(len(entry.lignes))
    changed = replace(entry, lignes=[line for k, line in enumerate(entry.lignes) if k != at])
    case.label(book.change(place, changed), "Une ligne manque.")
    return True


@anomaly(CODE, "centimes")
def some_cents(book: Book, case: Case) -> bool:
    """Be a few cents out."""
    place = book.pick(lambda _, e: _balanced(e) and abs(cents(e.lignes[0])) > 1_000)
    if place is None:
        return False
    gap = book.rng.choice((-9, -2, -1, 1, 2, 9))
    changed = on_lines(book.entries[place], lambda k, line: with_cents(line, cents(line) + gap) if k == 0 else line)
    case.label(book.change(place, changed), f"Écart de {abs(gap)} centime(s).")
    return True
