"""Reasons as sentences: one and several, none and the same day, in French and in English."""

import datetime as dt

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
    assert said == ("Écriture supprimée après sa validation.", "Entry deleted after its validation.")


def test_counts() -> None:
    assert [count_fr(n, "jour", "jours") for n in (0, 1, 2)] == ["0 jour", "1 jour", "2 jours"]
    assert [count_en(n, "entry", "entries") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    assert count_fr(12_345, "ligne", "lignes") == f"12{NARROW_SPACE}345 lignes"


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (99_99, "99,99 €", "€99.99"),
        (100_00, "100 €", "€100"),
        (999_99, "1 000 €", "€1,000"),
        (1_539_93, "1 540 €", "€1,540"),
        (123_456_789_00, "123 000 000 €", "€123,000,000"),
    ],
)
def test_usual_amounts_are_told_roughly(cents: int, french: str, english: str) -> None:
    assert about_fr(cents).replace(NARROW_SPACE, " ") == french
    assert about_en(cents) == english


def test_weekdays() -> None:
    assert weekday_fr(dt.date(2024, 11, 18)) == "lundi 18/11/2024"
    assert weekday_en(dt.date(2024, 11, 24)) == "Sunday 2024-11-24"
