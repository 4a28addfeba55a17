"""Forecasts and scenarios over HTTP, from real topics."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas import Ecriture, Ligne, PositionTresorerie, ReglageTresorerie
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_entries, publish_positions
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore, open_database

Client = Callable[[str], httpx.Client]

FIRST = dt.date(2025, 1, 6)
DAYS = 100
LAST = FIRST + dt.timedelta(days=DAYS - 1)
QUANTITIES = ("entrees", "sorties", "flux", "solde")


def positions(societe_id: int, days: int = DAYS) -> list[PositionTresorerie]:
    """Return days on which clients pay on Tuesdays and Fridays, and wages go out on the 28th."""
    balance, found = 12_000, []
    for at in range(days):
        day = FIRST + dt.timedelta(days=at)
        came = 0 if day.weekday() >= 5 else 2_000 if day.weekday() in (1, 4) else 150
        went = 0 if day.weekday() >= 5 else 6_000 if day.day == 28 else 300
        balance += came - went
        found.append(
            PositionTresorerie(
                societe_id=societe_id,
                compte_num="512100",
                date=day,
                solde=f"{balance}.00",
                entrees=f"{came}.00",
                sorties=f"{went}.00",
            )
        )
    return found


def invoice(societe_id: int) -> Ecriture:
    return Ecriture(
        societe_id=societe_id,
        ecriture_id="F1",
        journal_code="VE",
        ecriture_date=LAST - dt.timedelta(days=10),
        lignes=[
            Ligne(compte_num="411000", comp_aux_num="DUPONT", piece_ref="F1", debit="1200.00"),
            Ligne(compte_num="706000", credit="1200.00"),
        ],
    )


@pytest.fixture
def settings(settings: Settings, kafka: str, topic_prefix: str) -> Settings:
    """Name a real broker and topics of the test's own to the API."""
    return settings.model_copy(update={"bootstrap_servers": kafka, "topic_prefix": topic_prefix})


@pytest.fixture
def producer(settings: Settings) -> Iterator[EventProducer]:
    assert settings.bootstrap_servers is not None
    apply_topics(settings.bootstrap_servers, settings.topic_prefix)
    with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
        yield producer


@pytest.fixture
def published(producer: EventProducer) -> EventProducer:
    """Have a company of a hundred days, with an open invoice."""
    publish_positions(positions(1), producer, "test")
    publish_entries([invoice(1)], producer, "test")
    return producer


def test_a_forecast_has_every_day_with_both_intervals(published: EventProducer, client: Client) -> None:
    reader = client("one")
    reader.timeout = 120
    response = reader.get("/api/ml/tresorerie/1/", params={"plancher": 20_000, "horizon": 60})
    assert response.status_code == 200, response.text
    body = response.json()
    assert (body["societe_id"], body["devise"], body["horizon"]) == (1, "EUR", 60)
    assert body["dernier_jour"] == LAST.isoformat()
    assert len(body["jours"]) == 60
    for day in body["jours"]:
        for quantity in QUANTITIES:
            (low, high), (lower, higher) = (day[quantity][f"intervalle_{coverage}"] for coverage in (80, 95))
            assert lower <= low <= high <= higher
    assert 0 <= body["liquidite"]["probabilite"] <= 1
    assert set(body["modeles"]) == {"entrees", "entrees_cumul", "sorties", "sorties_cumul"}

    publish_positions(positions(1, DAYS + 3)[DAYS:], published, "test")
    later = reader.get("/api/ml/tresorerie/1/")
    assert later.json()["dernier_jour"] == (LAST + dt.timedelta(days=3)).isoformat()
    assert later.elapsed < response.elapsed, "the model that was learnt serves for the coming days"


