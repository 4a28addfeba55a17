"""What is looked for, as a company has set it."""

import dataclasses

import pytest

from schemas import CodeMotif, Parametres, ReglageControle
from wisebook_ml.controls import CONTROLS
from wisebook_ml.handbook import catalogue, document
from wisebook_ml.handbook.catalogue import Kind, checks, find_check, near_codes
from wisebook_ml.handbook.examples import examples
from wisebook_ml.scoring.forests import FORESTS, Forest
from wisebook_ml.scoring.opinions import KINDS
from wisebook_ml.scoring.opinions import Kind as KindOfModel
from wisebook_ml.subjects import SUBJECTS


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
    assert "systemic" in document.document()


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
    assert cases.left or (code is CodeMotif.POSTDATEE and lang == "en"), "its look-alikes are ordinary entries"
    assert all(text[0].isupper() or not text[0].isalpha() for text in (*cases.found, *cases.left))


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
