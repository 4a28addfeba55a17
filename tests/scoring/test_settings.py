"""What a company may set, and that it takes effect."""

import datetime as dt
from collections.abc import Callable

import pytest

from schemas import (
    Attenuation,
    CodeMotif,
    Detection,
    Ecriture,
    Ligne,
    ModeleUtilise,
    MotifDetection,
    Parametres,
    ReglageControle,
    Severite,
)
from wisebook_ml.controls import CONTROLS
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.scoring.core import Model

from .company import Company

BuildEntry = Callable[..., Ecriture]
CONTROL = {control.code: control for control in CONTROLS}


def found(entry: Ecriture, **fields: object) -> list[Detection]:
    """Score one entry of a new company with these settings."""
    parametres = Parametres(societe_id=1, **fields)  # type: ignore[arg-type]
    return Company(parametres).found(entry)


def codes(detections: list[Detection]) -> list[CodeMotif]:
    return [motif.code for detection in detections for motif in detection.motifs]


def only(code: CodeMotif, **fields: object) -> dict[CodeMotif, ReglageControle]:
    return {code: ReglageControle(**fields)}  # type: ignore[arg-type]


def test_the_default_finds_an_unbalanced_entry(entry: BuildEntry) -> None:
    assert codes(found(entry(gap=5))) == [CodeMotif.DESEQUILIBRE]


def test_a_control_can_be_switched_off(entry: BuildEntry) -> None:
    assert found(entry(gap=5), controles=only(CodeMotif.DESEQUILIBRE, actif=False)) == []


def test_a_weight_of_nothing_switches_it_off_too(entry: BuildEntry) -> None:
    assert found(entry(gap=5), controles=only(CodeMotif.DESEQUILIBRE, poids=0.0)) == []


def test_the_others_stay_on(entry: BuildEntry) -> None:
    off = only(CodeMotif.DESEQUILIBRE, actif=False)
    assert codes(found(entry(gap=5, label="divers"), controles=off)) == [CodeMotif.LIBELLE_PAUVRE]


def test_another_threshold_holds(entry: BuildEntry) -> None:
    tolerant = only(CodeMotif.DESEQUILIBRE, seuil=100.0)
    assert found(entry(gap=5), controles=tolerant) == []
    (detection,) = found(entry(gap=101), controles=tolerant)
    assert detection.motifs[0].seuil == 100.0
    assert detection.motifs[0].valeur == 101.0


def test_another_weight_is_another_score(entry: BuildEntry) -> None:
    usual = found(entry(gap=5))[0].score
    assert usual == pytest.approx(100 * CONTROL[CodeMotif.DESEQUILIBRE].weight, abs=0.01)
    assert found(entry(gap=5), controles=only(CodeMotif.DESEQUILIBRE, poids=0.5))[0].score == 50.0


def test_a_weight_of_one_is_a_certainty(entry: BuildEntry) -> None:
    assert found(entry(gap=5), controles=only(CodeMotif.DESEQUILIBRE, poids=1.0))[0].score == 100.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_threshold_of_zero_lets_nothing_pass_unseen(entry: BuildEntry) -> None:
    (detection,) = found(entry(), controles=only(CodeMotif.DESEQUILIBRE, seuil=0.0))
    assert 0 <= detection.score <= 100


def test_the_own_word_list_replaces_the_default(entry: BuildEntry) -> None:
    assert codes(found(entry(label="Facture bidon Durand"))) == [CodeMotif.MOT_CLE]
    assert found(entry(label="Facture bidon Durand"), mots_cles=["Monaco"]) == []
    assert codes(found(entry(label="Virement MONACO bis"), mots_cles=["monaco"])) == [CodeMotif.MOT_CLE]


def test_a_watched_word_is_a_whole_word_whatever_its_accents(entry: BuildEntry) -> None:
    assert codes(found(entry(label="Pénalités, puis PÉNALITÉ"), mots_cles=["penalite"])) == [CodeMotif.MOT_CLE]
    assert found(entry(label="Pénalités de retard"), mots_cles=["penalite"]) == []


@pytest.mark.parametrize("word", ["c++", "(?", "a|b", "[", "\\"])
def test_a_watched_word_is_no_regular_expression(entry: BuildEntry, word: str) -> None:
    assert found(entry(label="Fournitures de bureau"), mots_cles=[word]) == []


@pytest.mark.parametrize("words", [[""], ["", "monaco"], [" "]])
def test_an_empty_watched_word_finds_nothing(entry: BuildEntry, words: list[str]) -> None:
    assert found(entry(label="Fournitures"), mots_cles=words) == []


