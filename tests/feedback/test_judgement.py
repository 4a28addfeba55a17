"""The first verdict on a revision stands; what contradicts it, or is about nothing, is refused with a way out."""

import datetime as dt
import uuid

import pytest
from msgspec.structs import replace

from schemas import (
    Avis,
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    Verdict,
    detection_id,
)
from wisebook_ml.feedback.judgement import Contradiction, Judgement, Refused, UnknownDetection, judge, judged
from wisebook_ml.feedback.standing import Outcome, subject_of, weigh

OBJET = Objet(type=TypeObjet.ECRITURE, id="E1")
ABOUT = detection_id(1, DomaineApplication.ECRITURES_COMPTABLES, OBJET)
YES, NO, OTHER, MISSED = Verdict.CONFIRMEE, Verdict.FAUX_POSITIF, Verdict.RECLASSEE, Verdict.MANQUEE


def detection(revision: int = 1, etat: Etat = Etat.OUVERTE, objet: Objet = OBJET) -> Detection:
    reason = MotifDetection(
        code=CodeMotif.MONTANT_ROND, poids=50.0, valeur=1, seuil=1, libelle_fr="rond", libelle_en="round"
    )
    return Detection(
        detection_id=ABOUT,
        societe_id=1,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=etat,
        revision=revision,
        ecriture_id="E1",
        journal_code="OD",
        montant="100.00",
        score=50.0,
        severite=Severite.MOYENNE,
        motifs=[] if etat is Etat.CLOSE else [reason],
        contributions={"montant": 50.0},
        modeles=[],
        parametres_version=3,
    )


def avis(verdict: Verdict = YES, **changes: object) -> Avis:
    account = "6063" if verdict is OTHER else None
    missed = verdict is MISSED
    plain = Avis(
        societe_id=1,
        detection_id=None if missed else ABOUT,
        ecriture_id="E1" if missed else None,
        verdict=verdict,
        compte_num=account,
        auteur="marie",
    )
    return replace(plain, **changes)


def take(detections: list[Detection | None], said: list[Avis]) -> list[Judgement]:
    told: list[Judgement] = []
    for one, about in zip(said, detections, strict=True):
        stamped, outcome = judge(one, about, told)
        if outcome is Outcome.REPEATED:
            continue
        now = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
        found = judged(stamped, about, told, donne_le=now, empreinte=str(len(told)))
        told = [replace(other, en_vigueur=other.en_vigueur and not found.en_vigueur) for other in told] + [found]
    return told


def standing(told: list[Judgement]) -> Verdict:
    (one,) = (one for one in told if one.en_vigueur)
    return one.avis.verdict


def test_a_verdict_keeps_the_detection_as_it_was() -> None:
    (one,) = take([detection()], [avis()])
    assert (one.revision, one.journal_code, one.ecriture_id, one.score) == (1, "OD", "E1", 50.0)
    assert one.motifs == {CodeMotif.MONTANT_ROND: 50.0}
    assert (one.contributions, one.parametres_version) == ({"montant": 50.0}, 3)


def test_the_same_again_is_no_error() -> None:
    assert len(take([detection()] * 3, [avis(), avis(auteur="paul"), avis(revision=1, remplace=True)])) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [(YES, avis(NO)), (NO, avis(YES)), (YES, avis(OTHER)), (OTHER, avis(YES)), (OTHER, avis(OTHER, compte_num="6064"))],
)
def test_another_one_on_the_same_revision_replaces_on_purpose_only(first: Verdict, second: Avis) -> None:
    with pytest.raises(Contradiction, match=r"which stands for detection .*--replace"):
        take([detection()] * 2, [avis(first), second])
    told = take([detection()] * 2, [avis(first), replace(second, remplace=True)])
    assert [one.en_vigueur for one in told] == [False, True]


def test_a_later_revision_may_be_judged_anew() -> None:
    told = take([detection(1), detection(2)], [avis(YES), avis(NO)])
    assert standing(told) is NO


def test_a_late_verdict_on_an_earlier_revision_is_kept_and_does_not_stand() -> None:
    told = take([detection(2), detection(2), detection(2)], [avis(NO), avis(YES, revision=1), avis(YES, revision=1)])
    assert len(told) == 2
    assert standing(told) is NO
    assert told[1].motifs == {}  # what was found then is not known any more
    with pytest.raises(Contradiction):
        take([detection(2)] * 3, [avis(NO), avis(YES, revision=1), avis(NO, revision=1)])


def test_a_second_thought_on_an_earlier_revision_knows_its_reasons() -> None:
    told = take([detection(1), detection(2)], [avis(YES), avis(NO, revision=1, remplace=True)])
    assert told[1].motifs == {CodeMotif.MONTANT_ROND: 50.0}
    assert standing(told) is NO


@pytest.mark.parametrize(
    ("about", "said", "error", "words"),
    [
        (None, avis(), UnknownDetection, "company 1 has no detection .* MANQUEE"),
        (detection(), avis(societe_id=2), UnknownDetection, "company 2 has no detection"),
        (detection(1), avis(revision=2), UnknownDetection, "has revision 1, .* revision 2"),
        (detection(), avis(ecriture_id="E2"), Refused, "is about entry 'E1', not about 'E2'"),
        (detection(objet=Objet(type=TypeObjet.JOURNAL, id="VE/2024")), avis(OTHER), Refused, "JOURNAL 'VE/2024'"),
        (detection(), avis(MISSED), Refused, "was not missed: detection .* is open"),
    ],
)
def test_what_cannot_be_judged(about: Detection | None, said: Avis, error: type[Refused], words: str) -> None:
    with pytest.raises(error, match=words):
        judge(said, about, [])


def test_a_missed_entry() -> None:
    (one,) = take([None], [avis(MISSED)])
    assert (one.detection_id, one.revision, one.ecriture_id, one.motifs) == (ABOUT, 0, "E1", {})
    assert standing(take([None, detection()], [avis(MISSED), avis(NO)])) is NO  # found since
    with pytest.raises(Contradiction, match="FAUX_POSITIF by 'marie', which stands for entry 'E1'"):
        take([detection(), detection(2, Etat.CLOSE)], [avis(NO), avis(MISSED)])


def test_subjects() -> None:
    assert subject_of(avis()) == subject_of(avis(MISSED)) == ABOUT
    assert subject_of(avis(detection_id=uuid.UUID(int=3))) == uuid.UUID(int=3)


def test_revisions_that_are_not_told_count_as_the_same() -> None:
    assert weigh(avis(NO), avis(YES, revision=1)) is Outcome.CONTRADICTS
    assert weigh(avis(NO, revision=2), avis(YES, revision=1)) is Outcome.STANDS
    assert weigh(avis(NO, revision=1), avis(YES, revision=2)) is Outcome.OUTDATED
