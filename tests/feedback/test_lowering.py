"""What is dismissed again and again counts less, and comes back; what a regulation asks for never does."""

import datetime as dt
import uuid

import pytest
from msgspec.structs import replace

from schemas import Attenuation, Avis, CodeMotif, Verdict
from wisebook_ml.controls import CONTROLS
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.feedback.lowering import FLOOR, attenuations, motif
from wisebook_ml.feedback.reliability import reliability, wilson
from wisebook_ml.subjects import SUBJECTS

ROUND, WEEKEND, REQUIRED = CodeMotif.MONTANT_ROND, CodeMotif.JOUR_NON_OUVRE, CodeMotif.DESEQUILIBRE
FOREST = CodeMotif.FORET_ISOLATION


def said(dismissed: bool, code: CodeMotif = ROUND, journal: str | None = "OD", **points: float) -> Judgement:
    about = uuid.uuid4()
    verdict = Verdict.FAUX_POSITIF if dismissed else Verdict.CONFIRMEE
    return Judgement(
        avis=Avis(societe_id=1, detection_id=about, verdict=verdict, auteur="marie"),
        detection_id=about,
        revision=1,
        donne_le=dt.datetime(2025, 1, 1, tzinfo=dt.UTC),
        empreinte=about.hex,
        journal_code=journal,
        motifs={code: 60.0, **{CodeMotif(name): value for name, value in points.items()}},
    )


def dismissals(number: int, *args: CodeMotif | str) -> list[Judgement]:
    return [said(True, *args) for _ in range(number)]  # type: ignore[arg-type]


def confirmations(number: int, *args: CodeMotif | str) -> list[Judgement]:
    return [said(False, *args) for _ in range(number)]  # type: ignore[arg-type]


def lowered(judgements: list[Judgement], before: list[Attenuation] | None = None) -> dict[tuple[CodeMotif, str], float]:
    found = attenuations(judgements, CONTROLS, before or [])
    return {(one.code, one.journal_code): one.facteur for one in found}


def test_eight_dismissals_in_one_journal_halve_a_control_there_and_nowhere_else() -> None:
    judgements = dismissals(8) + confirmations(3, ROUND, "AC") + confirmations(6, WEEKEND)
    (one,) = attenuations(judgements, CONTROLS, [])
    assert (one.code, one.journal_code, one.avis, one.rejets) == (ROUND, "OD", 8, 8)
    assert FLOOR < one.facteur < 0.6


@pytest.mark.parametrize(
    "judgements",
    [
        [],
        dismissals(4),
        confirmations(20),
        dismissals(4) + confirmations(4),
        dismissals(40, REQUIRED),
        [said(True, journal=None) for _ in range(40)],
        # It was another reason that the detections rested on.
        [said(True, WEEKEND, MONTANT_ROND=5.0) for _ in range(3)] + confirmations(3, WEEKEND),
    ],
)
def test_no_lowering_without_cause(judgements: list[Judgement]) -> None:
    assert lowered(judgements) == {}


def test_a_model_is_lowered_as_a_control_is() -> None:
    assert (FOREST, "OD") in lowered(dismissals(8, FOREST))


def test_so_is_what_follows_a_subject_and_what_none_asks_for() -> None:
    learnt = attenuations(dismissals(8, CodeMotif.BENFORD, "607000"), (*CONTROLS, *SUBJECTS), [])
    assert [(one.code, one.journal_code) for one in learnt] == [(CodeMotif.BENFORD, "607000")]
    for subject in SUBJECTS:
        if subject.required and subject.code not in {control.code for control in CONTROLS}:
            assert attenuations(dismissals(40, subject.code), (*CONTROLS, *SUBJECTS), []) == []


def test_it_never_falls_below_the_floor() -> None:
    assert lowered(dismissals(1000)) == {(ROUND, "OD"): FLOOR}


def test_more_dismissals_lower_more() -> None:
    factors = [lowered(dismissals(number)).get((ROUND, "OD"), 1.0) for number in range(4, 30)]
    assert factors == sorted(factors, reverse=True)


def test_it_recovers_when_it_is_confirmed_again() -> None:
    judgements, before, factors = dismissals(20), list[Attenuation](), list[float]()
    for _ in range(30):
        before = attenuations(judgements, CONTROLS, before)
        factors.append(before[0].facteur if before else 1.0)
        judgements.append(said(False))
    assert factors[0] == FLOOR
    assert factors == sorted(factors)
    assert factors[-1] == 1.0


def test_what_is_usual_for_the_company_is_no_reason() -> None:
    others = [
        one for code in (WEEKEND, CodeMotif.PIECE_ABSENTE) for one in dismissals(30, code) + confirmations(8, code)
    ]
    alone, among = dismissals(7) + confirmations(2), lowered(others + dismissals(7) + confirmations(2))
    assert (ROUND, "OD") in lowered(alone)
    assert (ROUND, "OD") not in among


def test_small_moves_leave_what_is_in_force() -> None:
    before = attenuations(dismissals(8), CONTROLS, [])
    assert attenuations(dismissals(9), CONTROLS, before) == before
    after = attenuations(dismissals(16), CONTROLS, before)
    assert after != before
    assert after[0].avis == 16


def test_what_is_in_force_stays_without_new_verdicts_but_for_required_controls() -> None:
    kept = Attenuation(code=WEEKEND, journal_code="VE", facteur=0.4, avis=9, rejets=9)
    wrong = replace(kept, code=REQUIRED)
    assert attenuations(dismissals(2), CONTROLS, [kept, wrong]) == [kept]


def test_the_reason_of_a_version_gives_the_figures() -> None:
    before = [Attenuation(code=WEEKEND, journal_code="VE", facteur=0.4, avis=9, rejets=9)]
    after = attenuations(dismissals(8), CONTROLS, [])
    assert motif(before, after).split(" ; ") == [
        "avis : JOUR_NON_OUVRE, journal VE : x 0.40 -> x 1.00",
        "MONTANT_ROND, journal OD : x 1.00 -> x 0.50 (8 FAUX_POSITIF / 8)",
    ]
    many = [replace(before[0], journal_code=f"{'J' * 60}{k}") for k in range(40)]
    assert len(motif([], many)) <= 1000
    assert motif([], many).endswith("; + 34")


def test_rates_and_their_intervals() -> None:
    judgements = dismissals(3) + confirmations(1) + [said(True, WEEKEND, MONTANT_ROND=1.0)]
    rates = {(one.nom, one.journal_code): one for one in reliability(judgements)}
    one = rates["MONTANT_ROND", "OD"]
    assert (one.avis, one.rejets, one.taux) == (4, 3, 0.75)  # a sixtieth of the points does not carry a detection
    assert (one.bas, one.haut) == wilson(3, 4)
    assert 0.30 < one.bas < 0.31
    assert 0.95 < one.haut < 0.96
    assert rates["JOUR_NON_OUVRE", None].rejets == 1
