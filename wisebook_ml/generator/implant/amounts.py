"""MONTANT_INHABITUEL and MONTANT_ROND: amounts that are not what the account is used to, or too round."""

from __future__ import annotations

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from wisebook_ml.generator.implant.base import Case, anomaly, twin
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.implant.lines import amounts, cents, invoice, is_base, scaled, total

__all__: list[str] = []

UNUSUAL, ROUND = CodeMotif.MONTANT_INHABITUEL, CodeMotif.MONTANT_ROND

KNOWN = 10
"""Lines of an account after which it has usual amounts."""

KNOWN_PARTY = 5
"""Entries of a third party after which it has usual amounts."""

SMALLEST, LARGEST = 2_000, 2_000_000
"""Amounts that are multiplied, in cents: ten times a stamp is nothing, ten times the year's largest sale is plain."""


def _known(book: Book, place: int, entry: Ecriture) -> bool:
    """Whether an entry has a charge or income account that is known by then, and an ordinary amount."""
    if not SMALLEST <= total(entry) <= LARGEST:
        return False
    return any(
        is_base(line) and sum(at < place for at, _ in book.moved[line.compte_num]) >= KNOWN for line in entry.lignes
    )


def _multiply(book: Book, case: Case, factor: float, comment: str, *, smallest: int = SMALLEST) -> bool:
    place = book.pick(lambda k, e: _known(book, k, e) and total(e) >= smallest, habit=True)
    if place is None:
        return False
    case.label(book.change(place, scaled(book.entries[place], factor)), comment)
    return True


@anomaly(UNUSUAL, "plusieurs_fois_l_usage")
def many_times(book: Book, case: Case) -> bool:
    """Book six to forty times the amount."""
    return _multiply(book, case, book.rng.uniform(6, 40), "Montant très supérieur à l'usage du compte.")


@anomaly(UNUSUAL, "virgule_decalee_x10")
def ten_times(book: Book, case: Case) -> bool:
    """Shift the decimal point by one."""
    return _multiply(book, case, 10, "Virgule décalée : dix fois le montant.")


@anomaly(UNUSUAL, "virgule_decalee_x100")
def hundred_times(book: Book, case: Case) -> bool:
    """Leave out the decimal point."""
    return _multiply(book, case, 100, "Virgule oubliée : cent fois le montant.")


@anomaly(UNUSUAL, "virgule_decalee_d10")
def tenth(book: Book, case: Case) -> bool:
    """Shift the decimal point the other way."""
    return _multiply(book, case, 0.1, "Virgule décalée : un dixième du montant.", smallest=20_000)


@twin(UNUSUAL, "montant_deja_vu")
def seen_before(book: Book, case: Case) -> bool:
    """Repeat the largest amount that the same third party has had in the same journal: large, and nothing new."""

    def largest(place: int, entry: Ecriture) -> int:
        party = next((line.comp_aux_num for line in entry.lignes if line.comp_aux_num), "")
        accounts = {line.compte_num for line in entry.lignes}
        earlier = [book.entries[at] for at in book.parties.get(party, ()) if at < place]
        same = [total(one) for one in earlier if {line.compte_num for line in one.lignes} == accounts]
        return max(same) if len(same) >= KNOWN_PARTY else 0

    place = book.pick(
        lambda k, e: invoice(e) is not None and total(e) >= SMALLEST and largest(k, e) > total(e), habit=True
    )
    if place is None:
        return False
    entry = book.entries[place]
    changed = scaled(entry, largest(place, entry) / total(entry))
    case.label(book.change(place, changed), "Montant élevé que ce tiers a déjà connu.")
    return True


def _round(book: Book, case: Case, *, tax: bool) -> bool:
    def fits(place: int, entry: Ecriture) -> bool:
        places = invoice(entry)
        if places is None or len(places.bases) != 1 or bool(places.taxes) is not tax or len(entry.lignes) > 3:
            return False
        return _known(book, place, entry) and total(entry) >= 20_000

    place = book.pick(fits, habit=True)
    if place is None:
        return False
    entry = book.entries[place]
    places = invoice(entry)
    assert places is not None
    euros = book.rng.choice((1_000, 1_500, 2_000, 3_000, 4_000, 5_000, 6_000, 8_000, 10_000))
    old = [cents(line) for line in entry.lignes]
    base = places.bases[0]
    factor = euros * 100 / abs(old[base])
    new = [round(amount * factor) for amount in old]
    new[base] = euros * 100 if old[base] > 0 else -euros * 100
    new[places.third] = -sum(amount for k, amount in enumerate(new) if k != places.third)
    case.label(book.change(place, amounts(entry, new)), "Montant rond sur un compte où les montants ne le sont pas.")
    return True


@anomaly(ROUND, "facture_ronde")
def round_invoice(book: Book, case: Case) -> bool:
    """Bill exactly so many thousand euros before tax."""
    return _round(book, case, tax=True)


@anomaly(ROUND, "charge_ronde")
def round_charge(book: Book, case: Case) -> bool:
    """Book exactly so many thousand euros without tax."""
    return _round(book, case, tax=False)


@twin(ROUND, "rond_par_habitude")
def round_by_habit(book: Book, case: Case) -> bool:
    """Point at a round amount of a third party or label that always has that amount."""

    def fits(place: int, entry: Ecriture) -> bool:
        amount = total(entry)
        if amount < 50_000 or amount % 10_000:
            return False
        account = entry.lignes[0].compte_num
        return sum(at < place and abs(past) == amount for at, past in book.moved[account]) >= 3

    place = book.pick(fits, habit=True)
    if place is None:
        return False
    book.touched.add(book.entries[place].ecriture_id)
    case.label(book.entries[place], "Montant rond qui revient régulièrement sur ce compte.")
    return True
