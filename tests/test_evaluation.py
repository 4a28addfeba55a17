"""Detections against labels: what counts as found, and what as wrong."""

import pytest

from schemas import CodeMotif, TypeObjet
from wisebook_ml.evaluation import CodeResult, evaluate
from wisebook_ml.generator import Label


def label(
    cas: str, ecriture_id: str | None = None, *, code: CodeMotif = CodeMotif.DOUBLON, twin: bool = False
) -> Label:
    """Return a label of a case."""
    return Label(code=code, variante="v", jumeau=twin, cas=cas, ecriture_id=ecriture_id)


def test_found_missed_and_wrong() -> None:
    labels = [label("a", "E1"), label("b", "E2"), label("t", "E3", twin=True), label("u", "E4", twin=True)]
    result = evaluate(["E1", "E3", "E9"], labels, entries=100)
    assert result.recall == 1 / 2
    assert result.precision == 1 / 3
    assert result.alert_rate == 3 / 100
    assert (result.flagged, result.planted) == (3, 2)
    assert result.codes == (CodeResult(CodeMotif.DOUBLON, planted=2, found=1, twins=2, flagged_twins=1),)


def test_one_entry_of_a_case_is_enough() -> None:
    labels = [label("burst", f"E{n}", code=CodeMotif.RAFALE) for n in range(10)]
    result = evaluate(["E7"], labels, entries=100)
    assert (result.planted, result.recall, result.precision) == (1, 1.0, 1.0)


def test_every_entry_of_a_case_is_rightly_flagged() -> None:
    labels = [label("burst", f"E{n}", code=CodeMotif.RAFALE) for n in range(10)]
    assert evaluate([f"E{n}" for n in range(10)], labels, entries=100).precision == 1.0


def test_what_is_about_no_entry_is_missed_and_not_forgotten() -> None:
    absent = Label(
        code=CodeMotif.RECURRENTE_ABSENTE,
        variante="v",
        jumeau=False,
        cas="a",
        objet_type=TypeObjet.TIERS,
        objet_id="BAILLEUR",
    )
    result = evaluate(["E1"], [absent], entries=10)
    assert (result.planted, result.recall, result.precision) == (1, 0.0, 0.0)


def test_the_same_case_name_of_another_code_is_another_case() -> None:
    labels = [label("a", "E1"), label("a", "E2", code=CodeMotif.MOT_CLE)]
    result = evaluate(["E1"], labels, entries=10)
    assert [(code.code, code.found) for code in result.codes] == [(CodeMotif.DOUBLON, 1), (CodeMotif.MOT_CLE, 0)]


def test_codes_come_in_the_order_of_the_list() -> None:
    labels = [label(code.value, f"E-{code.value}", code=code) for code in reversed(CodeMotif)]
    assert [found.code for found in evaluate([], labels, entries=99).codes] == list(CodeMotif)


@pytest.mark.parametrize(("flagged", "entries"), [([], 0), ([], 10), (["E1"], 10)])
def test_nothing_divides_by_zero(flagged: list[str], entries: int) -> None:
    result = evaluate(flagged, [], entries)
    assert (result.precision, result.recall, result.codes) == (0.0, 0.0, ())


def test_an_entry_flagged_twice_is_one() -> None:
    assert evaluate(["E1", "E1"], [label("a", "E1")], entries=10).flagged == 1
