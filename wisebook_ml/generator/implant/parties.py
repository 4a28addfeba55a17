"""TIERS_INCONNU: third parties that appear in a way that real ones do not."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from schemas.enums import TypeObjet
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import invoice, on_lines, scaled, total
from wisebook_ml.generator.names import Namer

__all__: list[str] = []

CODE = CodeMotif.TIERS_INCONNU


def _renamed(entry: Ecriture, aux: str, name: str) -> Ecriture:
    """Return an entry with another third party, in its labels too."""
    old = {line.comp_aux_lib.strip() for line in entry.lignes if line.comp_aux_lib.strip()}

    def text(label: str) -> str:
        for one in old:
            label = label.replace(one, name)
        return label

    return on_lines(
        entry,
        lambda _, line: replace(
            line,
            comp_aux_num=aux if line.comp_aux_num else "",
            comp_aux_lib=name if line.comp_aux_num else line.comp_aux_lib,
            ecriture_lib=text(line.ecriture_lib)[:2_000],
        ),
    )


def _new_number(book: Book, like: str, name: str) -> str:
    """Return an unused number in the style of another: digits for digits, letters from the name."""
    letters = [one for one in name.upper() if one.isalpha()] or ["X"]
    for attempt in range(1_000):
        start = book.rng.randrange(len(letters)) if attempt else 0
        number = like[:1] + "".join(
            str(book.rng.randrange(10))
            if one.isdigit()
            else letters[(start + k) % len(letters)]
            if one.isalpha()
            else one
            for k, one in enumerate(like[1:])
        )
        if number not in book.parties:
            return number
    return f"{like}9"


def _with_party(book: Book, *, paid: bool) -> int | None:
    """Return the place of an invoice with a third party, or of a payment to one."""

    def fits(_: int, entry: Ecriture) -> bool:
        parties = {line.comp_aux_num for line in entry.lignes if line.comp_aux_num}
        if len(parties) != 1 or total(entry) < 5_000:
            return False
        if not paid:
            return invoice(entry) is not None
        return len(entry.lignes) == 2 and any(line.compte_num.startswith("5") for line in entry.lignes)

    return book.pick(fits, habit=True)


def _party(entry: Ecriture) -> tuple[str, str]:
    return next((line.comp_aux_num, line.comp_aux_lib) for line in entry.lignes if line.comp_aux_num)


def _label(case: Case, entry: Ecriture, comment: str) -> bool:
    case.label(entry, comment, objet_type=TypeObjet.TIERS, objet_id=_party(entry)[0])
    return True


@anomaly(CODE, "paye_sans_facture")
def paid_without_invoice(book: Book, case: Case) -> bool:
    """Let a payment go to somebody who never sent an invoice."""
    place = _with_party(book, paid=True)
    if place is None:
        return False
    entry = book.entries[place]
    name = Namer(book.rng).company()
    entry = book.change(place, _renamed(entry, _new_number(book, _party(entry)[0], name), name))
    return _label(case, entry, f"{name} payé sans facture ni antécédent.")


@anomaly(CODE, "tiers_fourre_tout")
def catch_all(book: Book, case: Case) -> bool:
    """Book an invoice to a catch-all account that fits no numbering of third parties."""
    place = _with_party(book, paid=False)
    if place is None:
        return False
    entry, name = book.entries[place], book.rng.choice(("DIVERS", "PASSAGE", "A CREER"))
    aux = f"{book.rng.choice('ZXQW')}DIV{book.rng.randint(1, 999)}"
    return _label(case, book.change(place, _renamed(entry, aux, name)), "Tiers fourre-tout, hors de la codification.")


@anomaly(CODE, "quasi_homonyme")
def look_alike(book: Book, case: Case) -> bool:
    """Let an invoice come from somebody whose name is a known one's but for a letter."""
    place = _with_party(book, paid=False)
    if place is None:
        return False
    entry = book.entries[place]
    aux, name = _party(entry)
    if len(book.parties[aux]) < 3 or len(name.strip()) < 5:
        return False
    return _label(
        case,
        book.change(place, _renamed(entry, _new_number(book, aux, name), _misspelt(book.rng, name))),
        f"Imite le tiers « {name.strip()} ».",
    )


def _misspelt(rng: Random, name: str) -> str:
    places = [k for k, one in enumerate(name) if k and one.isalpha()]
    at = rng.choice(places or [len(name) - 1])
    return name[:at] + rng.choice([one for one in "AEIRST" if one != name[at].upper()]) + name[at + 1 :]


@anomaly(CODE, "facture_unique_elevee")
def one_large_invoice(book: Book, case: Case) -> bool:
    """Let the first invoice of somebody new be far above what the account is used to."""
    place = _with_party(book, paid=False)
    if place is None:
        return False
    entry, name = book.entries[place], Namer(book.rng).company()
    new = scaled(_renamed(entry, _new_number(book, _party(entry)[0], name), name), book.rng.uniform(9, 20))
    return _label(case, book.change(place, new), f"Première et seule facture de {name}, très élevée.")


@twin(CODE, "nouveau_tiers")
def newcomer(book: Book, case: Case) -> bool:
    """Let an ordinary invoice come from somebody new, numbered and named as all others are."""
    place = _with_party(book, paid=False)
    if place is None:
        return False
    entry, name = book.entries[place], Namer(book.rng).company()
    new = _renamed(entry, _new_number(book, _party(entry)[0], name), name)
    return _label(case, book.change(place, new), "Nouveau tiers, montant ordinaire, facture référencée.")
