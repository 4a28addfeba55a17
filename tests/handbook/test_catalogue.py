"""What is looked for, as a company has set it."""

import dataclasses
import re

import pytest

from schemas import CodeMotif, Parametres, ReglageControle
from wisebook_ml.controls import CONTROLS, Control
from wisebook_ml.generator.planting import VARIANTES
from wisebook_ml.handbook import cases_amounts, cases_facts, catalogue
from wisebook_ml.handbook.catalogue import Kind, checks, find_check, near_codes
from wisebook_ml.handbook.controls_page import controls_page
from wisebook_ml.handbook.examples import CASES, examples
from wisebook_ml.handbook.sources import SOURCES_FR
from wisebook_ml.scoring.forests import FORESTS, Forest
from wisebook_ml.scoring.opinions import KINDS
from wisebook_ml.scoring.opinions import Kind as KindOfModel
from wisebook_ml.subjects import SUBJECTS, Subject
from wisebook_ml.tuning.checks import faults


def test_everything_that_is_registered_is_in_it_once() -> None:
    codes = [check.code for check in checks()]
    assert len(set(codes)) == len(codes)
    assert {one.code for one in (*CONTROLS, *SUBJECTS)} <= set(codes)
    assert set(codes) == set(CodeMotif)
    assert all(check.source and check.description for check in checks())


def test_what_is_told_of_journals_too_is_one_check(monkeypatch: pytest.MonkeyPatch) -> None:
    control = CONTROLS[0]
    of_journals = dataclasses.replace(control, threshold=0.1)  # declares what a subject does
    monkeypatch.setattr(catalogue, "SUBJECTS", (of_journals,))
    (check,) = (check for check in checks() if check.code is control.code)
    assert (check.kind, check.threshold, check.systemic) == (Kind.CONTROL, control.threshold, 0.1)
    assert "systemic" in controls_page("en")


@pytest.mark.parametrize("one", [*CONTROLS, *SUBJECTS], ids=lambda one: one.code.value)
def test_french_and_english_sources_cite_the_same(one: Control | Subject) -> None:
    if one.code in {control.code for control in CONTROLS} and one not in CONTROLS:
        return  # the control's is shown
    french, english = SOURCES_FR[one.code], one.source
    assert re.findall(r"[A-Z]*\d[\d-]*", french) == re.findall(r"[A-Z]*\d[\d-]*", english)
    assert not re.search(r"\b(to|and|of|the|without)\b", french)
    assert not re.search(r"\S;", french)


def test_what_cannot_be_switched_off_says_so() -> None:
    for check in checks():
        off = Parametres(societe_id=1, controles={check.code: ReglageControle(actif=False)})
        refused = any("cannot be switched off" in told for told in faults(off))
        assert check.always_on is refused, check.code
    numbering = find_check("RUPTURE_NUMEROTATION")
    assert numbering is not None
    assert (numbering.required, numbering.always_on) == (False, True)


def test_a_company_s_overrides_show_beside_the_defaults() -> None:
    settings = Parametres(
        societe_id=3,
        controles={
            CodeMotif.DOUBLON: ReglageControle(seuil=0.5),
            CodeMotif.MOT_CLE: ReglageControle(actif=False),
        },
    )
    found = {check.code: check for check in checks(settings)}
    doublon = found[CodeMotif.DOUBLON]
    assert (doublon.threshold, doublon.default_threshold, doublon.weight) == (0.5, 0.75, doublon.default_weight)
    assert doublon.overridden
    assert not found[CodeMotif.MOT_CLE].active
    assert [check.code for check in checks(settings) if check.overridden] == [CodeMotif.DOUBLON, CodeMotif.MOT_CLE]
    assert not any(check.overridden for check in checks())


@pytest.mark.parametrize("written", ["TVA_TAUX", "tva_taux", "tva-taux", " Tva taux "])
def test_a_code_is_found_as_people_write_it(written: str) -> None:
    check = find_check(written)
    assert check is not None
    assert check.code is CodeMotif.TVA_TAUX


@pytest.mark.parametrize(
    ("written", "meant"),
    [("TVA_TAU", "TVA_TAUX"), ("duplicate", None), ("RUPTURE", "RUPTURE_NUMEROTATION"), ("doublons", "DOUBLON")],
)
def test_what_was_meant_is_offered(written: str, meant: str | None) -> None:
    assert find_check(written) is None
    near = near_codes(written)
    assert len(near) <= 3
    assert meant is None or near[0] == meant


@pytest.mark.parametrize("code", [control.code for control in CONTROLS])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_each_control_has_examples_and_look_alikes(code: CodeMotif, lang: str) -> None:
    cases = examples(code, lang)
    assert cases.found
    assert cases.left
    assert all(text[0].isupper() and text.endswith(".") for text in (*cases.found, *cases.left))


@pytest.mark.parametrize("code", [check.code for check in checks()])
def test_examples_are_the_same_in_both_languages(code: CodeMotif) -> None:
    french, english = examples(code, "fr"), examples(code, "en")
    assert (len(french.found), len(french.left)) == (len(english.found), len(english.left))
    assert not {*french.found, *french.left} & {*english.found, *english.left}


def test_each_variant_is_told_and_nothing_else() -> None:
    names = [variant.nom for variant in VARIANTES]
    assert len(set(names)) == len(names)
    assert set(CASES) == set(names)
    assert not set(cases_amounts.CASES) & set(cases_facts.CASES)
    for french, english in CASES.values():
        assert not re.search(r"\d\.\d|\d€|\d%|\(s\)|\w[;:!?](\s|$)", french), "figures and signs as French has them"
        assert not re.search(r"^(Point|Type|Book|Split|Delete|Leave|Bill) ", english), "no orders"


@pytest.mark.parametrize("one", [*FORESTS, *KINDS], ids=lambda one: one.code)
def test_a_model_is_told_as_scoring_has_it(one: Forest | KindOfModel) -> None:
    check = find_check(one.code)
    assert check is not None
    assert (check.kind, check.threshold, check.weight) == (Kind.MODEL, one.threshold, one.weight)
    assert not check.required
    off = Parametres(societe_id=1, controles={one.code: ReglageControle(actif=False)})
    assert [check.code for check in checks(off) if not check.active] == [one.code]


def test_a_model_has_none() -> None:
    assert all(check.kind is Kind.MODEL for check in checks() if check.code.is_model)
    assert examples(CodeMotif.FORET_ISOLATION, "fr").found == ()
