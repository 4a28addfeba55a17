"""What people do through the API, with a real broker, workers and a real server: look, listen, judge, take note."""

import datetime as dt
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn

from bench.detections import detection_of
from schemas import (
    CodeMotif,
    Detection,
    Ecriture,
    Ligne,
    Severite,
)
from topics import DETECTIONS, ENTRIES
from topics.incoming import entry_event
from wisebook_ml.access import Right
from wisebook_ml.api import create_api
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.events import Outgoing, event_headers, provenance
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.storage import TokenStore, open_database
from wisebook_ml.training.collect import partition_of

from .deployment import Deployment

WITHIN = 60.0
"""Seconds in which what was published must show, on a busy machine."""

API = "/api/ml"
EVIL = "<script>alert(1)</script>'; DROP TABLE alerte; --"


def entry(societe_id: int, number: int) -> Ecriture:
    lines = [Ligne(compte_num="606300", debit="120.00", ecriture_lib=EVIL), Ligne(compte_num="401000", credit="120.00")]
    day = dt.date(2025, 6, 28)
    return Ecriture(
        societe_id=societe_id, ecriture_id=f"E-{number}", journal_code="AC", ecriture_date=day, lignes=lines
    )


def detection(societe_id: int, number: int) -> Detection:
    return detection_of(societe_id, f"E-{number}", CodeMotif.DOUBLON, severite=Severite.CRITIQUE, attribut="piece_ref")


class Place:
    """A deployment with a served API."""

    def __init__(self, deployment: Deployment, address: str, tokens: dict[str, str]) -> None:
        self.deployment = deployment
        self.address = address
        self.tokens = tokens

    def client(self, name: str) -> httpx.Client:
        headers = {"Authorization": f"Token {self.tokens[name]}"}
        return httpx.Client(base_url=self.address, headers=headers, timeout=WITHIN)

    def publish(self, *numbers: int, societe_id: int = 1) -> float:
        """Publish entries, and detections as scoring does, with where their entries stand; return when the brokers had
        these."""
        prefix = self.deployment.settings.topic_prefix
        bootstrap, name = self.deployment.bootstrap, self.deployment.name(ENTRIES)
        ends = end_offsets(bootstrap, name)
        partition = partition_of(societe_id, len(ends))
        with EventProducer(bootstrap, prefix) as producer:
            for number in numbers:
                producer.send(entry_event(entry(societe_id, number), "test"))
        end = end_offsets(bootstrap, name)[partition][1]
        places = {}
        for run in read_partition(bootstrap, name, partition, ends[partition][1], end):
            for raw in run:  # markers of settings may stand between them
                places[msgspec.json.decode(raw.value or b"").get("ecriture_id")] = raw.offset
        with EventProducer(bootstrap, prefix) as producer:
            for number in numbers:
                made = detection(societe_id, number)
                headers = event_headers(made, id_=str(made.detection_id), source="test", time=utc_now())
                headers += provenance(name, partition, places[made.ecriture_id], utc_now())
                value = msgspec.json.encode(made)
                producer.send(Outgoing(DETECTIONS, str(made.detection_id).encode(), value, headers, partition))
        return time.monotonic()