@pytest.mark.parametrize(("limits", "passes"), [(["2000.00"], True), ([], False), (["3000.00", "1000"], False)])
def test_own_approval_limits_replace_the_default(limits: list[str], passes: bool) -> None:
    parametres = Parametres(societe_id=1, plafonds_approbation=limits)
    detections = Company(parametres).found(*(purchase(k, 1990 + 2 * k) for k in range(4)))
    assert (CodeMotif.SOUS_SEUIL in codes(detections)) is passes


def purchase(k: int, euros: int) -> Ecriture:
    """Return the k-th purchase of one supplier."""
    label, piece = "Fournitures de bureau", f"F{k}7"
    lines = [
        Ligne(compte_num="606400", piece_ref=piece, ecriture_lib=label, debit=f"{euros}.00"),
        Ligne(compte_num="401000", comp_aux_num="DURAND", ecriture_lib=label, credit=f"{euros}.00"),
    ]
    return Ecriture(
        societe_id=1,
        ecriture_id=f"E{k}",
        journal_code="AC",
        ecriture_date=dt.date(2024, 3, 4 + k),
        saisie_par="anne",
        lignes=lines,
    )


def test_what_is_material_moves_the_severity(entry: BuildEntry) -> None:
    small, large = (
        found(entry(gap=5, euros=1000), seuil_signification=figure)[0].severite for figure in ("100000.00", "10.00")
    )
    order = list(Severite)
    assert order.index(small) < order.index(large)


def test_a_detection_names_the_version_of_the_settings(entry: BuildEntry) -> None:
    assert found(entry(gap=5), version=12)[0].parametres_version == 12


class TestModels:
    """What is set and learnt of the models that score every entry."""

    @pytest.fixture(params=[CodeMotif.DETECTEUR_EN_LIGNE, CodeMotif.FORET_ISOLATION])
    def code(self, request: pytest.FixtureRequest) -> CodeMotif:
        return CodeMotif(request.param)

    @pytest.fixture
    def said(
        self, code: CodeMotif, ledger: list[Ecriture], forest: IsolationForest
    ) -> Callable[..., dict[str, tuple[Detection, MotifDetection]]]:
        """Return what the model says with some settings, by entry."""
        model = Model(ModeleUtilise(modele_id=5, version=2), forest) if code is CodeMotif.FORET_ISOLATION else None

        def say(**fields: object) -> dict[str, tuple[Detection, MotifDetection]]:
            company = Company(Parametres(societe_id=1, **fields), model)  # type: ignore[arg-type]
            return {
                f"{one.ecriture_id} {one.revision}": (one, motif)
                for one in company.found(*ledger)
                for motif in one.motifs
                if motif.code is code
            }

        return say

    def test_it_can_be_switched_off(self, code: CodeMotif, said) -> None:  # type: ignore[no-untyped-def]
        assert said()
        assert said(controles=only(code, actif=False)) == {}
        assert said(controles=only(code, poids=0.0)) == {}

    def test_a_higher_weight_counts_more(self, code: CodeMotif, said) -> None:  # type: ignore[no-untyped-def]
        usual, more = said(), said(controles=only(code, poids=0.9))
        assert any(more[name][1].poids > 2 * motif.poids for name, (_, motif) in usual.items() if name in more)

    def test_a_higher_threshold_lets_it_speak_less(self, code: CodeMotif, said) -> None:  # type: ignore[no-untyped-def]
        usual, strict = said(), said(controles=only(code, seuil=6.0))
        assert len(strict) < len(usual)
        assert {motif.seuil for _, motif in strict.values()} <= {6.0}

    def test_verdicts_weaken_it_in_their_journal_only(self, code: CodeMotif, said) -> None:  # type: ignore[no-untyped-def]
        usual = said()
        weaker = said(attenuations=[Attenuation(code=code, journal_code="OD", facteur=0.25)])
        concerned = [name for name, (one, _) in usual.items() if one.journal_code == "OD" and name in weaker]
        assert concerned
        for name in concerned:
            assert weaker[name][1].poids < 0.6 * usual[name][1].poids
            one = weaker[name][0]
            assert round(sum(motif.poids for motif in one.motifs), 2) == one.score
        other = said(attenuations=[Attenuation(code=code, journal_code="nowhere", facteur=0.25)])
        assert {name: motif.poids for name, (_, motif) in other.items()} == {
            name: motif.poids for name, (_, motif) in usual.items()
        }
