"""Pages of detections give what a look at all of them gives, whatever is asked for and of how many companies."""

import datetime as dt
import random
import uuid
from collections.abc import Callable
from itertools import combinations

import msgspec
import pytest
from sqlalchemy import Engine

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
)
from wisebook_ml.feedback.judgement import judged
from wisebook_ml.storage import DetectionStore, StoredDetection, VerdictStore
from wisebook_ml.storage.detection_pages import MERGED, Cursor, DetectionPages, Filter, Order, UnknownCursor

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
CODES = [CodeMotif.DOUBLON, CodeMotif.RAFALE, CodeMotif.TVA_TAUX]
COMPANIES = list(range(1, MERGED + 5))
DETECTIONS = 150

Row = tuple[StoredDetection, Verdict | None]
Fits = Callable[[Detection, dt.datetime, Verdict | None], bool]

ASKED: dict[str, tuple[dict[str, object], Fits]] = {
    "etat": ({"etat": Etat.CLOSE}, lambda one, *_: one.etat is Etat.CLOSE),
    "open": ({"etat": Etat.OUVERTE}, lambda one, *_: one.etat is Etat.OUVERTE),
    "severite": ({"severite": Severite.ELEVEE}, lambda one, *_: one.severite is Severite.ELEVEE),
    "code": ({"code": CODES[0]}, lambda one, *_: CODES[0] in {motif.code for motif in one.motifs}),
    "journal": ({"journal": "AC"}, lambda one, *_: one.journal_code == "AC"),
    "number": ({"ecriture_num": "7"}, lambda one, *_: one.ecriture_num == "7"),
    "depuis": (
        {"depuis": dt.date(2025, 3, 1)},
        lambda one, *_: one.ecriture_date is not None and one.ecriture_date >= dt.date(2025, 3, 1),
    ),
    "score": ({"score_min": 40.0}, lambda one, *_: one.score >= 40.0),
    "amount": ({"montant_min": "50.00", "montant_max": "500.00"}, lambda one, *_: 50 <= float(one.montant) <= 500),
    "verdict": ({"verdict": Verdict.CONFIRMEE}, lambda _, __, said: said is Verdict.CONFIRMEE),
    "judged": ({"juge": True}, lambda _, __, said: said is not None),
    "not judged": ({"juge": False}, lambda _, __, said: said is None),
    "since": ({"since": NOW - dt.timedelta(days=30)}, lambda _, made, __: made >= NOW - dt.timedelta(days=30)),
    "periode": (
        {"periode": (dt.date(2025, 2, 1), dt.date(2025, 5, 31))},
        lambda one, made, _: dt.date(2025, 2, 1) <= (one.ecriture_date or made.date()) <= dt.date(2025, 5, 31),
    ),
}


def made(rng: random.Random, number: int) -> StoredDetection:
    societe_id = rng.choice(COMPANIES)
    objet = Objet(type=TypeObjet.ECRITURE, id=f"E-{number}")
    codes = rng.sample(CODES, rng.randrange(3))
    detection = Detection(
        detection_id=uuid.UUID(int=rng.getrandbits(128)),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=rng.choice([Etat.OUVERTE, Etat.OUVERTE, Etat.CLOSE]),
        revision=1,
        ecriture_id=objet.id,
        journal_code=rng.choice(["AC", "VE", None]),
        ecriture_num=str(rng.randrange(20)),
        ecriture_date=rng.choice([None, dt.date(2025, 1, 1) + dt.timedelta(days=rng.randrange(180))]),
        montant=f"{rng.uniform(-100, 1000):.2f}",
        score=float(rng.randrange(0, 100, 20)),
        severite=rng.choice(list(Severite)),
        motifs=[
            MotifDetection(code=code, poids=1.0, valeur=1.0, seuil=0.5, libelle_fr="é", libelle_en="e")
            for code in [*codes, *codes[:1]]
        ],
        contributions={},
        modeles=[],
        parametres_version=0,
    )
    moment = NOW - dt.timedelta(days=rng.randrange(180))
    return StoredDetection(detection=detection, ce_time=moment, partition=0, offset=number, topic="t")


