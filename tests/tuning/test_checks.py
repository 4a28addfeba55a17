"""What settings make no sense, and that the reason says what to do."""

import datetime as dt
import math

import pytest

from schemas import Attenuation, CodeMotif, Parametres, ReglageControle, ReglageTresorerie
from wisebook_ml.controls import CONTROLS
from wisebook_ml.subjects import SUBJECTS
from wisebook_ml.tuning.checks import MAX_WORDS, faults, settable

REQUIRED = [control for control in CONTROLS if control.required]
REGLAGE = ReglageControle
DAY = dt.date(2026, 12, 24)


def fault(**fields: object) -> str:
    """Return the one thing that is wrong with these settings."""
    (found,) = faults(Parametres(societe_id=1, **fields))  # type: ignore[arg-type]
    return found


def test_the_defaults_make_sense() -> None:
    assert faults(Parametres(societe_id=0)) == []


def test_sensible_settings_make_sense() -> None:
    settings = Parametres(
        societe_id=1,
        budget_alertes=0.02,
        seuil_signification="1500",
        plafonds_approbation=["5000", "12000.50"],
        mots_cles=["perso", "à régulariser", "confidentiel*"],
        jours_feries=[DAY, dt.date(2026, 12, 31)],
        controles={
            CodeMotif.RAFALE: REGLAGE(actif=False),
            CodeMotif.MONTANT_ROND: REGLAGE(seuil=3.0, poids=0.1),
            CodeMotif.DESEQUILIBRE: REGLAGE(actif=True, seuil=0.0, poids=1.0),
        },
        attenuations=[Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=0.5, avis=6, rejets=5)],
    )
    assert faults(settings) == []


class TestRequiredControls:
    @pytest.mark.parametrize("control", REQUIRED, ids=lambda control: control.code)
    def test_none_can_be_weakened(self, control) -> None:  # type: ignore[no-untyped-def]
        weak = [
            (REGLAGE(actif=False), "cannot be switched off"),
            (REGLAGE(poids=control.weight / 2), "cannot be lowered"),
            (REGLAGE(poids=0.0), "cannot be lowered"),
            (REGLAGE(seuil=control.threshold * 2), "cannot be raised"),
        ]
        for setting, why in weak:
            told = fault(controles={control.code: setting})
            assert control.code in told
            assert why in told
            assert f"regulation requires it ({control.source})" in told

    @pytest.mark.parametrize("subject", [one for one in SUBJECTS if one.required], ids=lambda subject: subject.code)
    def test_nor_what_is_required_of_a_subject(self, subject) -> None:  # type: ignore[no-untyped-def]
        for setting in (REGLAGE(actif=False), REGLAGE(poids=0.0)):
            assert "regulation requires it" in fault(controles={subject.code: setting})

    def test_nor_attenuated(self) -> None:
        attenuation = Attenuation(code=CodeMotif.DESEQUILIBRE, journal_code="OD", facteur=0.9, avis=3, rejets=3)
        told = fault(attenuations=[attenuation])
        assert "DESEQUILIBRE cannot be attenuated (journal OD, factor 0.9)" in told

    def test_there_are_some(self) -> None:
        assert CodeMotif.DESEQUILIBRE in {control.code for control in REQUIRED}


class TestNumbers:
    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_what_is_no_number(self, value: float) -> None:
        assert "no number" in fault(budget_alertes=value)
        assert "RAFALE.seuil" in fault(controles={CodeMotif.RAFALE: REGLAGE(seuil=value)})
        assert "RAFALE.poids" in fault(controles={CodeMotif.RAFALE: REGLAGE(poids=value)})

    def test_what_is_outside_its_bounds_is_named(self) -> None:
        assert "budget_alertes 0.6" in fault(budget_alertes=0.6)
        assert "at most 0.5" in fault(budget_alertes=0.6)
        assert "weight -0.1 of control RAFALE" in fault(controles={CodeMotif.RAFALE: REGLAGE(poids=-0.1)})
        much = Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=2.0)
        assert "factor 2 of RAFALE in journal BQ" in fault(attenuations=[much])

    def test_types_are_checked_again(self) -> None:
        assert fault(version=-1) == "version: expected `int` >= 0"

    @pytest.mark.parametrize("amount", ["5000,00", "5 000", "", "5000.001"])
    def test_what_is_no_amount(self, amount: str) -> None:
        assert fault(plafonds_approbation=[amount]).startswith(f"plafonds_approbation: {amount!r} is no amount")
        assert fault(seuil_signification=amount).startswith(f"seuil_signification: {amount!r} is no amount")

    def test_a_budget_that_nothing_can_measure(self) -> None:
        assert "at least 0.0001" in fault(budget_alertes=1e-6)

    def test_a_negative_threshold(self) -> None:
        assert "threshold -1 of control RAFALE is negative" in fault(controles={CodeMotif.RAFALE: REGLAGE(seuil=-1.0)})


