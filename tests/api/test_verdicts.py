"""Verdicts through the API: what is shown of them, and what is refused before anything is published."""

import datetime as dt
import uuid
from collections.abc import Callable

import httpx
import pytest

from schemas import Avis, Detection, Verdict
from wisebook_ml.feedback.judgement import judged
from wisebook_ml.storage import VerdictStore, open_database

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)

LIST = "/api/ml/detections/"
MISSED = "/api/ml/ecritures/manquees/"

Client = Callable[[str], httpx.Client]
Write = Callable[..., None]
Make = Callable[..., Detection]
Say = Callable[..., None]

EVIL = "<script>alert('x')</script>'; DROP TABLE avis_detection; --"


@pytest.fixture
def say(database_url: str, now: dt.datetime) -> Say:
    """Store a verdict as the feedback role does."""
    engine = open_database(database_url)
    store = VerdictStore(engine)

    def say_(detection: Detection, verdict: Verdict, **changes: object) -> None:
        avis = Avis(
            societe_id=detection.societe_id,
            detection_id=detection.detection_id,
            verdict=verdict,
            auteur="Marie",
            revision=detection.revision,
            **changes,  # type: ignore[arg-type]
        )
        told = store.told([detection.detection_id]).get(detection.detection_id, [])
        store.write([judged(avis, detection, told, donne_le=now, empreinte=uuid.uuid4().hex)])

    return say_


def test_the_verdict_that_stands_is_shown(client: Client, write: Write, detection: Make, say: Say) -> None:
    write(detection(1), detection(2))
    say(detection(1), Verdict.FAUX_POSITIF, commentaire=EVIL)
    say(detection(1), Verdict.RECLASSEE, compte_num="6063", remplace=True)
    reader = client("one")
    avis = reader.get(f"{LIST}{detection(1).detection_id}/").json()["avis"]
    assert (avis["verdict"], avis["compte_num"], avis["auteur"]) == ("RECLASSEE", "6063", "Marie")
    assert avis["en_vigueur"] is True
    shown = {one["ecriture_id"]: one.get("avis", {}).get("verdict") for one in reader.get(LIST).json()["results"]}
    assert shown == {"E-1": "RECLASSEE", "E-2": None}
    history = reader.get(f"{LIST}{detection(1).detection_id}/avis/").json()
    assert history["count"] == 2
    assert [one["verdict"] for one in history["results"]] == ["RECLASSEE", "FAUX_POSITIF"]
    assert history["results"][1]["commentaire"] == EVIL


def test_lists_of_what_was_judged(client: Client, write: Write, detection: Make, say: Say) -> None:
    write(detection(1), detection(2))
    say(detection(1), Verdict.CONFIRMEE)
    reader = client("one")
    for query, expected in {"juge=true": "E-1", "juge=false": "E-2", "avis=CONFIRMEE": "E-1"}.items():
        assert [one["ecriture_id"] for one in reader.get(f"{LIST}?{query}").json()["results"]] == [expected]
    assert reader.get(f"{LIST}?avis=FAUX_POSITIF").json()["count"] == 0
    write(detection(1, score=99.0))  # its record comes again, and what was said of it stays
    assert reader.get(f"{LIST}?avis=CONFIRMEE").json()["results"][0]["score"] == 99.0


def test_what_stands_already_is_not_published_again(client: Client, write: Write, detection: Make, say: Say) -> None:
    write(detection(1))
    say(detection(1), Verdict.CONFIRMEE)
    given = client("verdict").post(f"{LIST}{detection(1).detection_id}/avis/", json={"verdict": "CONFIRMEE"})
    assert (given.status_code, given.json()["statut"]) == (200, "EN_VIGUEUR")


def test_what_contradicts_is_refused(client: Client, write: Write, detection: Make, say: Say) -> None:
    write(detection(1))
    say(detection(1), Verdict.CONFIRMEE)
    path = f"{LIST}{detection(1).detection_id}/avis/"
    refused = client("verdict").post(path, json={"verdict": "FAUX_POSITIF"})
    assert refused.status_code == 409
    assert "remplace" in refused.json()["detail"]
    later = client("verdict").post(path, json={"verdict": "CONFIRMEE", "revision": 7})
    assert later.status_code == 409


def test_without_a_broker_it_is_said(client: Client, write: Write, detection: Make) -> None:
    write(detection(1))
    path = f"{LIST}{detection(1).detection_id}/avis/"
    answer = client("verdict").post(path, json={"verdict": "CONFIRMEE", "commentaire": EVIL})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "MANQUEE"},
        {"verdict": "RECLASSEE"},
        {"verdict": "CONFIRMEE", "compte_num": "6063"},
        {"verdict": "CONFIRMEE", "auteur": "somebody else"},
        {"verdict": "CONFIRMEE", "commentaire": "x" * 2001},
        {"verdict": "CONFIRMEE", "revision": 0},
        {"verdict": ["CONFIRMEE"]},
        [],
        "CONFIRMEE",
    ],
)
def test_a_verdict_that_is_none(client: Client, write: Write, detection: Make, body: object) -> None:
    write(detection(1))
    answer = client("verdict").post(f"{LIST}{detection(1).detection_id}/avis/", json=body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_of_other_companies_nothing_is_told_nor_taken(client: Client, write: Write, detection: Make) -> None:
    others = detection(2, societe_id=2)
    write(others)
    for id_ in (others.detection_id, uuid.uuid4()):
        assert client("one").get(f"{LIST}{id_}/avis/").status_code == 404
        assert client("one").get(f"{LIST}{id_}/ecriture/").status_code == 404
        given = client("verdict").post(f"{LIST}{id_}/avis/", json={"verdict": "CONFIRMEE"})
        assert given.status_code == 404
    missed = client("verdict").post(MISSED, json={"societe_id": 2, "ecriture_id": "E-2"})
    assert missed.status_code == 404


def test_a_verdict_needs_its_right(client: Client, write: Write, detection: Make) -> None:
    write(detection(1))
    for path in (f"{LIST}{detection(1).detection_id}/avis/", MISSED):
        assert client("one").post(path, json={}).status_code in {400, 403}
    body = {"societe_id": 1, "ecriture_id": "E-9"}
    assert client("one").post(MISSED, json=body).status_code == 403


def test_what_was_detected_was_not_missed(client: Client, write: Write, detection: Make) -> None:
    write(detection(1))
    answer = client("verdict").post(MISSED, json={"societe_id": 1, "ecriture_id": "E-1", "commentaire": EVIL})
    assert answer.status_code == 400
    assert "was not missed" in answer.json()["detail"]


def test_an_entry_whose_place_is_not_known(client: Client, write: Write, detection: Make) -> None:
    write(detection(1))
    answer = client("one").get(f"{LIST}{detection(1).detection_id}/ecriture/")
    assert answer.status_code == 404
    assert "not known" in answer.json()["detail"]


class TestSearch:
    def test_without_a_broker_it_is_said(self, client: Client) -> None:
        answer = client("one").get("/api/ml/ecritures/", params={"societe": 1, "cherche": EVIL})
        assert answer.status_code == 503

    def test_nothing_of_other_companies(self, client: Client) -> None:
        assert client("one").get("/api/ml/ecritures/", params={"societe": 2, "cherche": "1"}).status_code == 404

    @pytest.mark.parametrize(
        "query", ["", "societe=1", "cherche=1", "societe=1&cherche=", "societe=1&cherche=%00", "x=1"]
    )
    def test_a_question_that_is_none(self, client: Client, query: str) -> None:
        assert client("one").get(f"/api/ml/ecritures/?{query}").status_code == 400
