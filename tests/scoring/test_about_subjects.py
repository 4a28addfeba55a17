"""What verdicts have taught of findings about accounts, journals and third parties."""

import dataclasses

import pytest

from schemas import Attenuation, CodeMotif, Etat, Parametres, TypeObjet
from wisebook_ml.scoring.about_subjects import is_told, subject_detection
from wisebook_ml.subjects import SUBJECTS, Subject, SubjectFinding

FINDING = SubjectFinding(
    position=0,
    societe_id=1,
    type=TypeObjet.COMPTE,
    id="607000/2024-03",
    etat=Etat.OUVERTE,
    revision=1,
    montant=1_000_00,
    value=2.0,
    threshold=1.0,
    strength=0.8,
    libelle_fr="Chiffres inhabituels.",
    libelle_en="Unusual digits.",
)
IN_A_JOURNAL = dataclasses.replace(FINDING, journal_code="AC")
LEARNING = [one for one in SUBJECTS if one.code in (CodeMotif.BENFORD, CodeMotif.LETTRAGE_INEGAL)]


def taught(subject: Subject, context: str) -> Parametres:
    return Parametres(societe_id=1, attenuations=[Attenuation(code=subject.code, journal_code=context, facteur=0.25)])


def test_there_are_some() -> None:
    assert LEARNING
    assert any(one.required for one in SUBJECTS)


@pytest.mark.parametrize("subject", LEARNING, ids=lambda one: one.code)
@pytest.mark.parametrize(("finding", "context"), [(FINDING, "607000"), (IN_A_JOURNAL, "AC")])
def test_what_was_dismissed_counts_less_where_it_was(subject: Subject, finding: SubjectFinding, context: str) -> None:
    usual = subject_detection(subject, finding, Parametres(societe_id=1))
    weaker = subject_detection(subject, finding, taught(subject, context))
    assert usual.score > 0
    assert weaker.score == pytest.approx(usual.score / 4, abs=0.01)
    assert sum(weaker.contributions.values()) == weaker.motifs[0].poids == weaker.score
    assert is_told(subject, finding, taught(subject, context))


@pytest.mark.parametrize("subject", LEARNING, ids=lambda one: one.code)
def test_and_nowhere_else(subject: Subject) -> None:
    usual = subject_detection(subject, FINDING, Parametres(societe_id=1))
    assert subject_detection(subject, FINDING, taught(subject, "601000")).score == usual.score
    assert subject_detection(subject, IN_A_JOURNAL, taught(subject, "607000")).score == usual.score


@pytest.mark.parametrize("subject", [one for one in SUBJECTS if one.required], ids=lambda one: one.code)
def test_no_verdict_excuses_what_a_regulation_asks_for(subject: Subject) -> None:
    usual = subject_detection(subject, FINDING, Parametres(societe_id=1))
    assert subject_detection(subject, FINDING, taught(subject, "607000")).score == usual.score
