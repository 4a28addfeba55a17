"""LIBELLE_PAUVRE, PIECE_ABSENTE and MOT_CLE: what is written on an entry, or not."""

from __future__ import annotations

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import on_lines, relabelled
from wisebook_ml.generator.planting.texts import EMPTY_WORDS

__all__: list[str] = []

POOR, NO_PIECE, KEYWORD = CodeMotif.LIBELLE_PAUVRE, CodeMotif.PIECE_ABSENTE, CodeMotif.MOT_CLE

SUSPECT = (
    "annulation client mystère",
    "selon demande du gérant",
    "à régulariser",
    "ACHAT PERSO M. LE GERANT",
    "cadeau client espèces",
    "NE PAS COMPTABILISER",
    "pour équilibrer",
    "commission confidentielle",
    "ajustement sur instruction direction",
    "écriture fictive à extourner",
    "dessous de table",
    "en attente justificatif",
    "PRET PERSONNEL DIRIGEANT",
)

SURELY = 0.98
"""Share of a journal's entries that have a piece, from which one without is an anomaly."""


def _described(entry: Ecriture) -> bool:
    return all(len(line.ecriture_lib.strip()) >= 6 for line in entry.lignes)


@anomaly(POOR, "generique")
def generic(book: Book, case: Case) -> bool:
    """Write nothing, or a word that says nothing."""
    place = book.pick(lambda _, e: _described(e), habit=True)
    if place is None:
        return False
    word = book.rng.choice(EMPTY_WORDS)
    entry = book.change(place, relabelled(book.entries[place], word), letters=True)
    case.label(entry, f"Libellé « {word} » : ne dit rien de l'opération.")
    return True


@twin(POOR, "court_mais_precis")
def short(book: Book, case: Case) -> bool:
    """Write little, but what is needed: who, and when."""
    place = book.pick(lambda _, e: _described(e) and any(line.comp_aux_lib.strip() for line in e.lignes), habit=True)
    if place is None:
        return False
    entry = book.entries[place]
    who = next(line.comp_aux_lib for line in entry.lignes if line.comp_aux_lib.strip()).split()[0]
    changed = relabelled(entry, f"{who} {entry.ecriture_date:%m/%y}")
    case.label(book.change(place, changed, letters=True), "Libellé court mais précis : tiers et période.")
    return True


@anomaly(NO_PIECE, "sans_reference")
def no_reference(book: Book, case: Case) -> bool:
    """Leave out the reference where the journal always has one."""

    def has_piece(entry: Ecriture) -> bool:
        return all(line.piece_ref.strip() for line in entry.lignes)

    usual = {journal for journal in book.uses if book.share(journal, has_piece) >= SURELY}
    place = book.pick(lambda _, e: e.journal_code in usual and has_piece(e), habit=True)
    if place is None:
        return False
    filler = book.rng.choice(("", "", "", "-", "?", "SANS", "NEANT"))
    changed = on_lines(book.entries[place], lambda _, line: replace(line, piece_ref=filler, piece_date=None))
    case.label(
        book.change(place, changed, letters=True), "Aucune référence de pièce dans un journal qui en porte toujours."
    )
    return True


@anomaly(KEYWORD, "libelle_suspect")
def suspicious(book: Book, case: Case) -> bool:
    """Write what an examiner searches for."""
    place = book.pick(lambda _, e: True)
    if place is None:
        return False
    words, entry = book.rng.choice(SUSPECT), book.entries[place]
    text = words if book.rng.random() < 0.5 else f"{entry.lignes[0].ecriture_lib} {words}"
    case.label(book.change(place, relabelled(entry, text), letters=True), f"Libellé à expliquer : « {words} ».")
    return True
