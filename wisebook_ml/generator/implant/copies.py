"""DOUBLON and EXTOURNE_RAPIDE: an entry that comes again, or is taken back at once."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import invoice, on_lines, relabelled, total

__all__: list[str] = []

TWICE, REVERSED = CodeMotif.DOUBLON, CodeMotif.EXTOURNE_RAPIDE

DAY = dt.timedelta(days=1)


def _with_party(entry: Ecriture) -> bool:
    return total(entry) >= 2_000 and any(line.comp_aux_num for line in entry.lignes)


def _later(book: Book, place: int, days: int) -> tuple[dt.date, int] | None:
    day = book.entries[place].ecriture_date + DAY * days
    return None if day > book.last_day else (day, book.place_at(place, day))


def _again(book: Book, case: Case, *, days: tuple[int, int], piece: bool, comment: str) -> bool:
    place = book.pick(lambda _, e: _with_party(e) and bool(e.lignes[0].piece_ref.strip()))
    when = None if place is None else _later(book, place, book.rng.randint(*days))
    if place is None or when is None:
        return False
    original = book.entries[place]
    copy = replace(original, ecriture_date=when[0])
    if not piece:
        copy = on_lines(copy, lambda _, line: replace(line, piece_ref=""))
    book.touched.add(original.ecriture_id)
    case.label(book.insert(when[1], copy), comment, liee=original.ecriture_id)
    return True


@anomaly(TWICE, "piece_saisie_deux_fois")
def same_day(book: Book, case: Case) -> bool:
    """Enter a document twice, some entries later."""
    return _again(book, case, days=(0, 0), piece=True, comment="Pièce saisie deux fois.")


@anomaly(TWICE, "meme_piece_autre_date")
def other_day(book: Book, case: Case) -> bool:
    """Enter a document again some weeks later."""
    return _again(book, case, days=(3, 40), piece=True, comment="Même pièce saisie à une autre date.")


@anomaly(TWICE, "sans_piece_deux_jours_apres")
def without_piece(book: Book, case: Case) -> bool:
    """Enter a document again without its reference."""
    return _again(book, case, days=(1, 4), piece=False, comment="Même tiers, même montant, quelques jours après.")


@twin(TWICE, "meme_montant_plus_tard")
def months_later(book: Book, case: Case) -> bool:
    """Buy or sell the same again two months or more later: another document, the same amount."""
    place = book.pick(lambda _, e: _with_party(e) and invoice(e) is not None)
    when = None if place is None else _later(book, place, book.rng.randint(60, 100))
    if place is None or when is None:
        return False
    original = book.entries[place]
    other = f"{book.rng.randint(10_000, 99_999)}"
    copy = on_lines(
        replace(original, ecriture_date=when[0]),
        lambda _, line: replace(
            line,
            piece_ref=other if line.piece_ref else "",
            piece_date=when[0] if line.piece_date else None,
            ecriture_lib=line.ecriture_lib.replace(line.piece_ref, other) if line.piece_ref else line.ecriture_lib,
        ),
    )
    book.touched.add(original.ecriture_id)
    case.label(book.insert(when[1], copy), "Même montant, autre pièce, des mois plus tard.")
    return True


@anomaly(REVERSED, "contrepassation_immediate")
def taken_back(book: Book, case: Case) -> bool:
    """Take an entry back within days, with nothing that says why."""
    place = book.pick(lambda _, e: total(e) >= 10_000 and len(e.lignes) <= 4)
    when = None if place is None else _later(book, place, book.rng.randint(1, 4))
    if place is None or when is None:
        return False
    original = book.entries[place]
    back = on_lines(
        replace(original, ecriture_date=when[0]), lambda _, line: replace(line, debit=line.credit, credit=line.debit)
    )
    book.touched.add(original.ecriture_id)
    case.label(book.insert(when[1], back), "Écriture contre-passée quelques jours après.", liee=original.ecriture_id)
    return True


@twin(REVERSED, "contrepassation_mensuelle")
def monthly(book: Book, case: Case) -> bool:
    """Take an accrual back on the first of the month after, and say so."""
    place = book.pick(lambda _, e: total(e) >= 10_000 and len(e.lignes) <= 4 and e.ecriture_date.day >= 15)
    if place is None:
        return False
    original = book.entries[place]
    day = (original.ecriture_date.replace(day=1) + DAY * 62).replace(day=1)
    if day > book.last_day:
        return False
    back = on_lines(
        replace(original, ecriture_date=day), lambda _, line: replace(line, debit=line.credit, credit=line.debit)
    )
    back = relabelled(back, f"EXTOURNE {original.lignes[0].ecriture_lib}"[:200])
    book.touched.add(original.ecriture_id)
    case.label(book.insert(book.place_at(place, day), back), "Extourne annoncée, au début d'un mois suivant.")
    return True