def test_a_scenario_tells_both_and_what_was_stated(published: EventProducer, client: Client) -> None:
    reader = client("both")
    reader.timeout = 120
    day = LAST + dt.timedelta(days=20)
    loan = {"type": "EMPRUNT", "date": day.isoformat(), "montant": 50_000, "mois": 36, "taux": 4.2}
    late = {"type": "RETARD", "client": "DUPONT", "jours": 30}
    response = reader.post("/api/ml/tresorerie/1/scenario/", json={"changements": [loan, late]})
    assert response.status_code == 200, response.text
    body = response.json()
    assert [one["type"] for one in body["hypotheses"]] == ["EMPRUNT", "RETARD"]
    before, after = ({one["date"]: one["solde"]["moyenne"] for one in body[name]["jours"]} for name in ("sans", "avec"))
    for at in (25, 40):  # the loan is there; its first instalment and the late payment are not yet, or both
        date = (LAST + dt.timedelta(days=at)).isoformat()
        assert 45_000 < after[date] - before[date] <= 50_000 + 0.01

    unknown = late | {"client": "MARTIN"}
    refused = reader.post("/api/ml/tresorerie/1/scenario/", json={"changements": [unknown]})
    assert refused.status_code == 400
    assert "DUPONT" in refused.json()["detail"], "who is expected to pay is named"
    past = loan | {"date": LAST.isoformat()}
    refused = reader.post("/api/ml/tresorerie/1/scenario/", json={"changements": [past]})
    assert refused.status_code == 400
    assert "not after" in refused.json()["detail"]


def test_what_the_company_has_set_holds_where_nothing_else_is_stated(
    published: EventProducer, client: Client, settings: Settings
) -> None:
    cash = ReglageTresorerie(plancher={"EUR": "11000.00"}, pays="BE")
    store = SettingsStore(open_database(settings.sql_url))
    store.append(1, lambda base: msgspec.structs.replace(base, tresorerie=cash), "t/0/0")
    reader = client("one")
    reader.timeout = 120
    floors = [
        reader.get("/api/ml/tresorerie/1/", params=stated).json()["liquidite"]["plancher"]
        for stated in ({}, {"plancher": 500})
    ]
    assert floors == [11_000, 500]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "changements"),
        ({"changements": []}, "changements"),
        ({"changements": [{"type": "LOTERIE"}]}, "LOTERIE"),
        ({"changements": [{"type": "FLUX", "date": "2025-13-01", "montant": 5}]}, "changements[1].date"),
        ({"changements": [{"type": "EMPRUNT", "date": "2025-06-01", "montant": -5}]}, "montant"),
        ({"changements": [{"type": "FLUX", "date": "2025-06-01", "montant": 5, "foi": 2}]}, "foi"),
    ],
)
def test_a_mistake_in_a_scenario_is_named(client: Client, body: object, named: str) -> None:
    response = client("one").post("/api/ml/tresorerie/1/scenario/", json=body)
    assert response.status_code == 400
    assert named in response.json()["detail"]


def test_no_forecast_without_data_behind_it(producer: EventProducer, client: Client) -> None:
    reader = client("both")
    response = reader.get("/api/ml/tresorerie/2/")
    assert response.status_code == 404
    assert "company 2 has no positions" in response.json()["detail"]
    publish_positions(positions(2, days=10), producer, "test")
    response = reader.get("/api/ml/tresorerie/2/")
    assert response.status_code == 404
    assert "10 days" in response.json()["detail"]


def test_a_company_that_a_token_does_not_see_is_none_for_it(published: EventProducer, client: Client) -> None:
    for method, path in (("GET", ""), ("POST", "scenario/")):
        body = {"changements": [{"type": "FLUX", "date": "2030-01-01", "montant": 5}]} if method == "POST" else None
        told = {
            societe: client("none").request(method, f"/api/ml/tresorerie/{societe}/{path}", json=body)
            for societe in (1, 3)
        }
        assert {one.status_code for one in told.values()} == {404}
        assert told[1].json()["detail"].replace("1", "3") == told[3].json()["detail"]


def test_without_brokers_it_says_so(
    settings: Settings, serving: Callable[..., object], tokens: dict[str, str], tmp_path: Path
) -> None:
    away = settings.model_copy(update={"bootstrap_servers": "127.0.0.1:9"})
    with serving(away) as address:  # type: ignore[attr-defined]
        headers = {"Authorization": f"Token {tokens['one']}"}
        response = httpx.get(f"{address}/api/ml/tresorerie/1/", headers=headers, timeout=60)
    assert response.status_code == 503
    assert "brokers" in response.json()["detail"]
    assert "127.0.0.1:9" not in response.text


def test_the_document_describes_them(client: Client) -> None:
    document = msgspec.json.decode(client("one").get("/api/ml/openapi.json").content)
    assert "/api/ml/tresorerie/{societe_id}/" in document["paths"]
    assert "Emprunt" in document["components"]["schemas"]
