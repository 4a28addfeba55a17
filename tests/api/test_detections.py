"""What the API shows of the detections, and to whom."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable

import httpx
import msgspec
import pytest

from schemas import CodeMotif, Detection, Etat, MotifDetection, Severite
from wisebook_ml.storage.detection_pages import COUNTED

pytestmark = pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)

LIST = "/api/ml/detections/"
RECENT = "/api/ml/detections/recent/"

Client = Callable[[str], httpx.Client]
Write = Callable[..., None]
Make = Callable[..., Detection]


def entries(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [item["ecriture_id"] for item in response.json()["results"]]


class TestBodies:
    def test_a_detection_is_its_record_and_when_it_was_made(
        self, client: Client, write: Write, detection: Make
    ) -> None:
        record = detection(1)
        write(record)
        response = client("one").get(f"{LIST}{record.detection_id}/")
        assert response.status_code == 200
        assert response.headers["content-type"] == "application/json"
        body = response.json()
        assert body.pop("ce_time") == "2025-06-30T12:00:00Z"
        assert body == msgspec.json.decode(msgspec.json.encode(record))
        assert msgspec.json.decode(response.content, type=Detection) == record

    def test_a_list_says_how_many_match_on_all_pages(self, client: Client, write: Write, detection: Make) -> None:
        write(*(detection(number, score=float(number)) for number in range(5)))
        body = client("one").get(LIST, params={"limit": 2, "offset": 1}).json()
        assert body["count"] == 5
        assert [item["score"] for item in body["results"]] == [3.0, 2.0]
        assert set(body) == {"count", "results", "next"}
        assert set(client("one").get(LIST, params={"offset": 4}).json()) == {"count", "results"}

    def test_nothing_yet(self, client: Client) -> None:
        assert client("one").get(LIST).json() == {"count": 0, "results": []}


class TestOrder:
    def test_the_highest_score_first_then_the_latest(
        self, client: Client, write: Write, detection: Make, now: dt.datetime
    ) -> None:
        write(detection(1, score=50.0), detection(2, score=90.0))
        write(detection(3, score=50.0), ce_time=now + dt.timedelta(hours=1))
        assert entries(client("one").get(LIST)) == ["E-2", "E-3", "E-1"]

    @pytest.mark.parametrize("path", [LIST, RECENT])
    @pytest.mark.parametrize("name", ["one", "both", "all"])
    def test_a_page_begins_where_the_one_before_ended(
        self, client: Client, write: Write, detection: Make, now: dt.datetime, path: str, name: str
    ) -> None:
        for number in range(9):
            made = detection(number, societe_id=1 + number % 2, score=float(number // 3))
            write(made, ce_time=now - dt.timedelta(hours=number // 2))
        reader, found, cursor = client(name), [], None
        while True:
            page = reader.get(path, params={"limit": 2} | ({} if cursor is None else {"cursor": cursor})).json()
            found += page["results"]
            if (cursor := page.get("next")) is None:
                break
        whole = reader.get(path).json()["results"]
        assert found == whole
        assert len(whole) == (5 if name == "one" else 9)
        key = (lambda one: (one["score"], one["ce_time"])) if path == LIST else (lambda one: one["ce_time"])
        assert [key(one) for one in whole] == sorted((key(one) for one in whole), reverse=True)

    def test_pages_of_equals_neither_repeat_nor_skip(self, client: Client, write: Write, detection: Make) -> None:
        write(*(detection(number) for number in range(7)))
        reader = client("one")
        pages = [entries(reader.get(LIST, params={"limit": 3, "offset": offset})) for offset in (0, 3, 6)]
        assert sorted(itertools.chain(*pages)) == [f"E-{number}" for number in range(7)]


class TestRecent:
    def test_only_the_last_days_latest_first(
        self, client: Client, write: Write, detection: Make, now: dt.datetime
    ) -> None:
        for number, age in ((1, 8), (2, 6), (3, 1)):
            write(detection(number), ce_time=now - dt.timedelta(days=age))
        assert entries(client("one").get(RECENT)) == ["E-3", "E-2"]
        assert entries(client("one").get(RECENT, params={"days": 2})) == ["E-3"]
        assert client("one").get(RECENT, params={"days": 30}).json()["count"] == 3

    def test_it_takes_the_other_filters_too(self, client: Client, write: Write, detection: Make) -> None:
        write(detection(1), detection(2, severite=Severite.INFO), detection(3, etat=Etat.CLOSE))
        filters = {"severite": "ELEVEE", "etat": "OUVERTE"}
        assert entries(client("one").get(RECENT, params=filters)) == ["E-1"]


class TestFilters:
    def test_each_narrows_the_list(self, client: Client, write: Write, detection: Make) -> None:
        write(
            detection(1),
            detection(2, severite=Severite.CRITIQUE),
            detection(3, etat=Etat.CLOSE),
            detection(4, societe_id=2),
        )
        reader = client("both")
        assert entries(reader.get(LIST, params={"severite": "CRITIQUE"})) == ["E-2"]
        assert entries(reader.get(LIST, params={"etat": "CLOSE"})) == ["E-3"]
        assert entries(reader.get(LIST, params={"societe": 2})) == ["E-4"]
        assert reader.get(LIST, params={"etat": "OUVERTE", "severite": "ELEVEE", "societe": 1}).json()["count"] == 1

    def test_by_what_it_is_about(self, client: Client, write: Write, detection: Make) -> None:
        other = MotifDetection(
            code=CodeMotif.RAFALE, poids=9.0, valeur=1.0, seuil=0.5, libelle_fr="Rafale", libelle_en="Burst"
        )
        first = detection(1)
        write(
            first,
            msgspec.structs.replace(
                detection(2, montant="-7.10", score=10.0),
                journal_code="VE",
                ecriture_num="17",
                ecriture_date=dt.date(2025, 7, 1),
                motifs=[*first.motifs, other],
            ),
        )
        reader = client("one")
        for query, expected in {
            "code=RAFALE": ["E-2"],
            "code=DOUBLON": ["E-1", "E-2"],
            "code=RAFALE&journal=AC": [],
            "code=RAFALE&score_min=10": ["E-2"],
            "journal=VE": ["E-2"],
            "numero=17": ["E-2"],
            "depuis=2025-07-01": ["E-2"],
            "jusque=2025-06-30": ["E-1"],
            "score_min=50": ["E-1"],
            "montant_min=1234.50": ["E-1"],
            "montant_max=-7.10": ["E-2"],
            "juge=true": [],
            "juge=false": ["E-1", "E-2"],
            "avis=CONFIRMEE": [],
        }.items():
            response = reader.get(f"{LIST}?{query}")
            assert (query, entries(response)) == (query, expected)
            assert response.json()["count"] == len(expected)

    def test_a_reason_that_is_gone_is_not_found_any_more(self, client: Client, write: Write, detection: Make) -> None:
        write(detection(1))
        write(msgspec.structs.replace(detection(1), motifs=[]))
        assert entries(client("one").get(f"{LIST}?code=DOUBLON")) == []

    @pytest.mark.parametrize("text", ["x' OR 1=1 --", "<script>alert(1)</script>", "é%_", "\\"])
    def test_texts_are_texts(self, client: Client, write: Write, detection: Make, text: str) -> None:
        write(detection(1), msgspec.structs.replace(detection(2), journal_code=text, ecriture_num=text))
        for name in ("journal", "numero"):
            (found,) = client("one").get(LIST, params={name: text}).json()["results"]
            assert found["journal_code"] == text

    def test_not_more_is_counted_than_a_person_reads(self, client: Client, write: Write, detection: Make) -> None:
        write(*(detection(number) for number in range(COUNTED + 1)))
        body = client("one").get(LIST).json()
        assert (body["count"], body["counted"]) == (COUNTED, False)
        assert client("one").get(LIST, params={"numero": "1"}).json() == {"count": 0, "results": []}

    @pytest.mark.parametrize(
        ("query", "named"),
        [
            ("cursor=abc", "cursor"),
            ("cursor=W10", "cursor"),
            ("montant_min=nan", "montant_min"),
            ("montant_max=1e9", "montant_max"),
            ("score_min=inf", "score_min"),
            ("depuis=2025-02-30", "depuis"),
            ("code=DOUBLONS", "code"),
            ("journal=", "journal"),
            ("journal=a%00b", "journal"),
            ("avis=OUI", "avis"),
            ("juge=peut-être", "juge"),
            ("limit=501", "limit"),
            ("limit=0", "limit"),
            ("offset=-1", "offset"),
            (f"offset={2**63}", "offset"),
            ("societe=abc", "societe"),
            ("societe=", "societe"),
            (f"societe={2**63}", "societe"),
            ("severite=GRAVE", "severite"),
            ("etat=ouverte", "etat"),
            ("severity=INFO", "severity"),
            ("days=7", "days"),
        ],
    )
    def test_what_is_wrong_is_said(self, client: Client, query: str, named: str) -> None:
        response = client("one").get(f"{LIST}?{query}")
        assert response.status_code == 400
        assert response.headers["content-type"] == "application/problem+json"
        body = response.json()
        assert body["title"] == "Bad Request"
        assert body["status"] == 400
        assert body["instance"] == LIST
        assert [wrong["parameter"] for wrong in body["errors"]] == [named]
        assert body["detail"].startswith(f"{named}: ")

    @pytest.mark.parametrize("days", ["0", "-1", "nan", "1e99", "3661"])
    def test_days_that_are_none(self, client: Client, days: str) -> None:
        assert client("one").get(RECENT, params={"days": days}).status_code == 400


class TestIsolation:
    def test_a_token_sees_its_companies_only(self, client: Client, write: Write, detection: Make) -> None:
        write(*(detection(societe, societe_id=societe) for societe in (1, 2, 3)))
        for name, expected in (
            ("one", {"E-1"}),
            ("both", {"E-1", "E-2"}),
            ("all", {"E-1", "E-2", "E-3"}),
            ("none", set()),
        ):
            for path in (LIST, RECENT):
                response = client(name).get(path)
                assert set(entries(response)) == expected
                assert response.json()["count"] == len(expected)

    def test_the_filter_does_not_widen_what_a_token_sees(self, client: Client, write: Write, detection: Make) -> None:
        write(detection(2, societe_id=2))
        for path in (LIST, RECENT):
            # The same answer as for a company that does not exist.
            assert client("one").get(path, params={"societe": 2}).json() == {"count": 0, "results": []}
            assert client("one").get(path, params={"societe": 99}).json() == {"count": 0, "results": []}
            assert client("none").get(path, params={"societe": 2}).json() == {"count": 0, "results": []}

    def test_anothers_detection_is_not_there(self, client: Client, write: Write, detection: Make) -> None:
        others = detection(2, societe_id=2)
        write(others)
        unknown = uuid.uuid4()
        answers = []
        for id_ in (others.detection_id, unknown):
            response = client("one").get(f"{LIST}{id_}/")
            assert response.status_code == 404
            assert response.headers["content-type"] == "application/problem+json"
            answers.append(response.text.replace(str(id_), "…"))
        assert answers[0] == answers[1]
        assert client("both").get(f"{LIST}{others.detection_id}/").status_code == 200
        assert client("none").get(f"{LIST}{others.detection_id}/").status_code == 404

    def test_an_id_that_is_none_names_nothing(self, client: Client) -> None:
        assert client("one").get(f"{LIST}first/").status_code == 404