@pytest.fixture
def rows(engine: Engine) -> list[Row]:
    """Store detections, a quarter of them judged."""
    rng = random.Random(5)
    stored = [made(rng, number) for number in range(DETECTIONS)]
    DetectionStore(engine).write(stored)
    found: list[Row] = []
    for one in stored:
        verdict = rng.choice([Verdict.CONFIRMEE, Verdict.FAUX_POSITIF]) if rng.random() < 0.25 else None
        if verdict is not None:
            about = one.detection
            avis = Avis(
                societe_id=about.societe_id,
                detection_id=about.detection_id,
                verdict=verdict,
                auteur="m",
                revision=about.revision,
            )
            VerdictStore(engine).write([judged(avis, about, [], donne_le=NOW, empreinte=uuid.uuid4().hex)])
        found.append((one, verdict))
    return found


def test_every_two_filters_of_any_companies(engine: Engine, rows: list[Row]) -> None:
    pages = DetectionPages(engine)
    several: list[frozenset[int] | None] = [
        None,
        frozenset(),
        frozenset({1}),
        frozenset({1, 2, 3}),
        frozenset(COMPANIES[: MERGED + 2]),
    ]
    for names in [(), *((name,) for name in ASKED), *combinations(ASKED, 2)]:
        fields: dict[str, object] = {}
        for name in names:
            fields |= ASKED[name][0]
        fits = [ASKED[name][1] for name in names]
        if {"etat", "open"} <= set(names) or {"judged", "not judged"} <= set(names):
            continue  # one field with two values
        for societes in several:
            for order in Order:
                wanted = Filter(societes=societes, **fields)  # type: ignore[arg-type]  # names of its fields
                expected = sorted(
                    (
                        (one.detection.score, one.ce_time, one.detection.detection_id)[order is Order.TIME :]
                        for one, said in rows
                        if (societes is None or one.detection.societe_id in societes)
                        and all(fit(one.detection, one.ce_time, said) for fit in fits)
                    ),
                    reverse=True,
                )
                page = pages.page(wanted, order, limit=7)
                assert (page.count, page.counted) == (len(expected), True), (names, societes, order)
                ids = [one.detection.detection_id for one in page.results]
                assert ids == [one[-1] for one in expected[:7]], (names, societes, order)


@pytest.mark.parametrize("order", list(Order))
def test_pages_follow_one_another(engine: Engine, rows: list[Row], order: Order) -> None:
    pages = DetectionPages(engine)
    for societes in (None, frozenset(COMPANIES[:4])):
        wanted = Filter(societes=societes)
        whole = pages.page(wanted, order, limit=DETECTIONS)
        found, after = [], None
        while True:
            page = pages.page(wanted, order, limit=11, after=after)
            found += page.results
            if page.next is None:
                break
            after = Cursor.read(page.next.text())
        assert found == whole.results
        assert pages.page(wanted, order, limit=5, offset=3).results == whole.results[3:8]


def test_open_detections_are_counted_by_severity(engine: Engine, rows: list[Row]) -> None:
    counts = DetectionPages(engine).open_by_severity(frozenset({1, 2}))
    for societe_id in (1, 2):
        own = [one.detection for one, _ in rows if one.detection.societe_id == societe_id]
        severities = [one.severite for one in own if one.etat is Etat.OUVERTE]
        assert counts.get(societe_id, {}) == {one: severities.count(one) for one in set(severities)}


@pytest.mark.parametrize("text", ["", "abc", "é", "W10", "a" * 300, Cursor(1.0, NOW, uuid.UUID(int=1)).text()[:-3]])
def test_a_cursor_that_is_none(text: str) -> None:
    with pytest.raises(UnknownCursor, match="unchanged"):
        Cursor.read(text)


def test_a_cursor_is_read_as_it_was_given() -> None:
    cursor = Cursor(100 / 3, NOW.replace(microsecond=123_456), uuid.UUID(int=2**127 + 1))
    assert Cursor.read(cursor.text()) == cursor
    assert msgspec.json.decode(msgspec.json.encode(cursor), type=Cursor) == cursor
