"""Reasons as sentences: one and several, none and the same day, in French and in English."""

import datetime as dt
import re

import msgspec
import pytest

from schemas import CodeMotif, Detection, Operation
from wisebook_ml.controls.texts import NARROW_SPACE, about_en, about_fr, count_en, count_fr, weekday_en, weekday_fr


def reasons(detections: list[Detection], code: CodeMotif) -> tuple[str, str]:
    """Return what the last detection says of a code, with plain spaces."""
    (motif,) = (motif for motif in detections[-1].motifs if motif.code is code)
    return motif.libelle_fr.replace(NARROW_SPACE, " "), motif.libelle_en


@pytest.mark.parametrize(
    ("missing", "french", "english"),
    [(1, ": 1 numéro manque juste", ": 1 number missing"), (3, ": 3 numéros manquent juste", ": 3 numbers missing")],
)
def test_missing_numbers(books, missing: int, french: str, english: str) -> None:
    last = books.purchase()
    said = reasons(
        books.score(last, books.purchase(number=int(last.ecriture_num) + 1 + missing)), CodeMotif.RUPTURE_NUMEROTATION
    )
    assert french in said[0]
    assert english in said[1]


@pytest.mark.parametrize(
    ("days", "french", "english"),
    [
        (0, ", le même jour.", ", on the same day."),
        (1, ", à 1 jour d'écart.", ", 1 day apart."),
        (4, ", à 4 jours d'écart.", ", 4 days apart."),
    ],
)
def test_days_between_duplicates(books, days: int, french: str, english: str) -> None:
    first = books.purchase(piece="F-2024-88", day=books.today - dt.timedelta(days))
    said = reasons(books.score(first, books.purchase(piece="F-2024-88")), CodeMotif.DOUBLON)
    assert said[0].endswith(french)
    assert said[1].endswith(english)


def test_the_weekday_is_named(books) -> None:
    said = reasons(books.score(books.purchase(day=dt.date(2024, 11, 24))), CodeMotif.JOUR_NON_OUVRE)
    assert said[0].startswith("Datée du dimanche 24/11/2024, jour non ouvré ; le journal AC n'en compte aucun sur ")
    assert said[1].startswith("Dated Sunday 2024-11-24, a day off; journal AC has none in ")


def test_never_is_not_zero_times(books) -> None:
    lines = [msgspec.structs.replace(x, debit=x.credit, credit=x.debit) for x in books.purchase().lignes]
    said = reasons(books.score(books.entry("AC", lines, label="Facture Durand")), CodeMotif.SENS_INVERSE)
    assert "sens jamais observé sur" in said[0]
    assert "side, never seen in" in said[1]


def test_deleted_or_changed(books) -> None:
    first = books.purchase(valid_date=books.today)
    gone = msgspec.structs.replace(first, revision=2, operation=Operation.SUPPRESSION)
    said = reasons(books.score(first, gone), CodeMotif.MODIFIEE_APRES_VALIDATION)
    assert said == (
        "Écriture supprimée après sa validation du 19/11/2024 (révision 2).",
        "Entry deleted after its validation of 2024-11-19 (revision 2).",
    )


def test_how_few_were_as_late(books) -> None:
    late = books.purchase(day=dt.date(2024, 9, 20), entered=books.today)
    said = reasons(books.score(late), CodeMotif.ANTIDATEE)
    assert re.search(r"saisie 60 jours plus tard ; dans le journal AC, aucune des \d+ écritures n'a un délai", said[0])
    assert re.search(r"made 60 days later; in journal AC, none of the \d+ entries has so long a delay\.$", said[1])


def test_how_few_were_dated_as_far_ahead(books) -> None:
    said = reasons(books.score(books.purchase(day=dt.date(2024, 12, 18), entered=books.today)), CodeMotif.POSTDATEE)
    assert re.search(r"29 jours après sa saisie ; dans le journal AC, aucune des \d+ écritures n'a une date", said[0])
    assert re.search(r"29 days after it was made; in journal AC, none of the \d+ entries has a date so", said[1])


def test_how_few_came_at_such_a_pace(books) -> None:
    said = reasons(books.score(*[books.purchase(hour=10, minute=k % 10) for k in range(12)]), CodeMotif.RAFALE)
    assert re.search(r"^Saisie par anne avec 1\d écritures en 10 minutes ; de cet auteur, .+ un tel rythme", said[0])
    assert re.search(r"^Entered by anne with 1\d entries within 10 minutes; of this author, .+ such a pace", said[1])


def test_how_few_amounts_are_round(books) -> None:
    said = reasons(books.score(books.purchase(euros=20_000.00, vat=0.0)), CodeMotif.MONTANT_ROND)
    assert re.search(r"^Montant rond \(20 000,00 €\) au débit du compte 606400, qui n'en a aucun sur \d+ l", said[0])
    assert re.search(r"^Round amount \(€20,000.00\) on the debit side of account 606400, which has none", said[1])


def test_bank_details_can_be_searched_for(books) -> None:
    iban = "9f86d081884c7d659a2feaa0c55ad015"
    first, second = (books.purchase(supplier=name, iban=iban) for name in ("DURAND", "LEROY"))
    said = reasons(books.score(first, second), CodeMotif.IBAN_PARTAGE)
    assert said[0].startswith("Coordonnées bancaires du tiers LEROY (empreinte 9f86d081884c) déjà utilisées par un au")
    assert "(fingerprint 9f86d081884c) already used by another one" in said[1]


def test_faults_of_form_count_for_the_field_at_fault(books) -> None:
    early = books.purchase(valid_date=books.today - dt.timedelta(3))
    unlabelled = [msgspec.structs.replace(one, ecriture_lib="") for one in early.lignes]
    (found,) = books.score(msgspec.structs.replace(early, lignes=unlabelled))
    assert "compte_num" not in found.contributions
    assert found.contributions["valid_date"] > 0.0
    assert found.contributions["ecriture_lib"] > 0.0
    assert round(sum(found.contributions.values()), 2) == found.score


def test_counts() -> None:
    assert [count_fr(n, "jour", "jours") for n in (0, 1, 2)] == ["0 jour", "1 jour", "2 jours"]
    assert [count_en(n, "entry", "entries") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    assert count_fr(12_345, "ligne", "lignes") == f"12{NARROW_SPACE}345 lignes"


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (9_99, "9,99 €", "€9.99"),
        (10_00, "10 €", "€10"),
        (86_60, "87 €", "€87"),
        (999_99, "1 000 €", "€1,000"),
        (1_539_93, "1 500 €", "€1,500"),
        (123_456_789_00, "120 000 000 €", "€120,000,000"),
    ],
)
def test_usual_amounts_are_told_roughly(cents: int, french: str, english: str) -> None:
    assert about_fr(cents).replace(NARROW_SPACE, " ") == french
    assert about_en(cents) == english


def test_weekdays() -> None:
    assert weekday_fr(dt.date(2024, 11, 18)) == "lundi 18/11/2024"
    assert weekday_en(dt.date(2024, 11, 24)) == "Sunday 2024-11-24"
