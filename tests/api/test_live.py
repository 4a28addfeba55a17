"""Live detections over a real broker: to whom, how many listen, and what who comes back is told."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import islice
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from schemas import Detection
from topics import ALERTS, DETECTIONS
from wisebook_ml.api import feed as feeds
from wisebook_ml.api.feed import WAITING, Event, Listener
from wisebook_ml.api.routes import live
from wisebook_ml.api.streams import MOST_OF_TOKEN
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.settings import Settings
from wisebook_ml.storage import TokenStore, open_database

FLUX = "/api/ml/detections/flux/"

Client = Callable[[str], httpx.Client]
Make = Callable[..., Detection]


@pytest.fixture
def settings(database_url: str, tmp_path: Any, kafka: str, topic_prefix: str) -> Settings:
    """Settings with a broker that has the topics."""
    apply_topics(kafka, topic_prefix, declared=(DETECTIONS, ALERTS))
    return Settings(
        database_url=database_url, home=tmp_path, bootstrap_servers=kafka, topic_prefix=topic_prefix, _env_file=None
    )


@pytest.fixture
def publish(settings: Settings) -> Callable[..., None]:
    """Publish detections, and what is none where a value is given."""

    def publish_(*detections: Detection, value: bytes | None = None) -> None:
        with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
            for one in detections:
                headers = event_headers(one, id_=uuid.uuid4().hex, source="test", time=utc_now())
                body = msgspec.json.encode(one) if value is None else value
                producer.send(Outgoing(DETECTIONS, str(one.detection_id).encode(), body, headers))

    return publish_


def events(response: httpx.Response) -> Iterator[dict[str, str]]:
    assert response.status_code == 200, response.read()
    event: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(":")
            event[name or "comment"] = value.strip()
        else:
            yield event
            event = {}


def told(stream: Iterator[dict[str, str]], count: int) -> list[tuple[int, str]]:
    found = []
    while len(found) < count:
        event = next(stream)
        if event.get("event") == "detection":
            body = json.loads(event["data"])
            found.append((body["societe_id"], body["ecriture_id"]))
    return found


def test_each_is_told_of_its_own_companies(client: Client, publish: Callable[..., None], detection: Make) -> None:
    with ExitStack() as stack:
        streams = {}
        for name, query in (("one", {}), ("all", {}), ("both", {"societe": 2})):
            streams[name] = events(stack.enter_context(client(name).stream("GET", FLUX, params=query, timeout=60)))
            assert "id" in next(streams[name])
        publish(detection(1), value=b"{no detection")
        for number, societe_id in ((2, 3), (3, 2), (4, 1)):
            publish(detection(number, societe_id=societe_id))
        assert told(streams["one"], 1) == [(1, "E-4")]
        assert told(streams["both"], 1) == [(2, "E-3")]
        assert sorted(told(streams["all"], 3)) == [(1, "E-4"), (2, "E-3"), (3, "E-2")]


def test_who_comes_back_misses_nothing(client: Client, publish: Callable[..., None], detection: Make) -> None:
    with client("one").stream("GET", FLUX, timeout=60) as response:
        last = next(events(response))["id"]
    publish(detection(1), detection(2, societe_id=2))
    publish(detection(3))
    with client("one").stream("GET", FLUX, headers={"Last-Event-ID": last}, timeout=60) as response:
        stream = events(response)
        assert sorted(told(stream, 2)) == [(1, "E-1"), (1, "E-3")]
        publish(detection(4))
        assert told(stream, 1) == [(1, "E-4")]
    long_ago = str(int((time.time() - 3600) * 1000))
    with client("one").stream("GET", FLUX, headers={"Last-Event-ID": long_ago}, timeout=60) as response:
        assert next(events(response))["event"] == "lacune"


def test_a_stream_ends_when_its_token_is_revoked(
    client: Client,
    publish: Callable[..., None],
    detection: Make,
    database_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_SECONDS", 1.0)
    engine = open_database(database_url)
    store = TokenStore(engine)
    with (
        client("one").stream("GET", FLUX, timeout=60) as revoked,
        client("both").stream("GET", FLUX, timeout=60) as kept,
    ):
        streams = [events(one) for one in (revoked, kept)]
        for one in streams:
            next(one)
        (number,) = (one.caller.token_id for one in store.list() if one.caller.name == "one")
        store.revoke(number, utc_now())
        assert all("data" not in event for event in streams[0]), "it ends"
        publish(detection(1))
        assert told(streams[1], 1) == [(1, "E-1")]
    engine.dispose()


@pytest.mark.parametrize("last", ["", "first", "-1", "9" * 30, "١٢٣", "0; DROP TABLE"])
def test_an_id_that_is_none_is_as_good_as_no_id(client: Client, last: str) -> None:
    headers = {"Last-Event-ID": last.encode()}
    with client("one").stream("GET", FLUX, headers=headers, timeout=60) as response:
        assert "id" in next(events(response))


def test_there_are_not_more_streams_than_pages(client: Client) -> None:
    reader = client("one")
    with ExitStack() as stack:
        kept = [events(stack.enter_context(reader.stream("GET", FLUX, timeout=60))) for _ in range(MOST_OF_TOKEN)]
        for one in kept:
            next(one)
        refused = reader.get(FLUX)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
        assert refused.headers["content-type"] == "application/problem+json"
        next(events(stack.enter_context(client("both").stream("GET", FLUX, timeout=60))))


def test_what_is_asked_wrongly(client: Client) -> None:
    assert client("one").get(FLUX, params={"societe": 2}).status_code == 404
    assert client("one").get(FLUX, params={"company": 1}).status_code == 400
    assert httpx.get(str(client("one").base_url) + FLUX).status_code == 401


def test_a_listener_that_is_slow_is_not_told_the_rest() -> None:
    async def listen() -> tuple[int, bool]:
        listener = Listener(None, asyncio.get_running_loop())
        for number in range(WAITING + 2):
            listener.offer(Event("detection", 1, "{}", ("t", 0, number)))
        return listener.queue.qsize(), listener.lost

    assert asyncio.run(listen()) == (WAITING, True)


LARGE, MANY = {f"attribut_{number}": 1.0 for number in range(1_000)}, 600
"""What no buffer between a server and its reader holds: some 13 MB."""


def test_a_slow_reader_comes_back_and_misses_nothing(
    client: Client, publish: Callable[..., None], detection: Make
) -> None:
    with (
        client("one").stream("GET", FLUX, timeout=60) as slow,
        client("all").stream("GET", FLUX, timeout=60) as quick,
    ):
        told_quick = events(quick)
        next(told_quick)
        publish(*(replace(detection(number), contributions=LARGE) for number in range(MANY)))
        assert len(told(told_quick, MANY)) == MANY
        before = int(time.time() * 1000)
        time.sleep(0.01)
        ids = [event["id"] for event in islice(events(slow), MANY + 1)]
        # What it reads late was heard of when the other one was told of it.
        assert max(map(int, ids)) <= before
    with client("one").stream("GET", FLUX, headers={"Last-Event-ID": ids[MANY // 2]}, timeout=60) as again:
        assert {name for _, name in told(events(again), MANY)} >= {f"E-{number}" for number in range(MANY // 2, MANY)}


def test_who_comes_back_does_not_have_a_topic_read(
    client: Client, publish: Callable[..., None], detection: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MOST_READ", 20)
    with client("one").stream("GET", FLUX, timeout=60) as response:
        last = next(events(response))["id"]
    publish(*(detection(number, societe_id=2) for number in range(10)))
    with client("one").stream("GET", FLUX, headers={"Last-Event-ID": last}, timeout=60) as response:
        assert "comment" in next(events(response))
    publish(*(detection(number, societe_id=2) for number in range(10, 31)))
    with client("one").stream("GET", FLUX, headers={"Last-Event-ID": last}, timeout=60) as response:
        assert next(events(response))["event"] == "lacune"


def test_who_is_gone_frees_a_place(client: Client) -> None:
    reader = client("one")
    with ExitStack() as stack:
        opened = [stack.enter_context(reader.stream("GET", FLUX, timeout=60)) for _ in range(MOST_OF_TOKEN)]
        assert {one.status_code for one in opened} == {200}
        assert reader.get(FLUX).status_code == 429
    deadline = time.monotonic() + 60
    while True:
        with reader.stream("GET", FLUX, timeout=60) as one:
            if one.status_code == 200:
                return
        assert time.monotonic() < deadline
        time.sleep(0.2)
