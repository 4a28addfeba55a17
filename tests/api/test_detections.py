"""What the API shows of the detections, and to whom."""

import datetime as dt
import itertools
import uuid
from collections.abc import Callable

import httpx
import msgspec
import pytest

from schemas import Detection, Etat, Severite

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
        assert set(body) == {"count", "results"}

    def test_nothing_yet(self, client: Client) -> None:
        assert client("one").get(LIST).json() == {"count": 0, "results": []}


class TestOrder:
    def test_the_highest_score_first_then_the_latest(
        self, client: Client, write: Write, detection: Make, now: dt.datetime
    ) -> None:
        write(detection(1, score=50.0), detection(2, score=90.0))
        write(detection(3, score=50.0), ce_time=now + dt.timedelta(hours=1))
        assert entries(client("one").get(LIST)) == ["E-2", "E-3", "E-1"]

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

    @pytest.mark.parametrize(
        ("query", "named"),
        [
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
