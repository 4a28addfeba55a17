"""RUPTURE_NUMEROTATION: numbers that are left out or used twice, in journals whose numbers follow one another."""

from __future__ import annotations

from schemas.codes import CodeMotif
from schemas.enums import TypeObjet
from wisebook_ml.generator.implant.base import Case, anomaly
from wisebook_ml.generator.implant.book import KNOWN_JOURNAL, Book

__all__: list[str] = []

CODE = CodeMotif.RUPTURE_NUMEROTATION


def _shift(book: Book, case: Case, by: int, comment: str) -> bool:
    place = book.pick(lambda k, e: e.journal_code in book.orderly and book.rank[k] >= KNOWN_JOURNAL)
    if place is None:
        return False
    book.gaps[place] = by
    book.touched.add(book.entries[place].ecriture_id)
    entry = book.entries[place]
    case.label(entry, comment, objet_type=TypeObjet.JOURNAL, objet_id=entry.journal_code)
    return True


@anomaly(CODE, "trou")
def gap(book: Book, case: Case) -> bool:
    """Leave out one number or a few, as when entries were removed."""
    count = book.rng.choice((1, 1, 2, 3, 5, 12))
    return _shift(book, case, count, f"{count} numéro(s) manquant(s) avant cette écriture.")


@anomaly(CODE, "numero_repete")
def repeated(book: Book, case: Case) -> bool:
    """Use the journal's last number again."""
    return _shift(book, case, -1, "Numéro déjà utilisé dans ce journal.")
