"""Detections against labels: what counts as found, and what as wrong."""

import datetime as dt
from collections.abc import Iterable

import pytest

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Ecriture,
    Etat,
    Ligne,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    detection_id,
)
from wisebook_ml.evaluation import CodeResult, Evaluation, Found, cases_of, evaluate
from wisebook_ml.generator import Label

MARCH = dt.date(2024, 3, 5)
LANDLORD = Objet(type=TypeObjet.TIERS, id="BAILLEUR")


def label(
    cas: str,
    ecriture_id: str | None = None,
    *,
    code: CodeMotif = CodeMotif.DOUBLON,
    twin: bool = False,
    revision: int = 1,
    about: Objet | None = None,
    expected: dt.date | None = None,
) -> Label:
    """Return a label of a case."""
    return Label(
        code=code,
        variante="v",
        jumeau=twin,
        cas=cas,
        ecriture_id=ecriture_id,
        revision=revision,
        objet_type=about.type if about else None,
        objet_id=about.id if about else "",
        date_attendue=expected,
    )


def missing(cas: str = "a", expected: dt.date = MARCH) -> Label:
    """Return the label of a rent that did not arrive."""
    return label(cas, code=CodeMotif.RECURRENTE_ABSENTE, about=LANDLORD, expected=expected)


def about(objet: Objet | str, day: dt.date | None = MARCH, *, revision: int = 1, closed: bool = False) -> Detection:
    """Return a detection about an entry, or another object."""
    if isinstance(objet, str):
        objet = Objet(type=TypeObjet.ECRITURE, id=objet)
    domaine = DomaineApplication.ECRITURES_COMPTABLES
    motif = MotifDetection(
        code=CodeMotif.DOUBLON, poids=50.0, valeur=1.0, seuil=1.0, libelle_fr="Doublon.", libelle_en="Duplicate."
    )
    return Detection(
        detection_id=detection_id(1, domaine, objet),
        societe_id=1,
        domaine=domaine,
        objet=objet,
        etat=Etat.CLOSE if closed else Etat.OUVERTE,
        revision=revision,
        ecriture_date=day,
        montant="10.00",
        score=0.0 if closed else 50.0,
        severite=Severite.MOYENNE,
        motifs=[] if closed else [motif],
        contributions={},
        modeles=[],
        parametres_version=0,
    )


def entries(count: int) -> list[Ecriture]:
    """Return entries E1, E2, ... of March."""
    line = Ligne(compte_num="512000", debit="1.00")
    return [
        Ecriture(societe_id=1, ecriture_id=f"E{k}", journal_code="BQ", ecriture_date=MARCH, lignes=[line])
        for k in range(1, count + 1)
    ]


def judged(found: Iterable[Detection | str], labels: list[Label], count: int = 100) -> Evaluation:
    return evaluate([about(one) if isinstance(one, str) else one for one in found], labels, entries(count))


def test_found_missed_and_wrong() -> None:
    labels = [label("a", "E1"), label("b", "E2"), label("t", "E3", twin=True), label("u", "E4", twin=True)]
    result = judged(["E1", "E3", "E9"], labels)
    assert result.recall == 1 / 2
    assert result.precision == 1 / 3
    assert result.alert_rate == 3 / 100
    assert (result.flagged, result.planted) == (3, 2)
    assert result.codes == (CodeResult(CodeMotif.DOUBLON, planted=2, found=1, twins=2, flagged_twins=1),)


def test_one_entry_of_a_case_is_enough() -> None:
    labels = [label("burst", f"E{n}", code=CodeMotif.RAFALE) for n in range(10)]
    result = judged(["E7"], labels)
    assert (result.planted, result.recall, result.precision) == (1, 1.0, 1.0)


def test_every_entry_of_a_case_is_rightly_flagged() -> None:
    labels = [label("burst", f"E{n}", code=CodeMotif.RAFALE) for n in range(10)]
    assert judged([f"E{n}" for n in range(10)], labels).precision == 1.0


