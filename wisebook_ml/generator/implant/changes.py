"""MODIFIEE_APRES_VALIDATION: what was final is changed all the same."""

from __future__ import annotations

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from schemas.enums import Operation
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book, letters_of
from wisebook_ml.generator.implant.lines import scaled, total, without_letters

__all__: list[str] = []

CODE = CodeMotif.MODIFIEE_APRES_VALIDATION

SMALLEST = 1_000
"""Amount in cents from which some per cent of it are a change."""

LATER = (3, 200)
"""How many entries arrive before the change does."""


def _validated(book: Book) -> int | None:
    return book.pick(lambda _, e: e.valid_date is not None and total(e) >= SMALLEST)


def _later(book: Book, place: int) -> int:
    return min(place + book.rng.randint(*LATER), len(book.entries) - 1)


@anomaly(CODE, "montant_modifie")
def amount_changed(book: Book, case: Case) -> bool:
    """Change the amount by a few per cent."""
    place = _validated(book)
    if place is None:
        return False
    changed = scaled(without_letters(book.entries[place]), book.rng.choice((0.9, 1.05, 1.1, 1.25)))
    book.change(place, book.entries[place])
    revised = book.revise(place, _later(book, place), changed, Operation.MODIFICATION)
    case.label(revised, "Montant modifié après validation.")
    return True


@anomaly(CODE, "suppression")
def deleted(book: Book, case: Case) -> bool:
    """Delete it."""
    place = _validated(book)
    if place is None:
        return False
    entry = book.change(place, without_letters(book.entries[place]))
    revised = book.revise(place, _later(book, place), entry, Operation.SUPPRESSION)
    case.label(revised, "Écriture validée puis supprimée.")
    return True


@twin(CODE, "lettrage_apres_validation")
def lettered_later(book: Book, case: Case) -> bool:
    """Let an entry arrive unlettered and letter it later, as the law allows."""

    def fits(_: int, entry: Ecriture) -> bool:
        if entry.valid_date is None or any(line.ecriture_let for line in entry.lignes) is False:
            return False
        return all(book.entries[k].ecriture_id not in book.touched for k in book.lettered(letters_of(entry)))

    place = book.pick(fits)
    if place is None:
        return False
    lettered = book.entries[place]
    book.touch(letters_of(lettered))
    book.entries[place] = without_letters(lettered)
    revised = book.revise(place, _later(book, place), lettered, Operation.MODIFICATION)
    case.label(revised, "Seul le lettrage a changé après validation.")
    return True