@contextmanager
def serving(deployment: Deployment) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(create_api(deployment.settings), port=0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + WITHIN
        while not server.started:
            assert thread.is_alive() and time.monotonic() < deadline, "the server does not start"
            time.sleep(0.01)
        host, port = server.servers[0].sockets[0].getsockname()[:2]
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def place(shared: Deployment) -> Iterator[Place]:
    engine = open_database(shared.settings.sql_url)
    store = TokenStore(engine)
    rights = [Right.READ, Right.VERDICT]
    tokens = {f"of {one}": store.create(f"Claire {one}", [one], rights, now=utc_now())[1] for one in (1, 2, 3)}
    tokens["admin"] = store.create("Paul", [1], [Right.ADMIN], now=utc_now())[1]
    engine.dispose()
    for role in ("storage", "tuning", "alerting"):
        shared.start(role)
    with serving(shared) as address:
        yield Place(shared, address, tokens)


def until(ask: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WITHIN
    while True:
        if found := ask():
            return found
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.05)


def events(lines: Iterator[str]) -> Iterator[dict[str, str]]:
    event: dict[str, str] = {}
    for line in lines:
        if not line:
            yield event
            event = {}
        else:
            name, _, value = line.partition(":")
            event[name or "comment"] = value.strip()


def upcoming(stream: Iterator[dict[str, str]], kind: str) -> dict[str, Any]:
    for event in stream:
        if event.get("event") == kind:
            return dict(json.loads(event["data"]))
    raise AssertionError("the stream has ended")


def _misses(place: Place, client: httpx.Client) -> None:
    """Look an entry up that was not detected, and report it."""
    with EventProducer(place.deployment.bootstrap, place.deployment.settings.topic_prefix) as producer:
        producer.send(entry_event(entry(1, 77), "test"))
    asked = {"societe": 1, "cherche": "E-77"}
    (found,) = client.get(f"{API}/ecritures/", params=asked).json()["results"]
    assert (found["ecriture"]["lignes"][0]["ecriture_lib"], "etat" in found) == (EVIL, False)
    (detected,) = client.get(f"{API}/ecritures/", params=asked | {"cherche": "E-1"}).json()["results"]
    assert detected["etat"] == "OUVERTE"
    missed = client.post(f"{API}/ecritures/manquees/", json={"societe_id": 1, "ecriture_id": "E-77"})
    assert (missed.status_code, missed.json()["detection_id"]) == (202, found["detection_id"])
    (known,) = until(
        lambda: [one for one in client.get(f"{API}/ecritures/", params=asked).json()["results"] if "avis" in one]
    )
    assert known["avis"]["verdict"] == "MANQUEE"
    with place.client("of 2") as other:
        assert other.get(f"{API}/ecritures/", params=asked).status_code == 404


def _takes_note(place: Place, alerte_id: str) -> None:
    path = f"{API}/alertes/{alerte_id}/"
    with place.client("of 1") as client, place.client("of 2") as other:
        taken = client.post(f"{path}acquittement/", json={"commentaire": EVIL})
        assert (taken.status_code, taken.json()["statut"]) == (202, "PUBLIE")
        until(lambda: client.get(path).json().get("etat") == "ACQUITTEE")
        found = client.get(path).json()
        assert (found["acquittee_par"], found["commentaire"]) == ("Claire 1", EVIL)
        again = client.post(f"{path}acquittement/", json={})
        assert (again.status_code, again.json()["statut"]) == (200, "SANS_OBJET")
        assert other.get(path).status_code == 404
        assert other.post(f"{path}acquittement/", json={}).status_code == 404


def test_settings_are_changed_as_they_were_read(place: Place) -> None:
    path = f"{API}/parametres/1/"
    with place.client("admin") as admin, place.client("of 1") as reader:
        read = admin.get(path)
        patch = {"motif": EVIL, "budget_alertes": 0.02, "controles": {"RAFALE": {"seuil": 3}}}
        changed = admin.patch(path, json=patch, headers={"If-Match": read.headers["etag"]})
        assert changed.status_code in {200, 202}, changed.text  # 202: the worker is still starting
        until(lambda: reader.get(path).json().get("version", 0) > read.json().get("version", 0))
        now = reader.get(path).json()
        assert (now["budget_alertes"], now["auteur"], now["motif"]) == (0.02, "Paul", EVIL)
        assert now["version"] == read.json().get("version", 0) + 1
        stale = admin.patch(path, json={"budget_alertes": 0.03}, headers={"If-Match": read.headers["etag"]})
        assert stale.status_code == 412
        assert admin.patch(path, json={"budget_alertes": 2}).status_code == 400
        last = admin.get(f"{API}/audit/").json()["results"][-1]
        assert (last["action"], last["nom"], last["demande"]) == (f"PATCH {path}", "Paul", patch)


def test_a_detection_comes_live_with_its_entry_and_takes_a_verdict(place: Place, record_property: Any) -> None:
    with place.client("of 1") as client, client.stream("GET", f"{API}/detections/flux/") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = events(response.iter_lines())
        opened = next(stream)
        place.publish(20, societe_id=2)
        begun = place.publish(1, 2)
        found = upcoming(stream, "detection")
        record_property("figures", f"from the topic to the stream in {time.monotonic() - begun:.2f} s")
        assert (found["societe_id"], found["ecriture_id"]) == (1, "E-1")
        assert upcoming(stream, "detection")["ecriture_id"] == "E-2"
        alert = upcoming(stream, "alerte")
        assert alert["societe_id"] == 1
    path = f"{API}/detections/{found['detection_id']}/"
    with place.client("of 1") as client:
        # Who comes back is told what came since.
        headers = {"Last-Event-ID": opened["id"]}
        with client.stream("GET", f"{API}/detections/flux/", headers=headers) as response:
            assert upcoming(events(response.iter_lines()), "detection")["societe_id"] == 1
        until(lambda: client.get(path).status_code == 200)
        lines = client.get(f"{path}ecriture/").json()["lignes"]
        assert [one.get("debit") for one in lines] == ["120.00", None]
        assert lines[0]["ecriture_lib"] == EVIL
        key = {"Idempotency-Key": "once"}
        given = [
            client.post(f"{path}avis/", json={"verdict": "CONFIRMEE", "commentaire": EVIL}, headers=key)
            for _ in range(2)
        ]
        assert [one.status_code for one in given] == [202, 202], given[0].text
        avis = until(lambda: client.get(path).json().get("avis"))
        assert (avis["verdict"], avis["auteur"], avis["commentaire"]) == ("CONFIRMEE", "Claire 1", EVIL)
        _misses(place, client)
        assert client.get(f"{API}/detections/", params={"avis": "CONFIRMEE"}).json()["count"] == 1
    _takes_note(place, alert["alerte_id"])
    with place.client("of 2") as other:
        for name in ("", "ecriture/", "avis/"):
            assert other.get(f"{path}{name}").status_code == 404
        assert other.get(f"{API}/detections/flux/", params={"societe": 1}).status_code == 404
