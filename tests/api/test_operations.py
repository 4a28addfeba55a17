"""Workers, timers, dead letters, probes and metrics over HTTP, with a real broker."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from schemas import PartitionServie, Travailleur
from topics import DEAD_LETTER, ENTRIES, TIMER_RUNS, TRAINING_REQUESTS, WORKERS
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing, RawRecord, dead_letter
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.monitoring.reports import report_event
from wisebook_ml.settings import Settings
from wisebook_ml.storage import AuditLog, open_database

LETTERS = "/api/ml/dead-letters/"
TIMERS = "/api/ml/timers/"
WORKERS_PATH = "/api/ml/workers/"

Client = Callable[[str], httpx.Client]


@pytest.fixture
def settings(database_url: str, tmp_path: Path, kafka: str, topic_prefix: str) -> Settings:
    apply_topics(kafka, topic_prefix, declared=[DEAD_LETTER, ENTRIES, TIMER_RUNS, TRAINING_REQUESTS, WORKERS])
    return Settings(
        database_url=database_url, home=tmp_path, bootstrap_servers=kafka, topic_prefix=topic_prefix, _env_file=None
    )


@pytest.fixture
def publish(settings: Settings) -> Iterator[Callable[..., None]]:
    def publish_(*records: Outgoing) -> None:
        with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
            for one in records:
                producer.send(one)

    yield publish_


def letter(settings: Settings, key: bytes, value: bytes, offset: int = 3) -> Outgoing:
    raw = RawRecord(offset, key, value, [("ce_id", b"E-1")])
    topic = ENTRIES.full_name(settings.topic_prefix)
    return dead_letter(DEAD_LETTER, raw, topic=topic, partition=0, reason="SCHEMA", detail="mend it")


def test_probes_need_no_token_and_metrics_that_of_an_operator(address: str, client: Client) -> None:
    assert httpx.get(f"{address}/healthz").json()["status"] == "ok"
    assert httpx.get(f"{address}/readyz").json() == {"status": "ready", "reasons": []}
    assert httpx.get(f"{address}/metrics").status_code == 401
    assert client("one").get("/metrics").status_code == 403
    assert client("admin").get("/metrics").status_code == 403, "they count what all companies publish"
    client("one").get("/no/such/place")
    told = client("operator").get("/metrics").text
    assert 'wisebook_ml_http_requests_total{method="GET",route="/readyz",status="200"}' in told
    assert "/no/such/place" not in told


def test_a_request_has_an_id_in_its_answer_and_in_what_it_publishes(
    client: Client, publish: Callable[..., None], settings: Settings, database_url: str
) -> None:
    publish(letter(settings, b"1", b'{"societe_id":1}'))
    sent = {"X-Request-ID": "ticket-42"}
    answer = client("operator").post(f"{LETTERS}0/0/retry/", headers=sent)
    assert answer.status_code == 202, answer.text
    assert answer.headers["x-request-id"] == "ticket-42"
    name = ENTRIES.full_name(settings.topic_prefix)
    (raw,) = (raw for run in read_partition(settings.bootstrap_servers, name, 0, 0, 1) for raw in run)
    assert (raw.key, raw.value) == (b"1", b'{"societe_id":1}')
    assert dict(raw.headers) == {"ce_id": b"E-1", "wb_retried": b"0/0", "wb_correlation": b"ticket-42"}
    engine = open_database(database_url)
    ((_, entry),) = AuditLog(engine).list(None, limit=10)
    engine.dispose()
    assert (entry.correlation, entry.societe_id, entry.statut) == ("ticket-42", 1, 202)
    for bad in ("", "x" * 200, "<script>", "a b"):
        given = client("operator").get(TIMERS, headers={"X-Request-ID": bad}).headers["x-request-id"]
        assert uuid.UUID(given)


def test_dead_letters_are_shown_to_whom_they_belong(
    client: Client, publish: Callable[..., None], settings: Settings
) -> None:
    publish(
        letter(settings, b"1", b'{"societe_id":1,"x":"<b>"}', 1),
        letter(settings, b"2", b'{"societe_id":2}', 2),
        letter(settings, b"1", b"{", 3),
    )
    everybodys = client("operator").get(LETTERS).json()
    assert [one["offset_origine"] for one in everybodys["results"]] == [3, 2, 1]
    assert [one["societe_id"] for one in everybodys["results"]] == [None, 2, 1]
    assert client("operator").get(LETTERS, params={"limit": 1}).json()["count"] == 1
    own = client("admin").get(LETTERS).json()
    assert [(one["offset"], one["offset_origine"], one["partition_origine"]) for one in own["results"]] == [
        (0, None, None)
    ]
    assert client("one").get(LETTERS).status_code == 403
    again = client("admin").post(f"{LETTERS}0/0/retry/")
    assert (again.status_code, again.json()) == (202, {"topic": ENTRIES.full_name(settings.topic_prefix)})
    for place in ("0/1", "0/2", "0/99", "7/0", f"0/{2**63}", "x/0", "-1/0"):
        assert client("admin").post(f"{LETTERS}{place}/retry/").status_code == 404, place
    for wrong in ("0", "501", "x"):
        assert client("admin").get(LETTERS, params={"limit": wrong}).status_code == 400
    topic = ENTRIES.full_name(settings.topic_prefix)
    assert end_offsets(settings.bootstrap_servers, topic)[0] == (0, 1)


def test_timers_are_listed_and_run_by_operators_of_all_companies(client: Client) -> None:
    listed = client("one").get(TIMERS).json()
    assert {one["minuterie"] for one in listed["results"]} >= {"drift", "statistics"}
    assert client("admin").post(f"{TIMERS}drift/run/").status_code == 403
    assert client("operator").post(f"{TIMERS}nothing/run/").status_code == 404
    done = client("operator").post(f"{TIMERS}drift/run/")
    assert done.status_code == 200, done.text
    assert (done.json()["statut"], done.json()["demandeur"]) == ("REUSSIE", "Odile")
    for name, told in (
        ("operator", "Odile"),
        ("one", None),
        ("admin", None),
    ):  # of all companies together: not for who sees one of them
        again = {one["minuterie"]: one["derniere"] for one in client(name).get(TIMERS).json()["results"]}
        assert again["drift"].get("demandeur") == told


def test_workers_are_listed_with_those_that_are_gone_marked(
    client: Client, publish: Callable[..., None], now: dt.datetime
) -> None:
    def report(name: str, seen: dt.datetime) -> Outgoing:
        places = [PartitionServie(topic="t.entries", partition=k, retard=2, commis=7) for k in range(2)]
        return report_event(
            Travailleur(
                travailleur_id=name,
                role="scoring",
                hote="a",
                pid=1,
                version="1",
                demarre_le=seen,
                vu_le=seen,
                pret=True,
                partitions=places,
            )
        )

    publish(
        report("here", now), report("gone", now - dt.timedelta(minutes=2)), report("old", now - dt.timedelta(days=1))
    )
    publish(Outgoing(WORKERS, b"bad", b"{}", ()))
    seen = {one["travailleur_id"]: one for one in client("one").get(WORKERS_PATH).json()["results"]}
    assert {name: one["perdu"] for name, one in seen.items()} == {"here": False, "gone": True}
    assert seen["here"]["retard"] == 4
    for name, told in (("operator", 7), ("one", None), ("admin", None)):  # an offset tells how much others publish
        parts = [one["partitions"] for one in client(name).get(WORKERS_PATH).json()["results"]]
        assert {part.get("commis") for some in parts for part in some} == {told}
    assert httpx.get(str(client("one").base_url) + WORKERS_PATH).status_code == 401


def test_without_brokers_it_lives_and_is_not_ready(
    settings: Settings, serving: Callable[[Settings], object], tokens: dict[str, str]
) -> None:
    alone = settings.model_copy(update={"bootstrap_servers": ""})
    with serving(alone) as address:  # type: ignore[attr-defined]
        assert httpx.get(f"{address}/healthz").status_code == 200
        ready = httpx.get(f"{address}/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["The Kafka brokers do not answer."])
        for place in (WORKERS_PATH, TIMERS, LETTERS):
            answer = httpx.get(address + place, headers={"Authorization": f"Token {tokens['operator']}"})
            assert answer.status_code == 503
            assert msgspec.json.decode(answer.content)["status"] == 503
