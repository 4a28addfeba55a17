"""TVA_TAUX and TVA_SANS_BASE: tax that does not follow from what it is charged on."""

from __future__ import annotations

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import amounts, cents, invoice, legal, on_lines, with_cents

__all__: list[str] = []

RATE, NO_BASE = CodeMotif.TVA_TAUX, CodeMotif.TVA_SANS_BASE

FOREIGN = (0.21, 0.19, 0.23, 0.25, 0.22)
SLIPS = (0.03, 0.08, 0.12, 0.145, 0.16, 0.172, 0.185, 0.28)


def _plain(book: Book) -> int | None:
    """Return the place of an invoice of one base and one tax at a legal rate, large enough for rates to differ."""

    def fits(_: int, entry: Ecriture) -> bool:
        places = invoice(entry)
        return (
            places is not None
            and places.is_plain
            and legal(entry, places)
            and abs(cents(entry.lignes[places.bases[0]])) > 5_000
        )

    return book.pick(fits)


def _other_rate(book: Book, case: Case, rates: tuple[float, ...], comment: str) -> bool:
    place = _plain(book)
    if place is None:
        return False
    entry = book.entries[place]
    places = invoice(entry)
    assert places is not None
    new = [cents(line) for line in entry.lignes]
    whole = new[places.bases[0]] + new[places.taxes[0]]
    new[places.bases[0]] = round(whole / (1 + book.rng.choice(rates)))
    new[places.taxes[0]] = whole - new[places.bases[0]]
    case.label(book.change(place, amounts(entry, new), letters=True), comment)
    return True


@anomaly(RATE, "taux_etranger")
def foreign(book: Book, case: Case) -> bool:
    """Treat foreign tax as if it were French."""
    return _other_rate(book, case, FOREIGN, "TVA étrangère traitée comme de la TVA française.")


@anomaly(RATE, "montant_de_tva_mal_saisi")
def mistyped(book: Book, case: Case) -> bool:
    """Get the tax wrong by a slip; the base takes the difference."""
    return _other_rate(book, case, SLIPS, "Le montant de TVA ne correspond à aucun taux légal.")


@twin(RATE, "taux_mixtes")
def mixed(book: Book, case: Case) -> bool:
    """Add a part at another legal rate, or without tax: each base has its own tax."""
    place = _plain(book)
    if place is None:
        return False
    entry = book.entries[place]
    places = invoice(entry)
    assert places is not None
    line, tax_line, rate = (
        entry.lignes[places.bases[0]],
        entry.lignes[places.taxes[0]],
        book.rng.choice((0, 0.055, 0.1)),
    )
    base = cents(line) // 4
    tax = round(base * rate)
    lines = [
        with_cents(one, cents(one) - base - tax) if k == places.third else one for k, one in enumerate(entry.lignes)
    ]
    lines += [with_cents(line, base), *([with_cents(tax_line, tax)] if tax else [])]
    case.label(book.change(place, replace(entry, lignes=lines)), "Facture à plusieurs taux, chacun sur sa propre base.")
    return True


@anomaly(NO_BASE, "tout_en_tva")
def all_tax(book: Book, case: Case) -> bool:
    """Book a whole invoice to the tax account."""
    place = _plain(book)
    if place is None:
        return False
    entry = book.entries[place]
    places = invoice(entry)
    assert places is not None
    whole = -cents(entry.lignes[places.third])
    kept = [k for k in range(len(entry.lignes)) if k != places.bases[0]]
    lines = [with_cents(entry.lignes[k], whole) if k == places.taxes[0] else entry.lignes[k] for k in kept]
    case.label(book.change(place, replace(entry, lignes=lines), letters=True), "Facture entière portée en TVA.")
    return True


@anomaly(NO_BASE, "base_en_attente")
def parked_base(book: Book, case: Case) -> bool:
    """Leave the base in the suspense account, with the tax where it belongs."""
    place = _plain(book)
    if place is None:
        return False
    entry = book.entries[place]
    places = invoice(entry)
    assert places is not None
    width = len(entry.lignes[places.bases[0]].compte_num)
    changed = on_lines(
        entry,
        lambda k, line: (
            replace(line, compte_num="471".ljust(width, "0"), compte_lib="Compte d'attente")
            if k == places.bases[0]
            else line
        ),
    )
    case.label(book.change(place, changed, letters=True), "TVA sans charge ni produit : la base est en attente.")
    return True
