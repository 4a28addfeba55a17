"""Statistics over HTTP: rows out of SQL; without a broker, the windows of this moment are not to be had."""

import datetime as dt
from collections.abc import Callable

import httpx
import pytest

from schemas import Statistique
from wisebook_ml.storage import StatisticsStore, open_database

NOON = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
LIST = "/api/ml/statistiques/"
WINDOWS = f"{LIST}fenetres/"

Client = Callable[[str], httpx.Client]


@pytest.fixture(autouse=True)
def rows(database_url: str) -> None:
    engine = open_database(database_url)
    some = [
        Statistique(societe_id=company, debut=NOON + k * HOUR, fin=NOON + (k + 1) * HOUR, ecritures=k, detections={})
        for company in (1, 2)
        for k in range(5)
    ]
    day = Statistique(societe_id=1, debut=NOON, fin=NOON + 24 * HOUR, ecritures=10, detections={"DOUBLON": 3})
    StatisticsStore(engine).write([*some, day])
    engine.dispose()


def test_the_rows_of_a_company(client: Client) -> None:
    hours = client("one").get(LIST, params={"societe": 1, "pas": "HEURE", "limit": 2}).json()
    assert hours["count"] == 5
    assert [one["ecritures"] for one in hours["results"]] == [4, 3]
    days = client("one").get(LIST, params={"societe": 1, "pas": "JOUR"}).json()
    assert [one["detections"] for one in days["results"]] == [{"DOUBLON": 3}]
    paris = dt.timezone(2 * HOUR)
    asked = {"depuis": (NOON + HOUR).astimezone(paris).isoformat(), "jusque": (NOON + 3 * HOUR).isoformat()}
    some = client("all").get(LIST, params={"societe": 2, **asked}).json()
    assert [one["ecritures"] for one in some["results"]] == [2, 1]


@pytest.mark.parametrize("place", [LIST, WINDOWS])
def test_another_company_is_not_there(client: Client, place: str) -> None:
    answer = client("one").get(place, params={"societe": 2})
    assert (answer.status_code, answer.json()["detail"]) == (404, "This token sees no company 2.")


@pytest.mark.parametrize(
    ("place", "asked", "detail"),
    [
        (LIST, {}, "societe: field required"),
        (LIST, {"societe": 1, "pas": "MOIS"}, "pas: should be 'HEURE' or 'JOUR'"),
        (LIST, {"societe": 1, "depuis": "2025-06-30T12:00:00"}, "depuis: should have timezone info"),
        (LIST, {"societe": 1, "societe_id": 1}, "societe_id: there is no such parameter"),
        (WINDOWS, {"societe": 1, "dernier": "1y"}, "dernier: should be '24h', '7d' or '30d'"),
        (WINDOWS, {"societe": 1, "dernier": "30d", "pas": "HEURE"}, "dernier: hours are kept for 8 days"),
    ],
)
def test_wrong_questions(client: Client, place: str, asked: dict[str, str], detail: str) -> None:
    answer = client("one").get(place, params=asked)
    assert answer.status_code == (422 if "hours are kept" in detail else 400)
    assert answer.json()["detail"].startswith(detail)


def test_without_a_broker_there_are_no_windows(client: Client) -> None:
    answer = client("one").get(WINDOWS, params={"societe": 1})
    assert answer.status_code == 503
    assert "Kafka brokers do not answer" in answer.json()["detail"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_moment_outside_the_calendar_is_refused(client: Callable[[str], httpx.Client], moment: str) -> None:
    refused = client("one").get("/api/ml/statistiques/", params={"societe": 1, "depuis": moment})
    assert refused.status_code == 400
    assert "correct the year" in refused.json()["detail"]
