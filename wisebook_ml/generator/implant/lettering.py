"""LETTRAGE_INEGAL: a class 4 account lettered with sums that differ."""

from __future__ import annotations

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from schemas.enums import TypeObjet
from wisebook_ml.generator.implant.base import Case, anomaly
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import cents, scaled

__all__: list[str] = []


@anomaly(CodeMotif.LETTRAGE_INEGAL, "paiement_different_lettre")
def other_amount(book: Book, case: Case) -> bool:
    """Let a payment differ from what it settles, and letter it in full all the same."""

    def group(entry: Ecriture) -> tuple[str, str, str] | None:
        lines = [line for line in entry.lignes if line.ecriture_let and line.compte_num.startswith("4")]
        if len(entry.lignes) != 2 or len(lines) != 1 or not any(x.compte_num.startswith("5") for x in entry.lignes):
            return None
        return (lines[0].compte_num, lines[0].comp_aux_num, lines[0].ecriture_let)

    def fits(_: int, entry: Ecriture) -> bool:
        key = group(entry)
        if key is None:
            return False
        if any(book.entries[k].ecriture_id in book.touched for k in book.lettered({key})):
            return False
        its = [
            cents(line)
            for place in book.lettered({key})
            for line in book.entries[place].lignes
            if (line.compte_num, line.comp_aux_num, line.ecriture_let) == key
        ]
        return len(its) >= 2 and sum(its) == 0

    place = book.pick(fits, habit=True)
    key = None if place is None else group(book.entries[place])
    if place is None or key is None:
        return False
    book.touch({key})
    factor = 1 + book.rng.choice((-1, 1)) * book.rng.uniform(0.02, 0.35)
    entry = book.change(place, scaled(book.entries[place], factor), letters=True)
    about = (TypeObjet.TIERS, key[1]) if key[1] else (TypeObjet.COMPTE, key[0])
    case.label(entry, f"Lettré {key[2]} avec des sommes inégales.", objet_type=about[0], objet_id=about[1])
    return True
