"""TIERS_INCONNU reads the numbers and names of new third parties: what fits in badly, and what is just new."""

from collections.abc import Sequence

import msgspec
import pytest

from schemas import CodeMotif, Detection, Ecriture, Operation

GOODS = ("Bois", "Tuiles", "Peinture", "Vitrage", "Serrures", "Plomberie", "Chauffage", "Carrelage")
TOWNS = ("Lyon", "Nantes", "Rennes", "Toulouse", "Bordeaux")


def bill(books, number: str, name: str, euros: float = 163.27) -> Ecriture:
    """Return an invoice of a supplier with a number and a name."""
    entry = books.purchase(supplier=number, euros=euros)
    lines = [msgspec.structs.replace(one, comp_aux_lib=name if one.comp_aux_num else "") for one in entry.lignes]
    return msgspec.structs.replace(entry, lignes=lines)


@pytest.fixture
def known(new_books):
    """Return the books of a new company with forty suppliers, numbered alike."""
    books = new_books()
    names = [f"{goods} de {town}" for town in TOWNS for goods in GOODS]
    for k, name in enumerate(names):
        books.score(bill(books, f"F{k:04}", name, 91.13 + k), bill(books, f"F{k:04}", name, 95.13 + k))
    return books


def said_of(books, entries: Sequence[Ecriture]) -> list[tuple[float, str, str]]:
    found: list[Detection] = books.score(*entries)
    return [
        (motif.valeur, motif.libelle_fr, motif.libelle_en)
        for detection in found
        for motif in detection.motifs
        if motif.code is CodeMotif.TIERS_INCONNU
    ]


def test_a_number_outside_the_numbering(known) -> None:
    ((value, french, english),) = said_of(known, [bill(known, "FDIVZ1", "DIVERS")])
    assert value >= 1.3
    assert french.endswith("son numéro FDIVZ1 n'a la forme d'aucun des 40 autres.")
    assert english.endswith("its number FDIVZ1 has the form of none of the 40 others.")


@pytest.mark.parametrize(
    "name", ["Peintures de Rennes", "PEINTUR DE RENNES", "Pienture de Rennes", "Peinture de Rannes"]
)
def test_a_name_but_for_a_letter(known, name: str) -> None:
    ((value, french, english),) = said_of(known, [bill(known, "F0041", name)])
    assert value >= 1.3
    assert french.endswith("nom à une lettre près de celui d'un tiers connu, Peinture de Rennes.")
    assert english.endswith("its name is that of a known third party but for a letter: Peinture de Rennes.")


@pytest.mark.parametrize(
    "name", ["Charpentes Morin", "Bois de Bordeaux 2", "Bois", "", "Peinture de Brest", "Vitrage de Rennes Sud"]
)
def test_one_more_supplier_numbered_and_named_as_all_are(known, name: str) -> None:
    assert said_of(known, [bill(known, "F0041", name)]) == []


def test_figures_tell_shops_apart(known) -> None:
    shops = [bill(known, f"F005{k}", f"Magasin de gros {k}") for k in range(5)]
    assert said_of(known, shops) == []


def test_a_supplier_who_is_also_a_customer_is_no_namesake(known) -> None:
    sale = known.sale(customer="F0041")
    lines = [msgspec.structs.replace(one, comp_aux_lib="Bois de Lyon.") for one in sale.lignes]
    assert said_of(known, [msgspec.structs.replace(sale, lignes=lines)]) == []


def test_nobody_is_like_himself(known) -> None:
    """A revision, or the same again after a deletion, meets its own name and number."""
    first = bill(known, "F0041", "Charpentes Morin")
    again = msgspec.structs.replace(first, revision=2, operation=Operation.MODIFICATION)
    gone = msgspec.structs.replace(first, revision=3, operation=Operation.SUPPRESSION)
    assert said_of(known, [first, again, gone, bill(known, "F0041", "Charpentes Morin")]) == []


def test_where_every_number_is_another_none_is_odd(new_books) -> None:
    books = new_books()
    names = [f"{goods[: k % 5 + 2]}{town[: k % 3 + 1]}".upper() for k, town in enumerate(TOWNS) for goods in GOODS]
    for k, name in enumerate(names):
        books.score(bill(books, f"{name}{k * k}", f"{name} {GOODS[k % 8]}", 91.13 + k))
    assert not any("n'a la forme" in french for _, french, _ in said_of(books, [bill(books, "FDIVZ1", "DIVERS")]))