class TestLists:
    def test_the_same_limit_twice(self) -> None:
        assert fault(plafonds_approbation=["5000", "5000.00"]) == (
            "approval limit '5000.00' is given twice, as '5000'; leave one out"
        )

    def test_the_same_word_twice_however_it_is_spelt(self) -> None:
        assert "given twice" in fault(mots_cles=["perso", "perso"])
        assert "'PÉNALITÉ' is given twice, as 'penalite'" in fault(mots_cles=["penalite", "PÉNALITÉ"])
        assert faults(Parametres(societe_id=1, mots_cles=["fictif", "fictif*"])) == []

    @pytest.mark.parametrize("word", ["", "  ", "...", "*", "a", "x" * 200])
    def test_a_word_that_cannot_be_searched_for(self, word: str) -> None:
        assert "characters to search for" in fault(mots_cles=[word])

    def test_the_same_day_twice(self) -> None:
        assert "2026-12-24" in fault(jours_feries=[DAY, DAY])

    def test_a_day_of_another_century(self) -> None:
        assert "is the year right?" in fault(jours_feries=[dt.date(1026, 12, 24)])

    @pytest.mark.parametrize("amount", ["0", "-5000", "0.00"])
    def test_amounts_that_nothing_reaches(self, amount: str) -> None:
        assert "more than 0" in fault(plafonds_approbation=[amount])
        assert "more than 0" in fault(seuil_signification=amount)

    def test_too_many_words(self) -> None:
        assert "too many" in fault(mots_cles=[f"mot {k}" for k in range(MAX_WORDS + 1)])

    def test_a_version_that_fits_no_record(self) -> None:
        journals = [f"journal {k:06d}" for k in range(10_000)]
        many = [Attenuation(code=CodeMotif.RAFALE, journal_code=journal, facteur=0.5) for journal in journals]
        assert "there is room for" in fault(attenuations=many)


class TestTreasury:
    def test_what_makes_sense(self) -> None:
        cash = ReglageTresorerie(plancher={"EUR": "-5000.00", "USD": "10000"}, probabilite_alerte=0.3, pays="BE")
        assert faults(Parametres(societe_id=1, tresorerie=cash)) == []

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"plancher": {"EUR": "20 000"}}, "floor of EUR: '20 000' is no amount"),
            ({"plancher": {"euros": "20000"}}, "'euros' is no currency"),
            ({"probabilite_alerte": 0.01}, "probabilite_alerte 0.01 is not between 0.05 and 0.95"),
            ({"probabilite_alerte": 50.0}, "probabilite_alerte 50 is not between 0.05 and 0.95"),
            ({"probabilite_alerte": math.nan}, "tresorerie.probabilite_alerte is nan, which is no number"),
            ({"pays": "XX"}, "no public holidays are known of the country 'XX'"),
            ({"pays": "FRA"}, "give its code of two letters, such as FR"),
        ],
    )
    def test_what_makes_none(self, fields: dict[str, object], why: str) -> None:
        assert why in fault(tresorerie=ReglageTresorerie(**fields))  # type: ignore[arg-type]


class TestAttenuations:
    def test_twice_for_a_journal(self) -> None:
        one = Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=0.5)
        assert "RAFALE in journal BQ" in fault(attenuations=[one, one])

    def test_more_dismissed_than_judged(self) -> None:
        one = Attenuation(code=CodeMotif.RAFALE, journal_code="BQ", facteur=0.5, avis=2, rejets=3)
        assert "3 of 2 verdicts" in fault(attenuations=[one])


@pytest.mark.parametrize("code", [code for code in CodeMotif if code.is_model])
def test_every_model_can_be_weighed_and_switched_off(code: CodeMotif) -> None:
    for setting in (REGLAGE(actif=False), REGLAGE(poids=0.1), REGLAGE(seuil=2.0, poids=1.0)):
        assert faults(Parametres(societe_id=1, controles={code: setting})) == []
    assert f"threshold -1 of control {code}" in fault(controles={code: REGLAGE(seuil=-1.0)})


def test_a_code_without_a_control_has_no_settings() -> None:
    without = [code for code in CodeMotif if code not in settable()]
    for code in without:
        assert "no control of this version" in fault(controles={code: REGLAGE(actif=False)})


def test_a_text_that_no_database_keeps() -> None:
    assert "motif contains a NUL" in fault(motif="a\0b")


def test_all_that_is_wrong_is_told_at_once() -> None:
    assert len(faults(Parametres(societe_id=1, mots_cles=["a"], plafonds_approbation=["0"]))) == 2
