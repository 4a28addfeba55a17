"""Every reason code can be read about, in both languages."""

import re

import pytest

from schemas import CodeMotif
from wisebook_ml.controls import antidatee, base, montant_inhabituel, montant_rond, postdatee, rafale
from wisebook_ml.controls.fec_fields import ATTRIBUTES as FAULT_ATTRIBUTES
from wisebook_ml.entry_columns import ATTRIBUTES
from wisebook_ml.habits.first_arrival import BURST_SECONDS, NEAR_LIMIT_DAYS, NEAR_LIMIT_SHARE
from wisebook_ml.habits.matching import REVERSAL_DAYS
from wisebook_ml.handbook import DESCRIPTIONS, describe
from wisebook_ml.handbook.catalogue import checks
from wisebook_ml.ledger.facts import ROUND_CENTS
from wisebook_ml.ledger.field_names import NAMES
from wisebook_ml.ledger.supplied import FIELDS

EVERY_CODE = pytest.mark.parametrize("code", CodeMotif)


def test_no_code_is_without_a_description() -> None:
    assert set(CodeMotif) - set(DESCRIPTIONS) == set()


@EVERY_CODE
def test_both_languages_say_something_of_their_own(code: CodeMotif) -> None:
    about = describe(code)
    for lang in ("fr", "en"):
        assert 5 <= len(about.title(lang)) <= 50
        assert about.about(lang).count(". ") + 1 >= 2, "what it looks for, and what to do"
        assert 100 <= len(about.about(lang)) <= 600
        assert about.about(lang).endswith(".")
        assert "  " not in about.about(lang)
        assert about.unit(lang)
    assert about.title_fr != about.title_en
    assert about.about_fr != about.about_en


@EVERY_CODE
def test_french_is_punctuated_as_french(code: CodeMotif) -> None:
    assert not re.search(r"\w[;:!?](\s|$)", describe(code).about_fr), "a space stands before ; : ! ?"
    assert not re.search(r"\s[;:!?]", describe(code).about_en), "none in English"


@EVERY_CODE
def test_what_a_code_needs_is_counted(code: CodeMotif) -> None:
    assert set(describe(code).needs) <= set(FIELDS)


def test_every_field_has_a_name_in_both_languages() -> None:
    counted_for = {*ATTRIBUTES.values(), *FAULT_ATTRIBUTES, *(check.attribute for check in checks() if check.attribute)}
    assert {*FIELDS, *counted_for} <= set(NAMES)
    assert all(french and english for french, english in NAMES.values())


def test_titles_tell_codes_apart() -> None:
    for lang in ("fr", "en"):
        titles = [about.title(lang) for about in DESCRIPTIONS.values()]
        assert len(set(titles)) == len(titles)


@pytest.mark.parametrize(
    ("code", "french", "english"),
    [
        (CodeMotif.ANTIDATEE, f"{antidatee.MIN_LAG} jours", f"{antidatee.MIN_LAG} days"),
        (CodeMotif.POSTDATEE, {2: "deux jours"}[postdatee.MIN_LEAD], "two days"),
        (CodeMotif.RAFALE, f"En deçà de {rafale.MIN_BURST},", f"Fewer than {rafale.MIN_BURST},"),
        (CodeMotif.RAFALE, {600: "dix minutes"}[BURST_SECONDS], "ten minutes"),
        (CodeMotif.MONTANT_ROND, f"multiples de {ROUND_CENTS // 100} €", f"multiples of €{ROUND_CENTS // 100}"),
        (CodeMotif.MONTANT_ROND, "1 000 €", f"€{montant_rond.MIN_CENTS // 100:,}"),
        (
            CodeMotif.MONTANT_INHABITUEL,
            f"{montant_inhabituel.MIN_CENTS // 100} €",
            f"€{montant_inhabituel.MIN_CENTS // 100}",
        ),
        (CodeMotif.SOUS_SEUIL, {60: "soixante jours"}[NEAR_LIMIT_DAYS], "sixty days"),
        (CodeMotif.SOUS_SEUIL, f"{100 * NEAR_LIMIT_SHARE:.0f} %", f"{100 * NEAR_LIMIT_SHARE:.0f} %"),
        (CodeMotif.SOUS_SEUIL, "100 000 €", f"€{base.DEFAULT_LIMITS[-1] // 100:,}"),
        (CodeMotif.EXTOURNE_RAPIDE, {15: "quinze jours"}[REVERSAL_DAYS], "fifteen days"),
    ],
)
def test_figures_in_texts_are_those_of_the_code(code: CodeMotif, french: str, english: str) -> None:
    assert french in describe(code).about_fr
    assert english in describe(code).about_en