def test_before_the_revision_that_shows_it_nothing_was_found() -> None:
    changed = [label("a", "E1", revision=2)]
    assert judged([about("E1", revision=1)], changed).recall == 0.0
    assert judged([about("E1", revision=1), about("E1", revision=2)], changed).recall == 1.0
    assert judged([about("E1", revision=3)], changed).recall == 1.0


def test_a_closed_detection_finds_nothing() -> None:
    result = judged([about("E1", closed=True)], [label("a", "E1")])
    assert (result.flagged, result.recall) == (0, 0.0)


class TestObjects:
    """What no entry shows is found by a detection about that object, of that time."""

    def test_what_nobody_reports_is_missed_and_not_forgotten(self) -> None:
        result = judged(["E1"], [missing()], 10)
        assert (result.planted, result.recall, result.precision) == (1, 0.0, 0.0)

    @pytest.mark.parametrize("id_", ["BAILLEUR", "BAILLEUR:2024-03", "BAILLEUR/ACH"])
    def test_it_is_found_by_its_object_whatever_period_is_named_behind_it(self, id_: str) -> None:
        result = judged([about(Objet(type=TypeObjet.TIERS, id=id_))], [missing()], 10)
        assert (result.recall, result.precision, result.alert_rate) == (1.0, 1.0, 0.1)

    @pytest.mark.parametrize(
        "objet", [Objet(type=TypeObjet.TIERS, id="BAILLEUR2"), Objet(type=TypeObjet.COMPTE, id="BAILLEUR")]
    )
    def test_another_object_is_another(self, objet: Objet) -> None:
        result = judged([about(objet)], [missing()], 10)
        assert (result.recall, result.precision) == (0.0, 0.0)

    def test_another_time_is_another(self) -> None:
        assert judged([about(LANDLORD, MARCH + dt.timedelta(days=20))], [missing()]).recall == 1.0
        assert judged([about(LANDLORD, MARCH + dt.timedelta(days=60))], [missing()]).recall == 0.0
        assert judged([about(LANDLORD, None)], [missing()]).recall == 1.0

    def test_an_anomaly_of_an_entry_and_an_object_is_found_by_either(self) -> None:
        labels = [label("a", "E1", code=CodeMotif.LETTRAGE_INEGAL, about=LANDLORD)]
        assert judged(["E1"], labels).recall == 1.0
        assert judged([about(LANDLORD)], labels).recall == 1.0
        assert judged([about(LANDLORD, MARCH + dt.timedelta(days=60))], labels).recall == 0.0

    def test_two_months_of_one_object_are_two_cases(self) -> None:
        labels = [missing("a"), missing("b", MARCH + dt.timedelta(days=120))]
        assert judged([about(LANDLORD)], labels).recall == 1 / 2


def test_the_same_case_name_of_another_code_is_another_case() -> None:
    labels = [label("a", "E1"), label("a", "E2", code=CodeMotif.MOT_CLE)]
    result = judged(["E1"], labels, 10)
    assert [(code.code, code.found) for code in result.codes] == [(CodeMotif.DOUBLON, 1), (CodeMotif.MOT_CLE, 0)]


def test_codes_come_in_the_order_of_the_list() -> None:
    labels = [label(code.value, f"E-{code.value}", code=code) for code in reversed(CodeMotif)]
    assert [found.code for found in judged([], labels).codes] == list(CodeMotif)


@pytest.mark.parametrize(("flagged", "count"), [([], 0), ([], 10), (["E1"], 10)])
def test_nothing_divides_by_zero(flagged: list[str], count: int) -> None:
    result = judged(flagged, [], count)
    assert (result.precision, result.recall, result.codes) == (0.0, 0.0, ())


def test_an_entry_flagged_twice_is_one() -> None:
    assert judged(["E1", "E1"], [label("a", "E1")], 10).flagged == 1


def test_a_case_knows_its_entries_objects_and_days() -> None:
    (case,) = cases_of([label("a", "E1", about=LANDLORD), label("a", "E2", revision=3)], {"E1": MARCH})
    assert (case.entries, case.objects, case.days) == ({"E1": 1, "E2": 3}, {LANDLORD}, [MARCH])
    assert Found([]).of(case) == []
