"""SOUS_SEUIL: invoices just below the limit above which somebody else must sign."""

from __future__ import annotations

import datetime as dt

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import invoice, on_lines, scaled, total

__all__: list[str] = []

LIMITS = (500_000, 1_000_000, 2_500_000)
"""Usual limits, in cents."""

SHARE = (0.955, 0.998)
SERIES = (2, 4)
"""How many invoices an order is split into."""


@anomaly(CodeMotif.SOUS_SEUIL, "commande_fractionnee")
def split_order(book: Book, case: Case) -> bool:
    """Split one order of a supplier into invoices of a few days, each just below a limit."""

    def fits(_: int, entry: Ecriture) -> bool:
        places = invoice(entry)
        return places is not None and total(entry) >= 30_000 and entry.lignes[places.third].compte_num.startswith("40")

    place = book.pick(fits, habit=True)
    if place is None:
        return False
    entry, rng = book.entries[place], book.rng
    limit = next((one for one in LIMITS if one > total(entry)), LIMITS[-1])
    comment = f"Commande fractionnée sous le seuil de {limit // 100} €."
    for k in range(rng.randint(*SERIES)):
        part = scaled(entry, limit * rng.uniform(*SHARE) / total(entry))
        if not k:
            case.label(book.change(place, part), comment)
            continue
        day = entry.ecriture_date + dt.timedelta(days=rng.randint(0, 3))
        part = on_lines(
            replace(part, ecriture_date=day),
            lambda _, line, k=k: replace(line, piece_ref=f"{line.piece_ref}/{k}" if line.piece_ref else ""),  # type: ignore[misc]
        )
        case.label(book.insert(book.place_at(place, day), part), comment)
    return True
