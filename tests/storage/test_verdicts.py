"""Verdicts are kept with what was judged; of each subject one stands."""

import datetime as dt
import uuid
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from schemas import Avis, CodeMotif, ModeleUtilise, Verdict
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.feedback.reliability import CONTROL, MODEL, VERSION
from wisebook_ml.storage import VerdictStore

NOON = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
CONFIRMED, DISMISSED = Verdict.CONFIRMEE, Verdict.FAUX_POSITIF


def verdict(
    number: int, said: Verdict = CONFIRMED, *, about: int | None = None, revision: int = 1, **changes: object
) -> Judgement:
    detection = uuid.UUID(int=number if about is None else about)
    avis = Avis(societe_id=7, detection_id=detection, verdict=said, auteur="marie", revision=revision)
    plain = Judgement(
        avis=avis,
        detection_id=detection,
        revision=revision,
        donne_le=NOON,
        empreinte=f"{number:032d}",
        ecriture_id=f"E-{number}",
        journal_code="OD",
        score=80.5,
        motifs={CodeMotif.MONTANT_ROND: 60.5, CodeMotif.FORET_ISOLATION: 20.0},
        contributions={"montant": 60.5, "date": 20.0},
        modeles=[ModeleUtilise(modele_id=3, version=2)],
        parametres_version=4,
    )
    return replace(plain, **changes)


def missed(number: int) -> Judgement:
    avis = Avis(societe_id=7, ecriture_id=f"E-{number}", verdict=Verdict.MANQUEE, auteur="paul", compte_num="6063")
    return Judgement(
        avis=avis,
        detection_id=uuid.UUID(int=number),
        revision=0,
        donne_le=NOON,
        empreinte=f"{number:032d}",
        ecriture_id=f"E-{number}",
        modeles=[],
    )


@pytest.fixture
def store(engine: Engine) -> VerdictStore:
    return VerdictStore(engine)


def numbers(found: Sequence[Judgement]) -> list[int]:
    return [int(one.empreinte) for one in found]


def test_what_is_written_is_read_back(store: VerdictStore) -> None:
    plain = verdict(1, Verdict.FAUX_POSITIF)
    said = replace(plain.avis, ecriture_id="E-1", verdict=Verdict.RECLASSEE, compte_num="6063", commentaire="vu")
    whole = replace(plain, avis=replace(said, remplace=True))
    store.write([whole, missed(2)])
    store.write([])
    assert store.list(7) == [missed(2), whole]
    assert store.told([whole.detection_id, uuid.UUID(int=99)]) == {whole.detection_id: [whole]}
    assert store.known([whole.empreinte, "unknown"]) == {whole.empreinte}


def test_a_record_that_comes_again_counts_once(store: VerdictStore) -> None:
    store.write([verdict(1), verdict(2)])
    store.write([verdict(2), verdict(1), verdict(3)])
    assert numbers(store.list(7)) == [3, 2, 1]


def test_the_last_verdict_on_the_latest_revision_stands(store: VerdictStore) -> None:
    store.write([verdict(1, about=5), verdict(2, DISMISSED, about=5), verdict(3, about=6)])
    store.write([verdict(4, revision=2, about=5), verdict(5, DISMISSED, revision=1, about=5)])
    assert numbers(store.list(7)) == [4, 3]
    assert [one.en_vigueur for one in store.told([uuid.UUID(int=5)])[uuid.UUID(int=5)]] == [False, False, True, False]
    assert numbers(store.list(7, standing=False)) == [5, 4, 3, 2, 1]


def test_questions(store: VerdictStore) -> None:
    other = replace(verdict(9), avis=replace(verdict(9).avis, societe_id=8))
    store.write([verdict(1), verdict(2, DISMISSED), missed(3), other])
    assert numbers(store.list(limit=2)) == [9, 3]
    assert numbers(store.list(7, verdict=DISMISSED)) == [2]
    assert numbers(store.judged(7)) == [1, 2, 3]
    assert store.counts() == {7: {CONFIRMED: 1, DISMISSED: 1, Verdict.MANQUEE: 1}, 8: {CONFIRMED: 1}}
    assert store.counts(8) == {8: {CONFIRMED: 1}}


def test_those_given_in_a_stretch_of_time_that_stand(store: VerdictStore) -> None:
    minute = dt.timedelta(minutes=1)
    store.write(
        [
            verdict(1, donne_le=NOON),
            verdict(2, DISMISSED, donne_le=NOON + minute),
            verdict(3, DISMISSED, about=1, donne_le=NOON + 2 * minute),
            verdict(4, donne_le=NOON + 9 * minute),
        ]
    )
    assert store.given(7, NOON, NOON + 9 * minute) == [(NOON + minute, DISMISSED), (NOON + 2 * minute, DISMISSED)]
    assert store.given(8, NOON, NOON + 9 * minute) == []


def test_rates_are_there_at_once(store: VerdictStore) -> None:
    store.write([verdict(1, DISMISSED), verdict(2), verdict(3, DISMISSED, journal_code="VE"), missed(4)])
    rates = {(one.genre, one.nom, one.journal_code): (one.rejets, one.avis) for one in store.reliability(7)}
    assert rates == {
        (genre, name, journal): counts
        for genre, name in ((CONTROL, "MONTANT_ROND"), (MODEL, "FORET_ISOLATION"), (VERSION, "3/2"))
        for journal, counts in ((None, (2, 3)), ("OD", (1, 2)), ("VE", (1, 1)))
    }


def test_text_that_postgresql_cannot_hold(store: VerdictStore) -> None:
    store.write([replace(verdict(1), avis=replace(verdict(1).avis, commentaire="a\0b"))])
    assert store.list(7)[0].avis.commentaire == "a\N{REPLACEMENT CHARACTER}b"
