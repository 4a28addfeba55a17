"""Tokens that end, rights, sessions of browsers, ETags, requests that come again, and what is taken down."""

import datetime as dt
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from wisebook_ml.access import Right, csrf_of
from wisebook_ml.api.access import CSRF_HEADER, SESSION_COOKIE, Access, Call
from wisebook_ml.api.limits import BodyLimit
from wisebook_ml.api.problems import install_problems
from wisebook_ml.api.route import Route, check_match, install_access
from wisebook_ml.messaging.producer import PublishError
from wisebook_ml.pseudonyms import Keyring
from wisebook_ml.storage import (
    AuditEntry,
    AuditLog,
    IdempotencyStore,
    PseudonymKeys,
    Source,
    TokenStore,
    open_database,
)

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)

JSON = {"Content-Type": "application/json"}

PATIENCE = 60.0
"""Seconds until what a test waits for must have happened."""


class Place:
    """An API of few routes over a real database, and a clock that is set by hand."""

    def __init__(self, engine: Engine, rate: str = "1000/minute") -> None:
        self.now = NOW
        self.tokens = TokenStore(engine)
        self.audit = AuditLog(engine)
        self.value = 0
        self.operations: list[uuid.UUID] = []
        self.begun, self.gate = threading.Event(), threading.Event()
        access = Access(self.tokens, rate, lambda: self.now)
        self.app = FastAPI()
        install_problems(self.app)
        install_access(self.app, access, self.audit, IdempotencyStore(engine), Keyring(PseudonymKeys(engine), ""))
        self.app.add_middleware(BodyLimit, most=50_000)
        self.app.router.route_class = Route
        self._add_routes(access)

    def _add_routes(self, access: Access) -> None:
        def shown() -> bytes:
            return str(self.value).encode()

        @self.app.get("/value/")
        def read(call: Call = Depends(access.read)) -> Response:  # noqa: B008
            call.company(1)
            return Response(shown(), media_type="application/json")

        @self.app.post("/question/")
        def ask(body: dict[str, int], call: Call = Depends(access.read)) -> Response:  # noqa: B008
            return Response(str(body["add"] + self.value), media_type="application/json")

        @self.app.post("/half/")
        def half(body: dict[str, Any], call: Call = Depends(access.verdict)) -> Response:  # noqa: B008
            call.company(1)
            self.value += 1
            self.operations.append(call.operation_id)
            raise PublishError("broker 3 is gone")

        @self.app.post("/slow/")
        def slow(call: Call = Depends(access.verdict)) -> Response:  # noqa: B008
            self.operations.append(call.operation_id)
            number = len(self.operations)
            if number == 1:
                self.begun.set()
                assert self.gate.wait(PATIENCE)
            return Response(str(number), media_type="application/json")

        @self.app.post("/value/")
        def change(request: Request, body: dict[str, int], call: Call = Depends(access.verdict)) -> Response:  # noqa: B008
            check_match(request, shown())
            self.value += body["add"] // call.company(body.get("societe", 1))
            return Response(shown(), 201, {"Location": "/value/"}, "application/json")

    def client(self, name: str = "Claire", rights: tuple[Right, ...] = (Right.READ, Right.VERDICT)) -> TestClient:
        _, token = self.tokens.create(name, [1], rights, now=NOW, expires=NOW + dt.timedelta(days=1))
        return TestClient(self.app, headers={"Authorization": f"Token {token}"})


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, database_url: str) -> Iterator[Place]:
    url = database_url if request.param == "sqlite" else request.getfixturevalue("postgres")
    engine = open_database(url)
    yield Place(engine)
    engine.dispose()


def test_a_token_lets_in_until_it_expires(place: Place) -> None:
    client = place.client()
    place.now = NOW + dt.timedelta(days=1, seconds=-1)
    assert client.get("/value/").status_code == 200
    place.now = NOW + dt.timedelta(days=1)
    assert client.get("/value/").status_code == 401


def test_a_right_is_needed(place: Place) -> None:
    refused = place.client(rights=(Right.READ,)).post("/value/", json={"add": 1})
    assert refused.status_code == 403
    assert "`verdict`" in refused.json()["detail"]
    assert place.client(rights=(Right.ADMIN,)).post("/value/", json={"add": 1}).status_code == 201


def test_what_did_not_change_is_not_sent_again(place: Place) -> None:
    client = place.client()
    etag = client.get("/value/").headers["etag"]
    again = client.get("/value/", headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    client.post("/value/", json={"add": 1})
    assert client.get("/value/", headers={"If-None-Match": etag}).status_code == 200


def test_a_change_of_what_was_changed_meanwhile_is_refused(place: Place) -> None:
    client = place.client()
    headers = {"If-Match": client.get("/value/").headers["etag"]}
    assert client.post("/value/", json={"add": 1}, headers=headers).status_code == 201
    assert client.post("/value/", json={"add": 1}, headers=headers).status_code == 412


class TestIdempotency:
    def test_the_same_request_is_made_once(self, place: Place) -> None:
        client = place.client()
        first, again = (client.post("/value/", json={"add": 1}, headers={"Idempotency-Key": "a"}) for _ in range(2))
        assert (again.status_code, again.content, again.headers["location"]) == (201, first.content, "/value/")
        assert again.headers["idempotency-replayed"] == "true"
        assert place.value == 1

    def test_a_key_is_of_one_request_and_of_one_token(self, place: Place) -> None:
        client = place.client()
        headers = {"Idempotency-Key": "a"}
        client.post("/value/", json={"add": 1}, headers=headers)
        assert client.post("/value/", json={"add": 2}, headers=headers).status_code == 422
        assert place.client("Paul").post("/value/", json={"add": 2}, headers=headers).status_code == 201
        assert place.value == 3

    def test_what_was_refused_may_be_asked_again(self, place: Place) -> None:
        client = place.client()
        headers = {"Idempotency-Key": "a"}
        for _ in range(2):
            assert client.post("/value/", json={"add": 1, "societe": 2}, headers=headers).status_code == 404

    def test_it_is_forgotten_after_a_day(self, place: Place) -> None:
        _, token = place.tokens.create("Claire", [1], [Right.VERDICT], now=NOW)
        client = TestClient(place.app, headers={"Authorization": f"Token {token}"})
        headers = {"Idempotency-Key": "a"}
        client.post("/value/", json={"add": 1}, headers=headers)
        place.now += dt.timedelta(hours=23, minutes=59)
        client.post("/value/", json={"add": 1}, headers=headers)
        assert place.value == 1
        place.now += dt.timedelta(minutes=2)
        assert client.post("/value/", json={"add": 2}, headers=headers).status_code == 201
        assert place.value == 3

    def test_what_a_key_brings_about_has_an_id_of_its_own_each_day(self, place: Place) -> None:
        _, token = place.tokens.create("Claire", [1], [Right.VERDICT], now=NOW)
        client = TestClient(place.app, headers={"Authorization": f"Token {token}", "Idempotency-Key": "a"})
        for hours in (0, 0, 23, 25):
            place.now += dt.timedelta(hours=hours)
            assert client.post("/half/", json={}).status_code == 503
        first, again, later, next_day = place.operations
        assert first == again == later != next_day

    def test_after_a_failure_the_key_is_of_the_same_request(self, place: Place) -> None:
        client, headers = place.client(), {"Idempotency-Key": "a"}
        assert client.post("/half/", json={}, headers=headers).status_code == 503
        assert client.post("/half/", json={"other": 1}, headers=headers).status_code == 422

    def test_answers_of_questions_are_not_kept(self, place: Place) -> None:
        client, headers = place.client(), {"Idempotency-Key": "a"}
        first = client.post("/question/", json={"add": 1}, headers=headers)
        client.post("/value/", json={"add": 1})
        second = client.post("/question/", json={"add": 1}, headers=headers)
        assert (first.text, second.text) == ("1", "2")
        assert "idempotency-replayed" not in second.headers
        assert client.post("/value/", json={"add": 1}, headers=headers).status_code == 201, "the key is free"

    def test_who_was_taken_for_dead_does_not_answer_for_who_took_over(self, place: Place) -> None:
        client, headers = place.client(), {"Idempotency-Key": "a"}
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.post, "/slow/", headers=headers)
            assert place.begun.wait(PATIENCE)
            assert client.post("/slow/", headers=headers).status_code == 409
            place.now += dt.timedelta(minutes=3)
            assert client.post("/slow/", headers=headers).text == "2"
            place.gate.set()
            assert slow.result().text == "1"
        again = client.post("/slow/", headers=headers)
        assert (again.text, again.headers["idempotency-replayed"]) == ("2", "true")
        assert len(set(place.operations)) == 1, "what both bring about is the same"

    @pytest.mark.parametrize("key", ["", " ", "k" * 256])
    def test_a_key_that_is_none(self, place: Place, key: str) -> None:
        assert place.client().post("/value/", json={"add": 1}, headers={"Idempotency-Key": key}).status_code == 400


class TestBrowser:
    def test_a_session_needs_the_pages_own_header_for_changes(self, place: Place) -> None:
        caller = place.tokens.find(place.tokens.create("Claire", [1], [Right.VERDICT, Right.READ], now=NOW)[1], NOW)
        assert caller is not None
        session = place.tokens.sign_in(caller, NOW)
        client = TestClient(place.app, cookies={SESSION_COOKIE: session})
        assert client.get("/value/").status_code == 200
        assert client.post("/value/", json={"add": 1}).status_code == 403
        assert client.post("/value/", json={"add": 1}, headers={CSRF_HEADER: "é".encode()}).status_code == 403
        assert client.post("/value/", json={"add": 1}, headers={CSRF_HEADER: csrf_of(session)}).status_code == 201
        place.tokens.revoke(caller.token_id, NOW)
        assert client.get("/value/").status_code == 401

    def test_a_session_ends_when_its_token_does(self, place: Place) -> None:
        expires = NOW + dt.timedelta(hours=1)
        _, token = place.tokens.create("Claire", [1], [Right.READ], now=NOW, expires=expires)
        caller = place.tokens.find(token, NOW)
        assert caller is not None
        client = TestClient(place.app, cookies={SESSION_COOKIE: place.tokens.sign_in(caller, NOW)})
        assert client.get("/value/").status_code == 200
        place.now = expires
        assert client.get("/value/").status_code == 401

    def test_a_session_ends(self, place: Place) -> None:
        caller = place.tokens.find(place.tokens.create("Claire", [1], [Right.READ], now=NOW)[1], NOW)
        assert caller is not None
        sessions = [place.tokens.sign_in(caller, NOW) for _ in range(2)]
        place.tokens.sign_out(sessions[0])
        clients = [TestClient(place.app, cookies={SESSION_COOKIE: session}) for session in sessions]
        assert [client.get("/value/").status_code for client in clients] == [401, 200]
        place.now += dt.timedelta(hours=12)
        assert clients[1].get("/value/").status_code == 401


def test_changes_are_taken_down_and_questions_are_not(place: Place) -> None:
    client = place.client()
    client.get("/value/")
    client.post("/value/", json={"add": 3})
    client.post("/value/", json={"add": 3, "societe": 2})
    ((_, entry),) = place.audit.list(frozenset({1}), limit=10)
    assert (entry.nom, entry.action, entry.societe_id, entry.demande) == ("Claire", "POST /value/", 1, {"add": 3})
    assert place.audit.list(frozenset({2}), limit=10) == []


class TestTakenDown:
    def entry(self, place: Place) -> AuditEntry:
        ((_, entry),) = place.audit.list(None, limit=10)
        return entry

    def test_what_failed_half_way(self, place: Place) -> None:
        refused = place.client().post("/half/", json={"motif": "x"})
        assert refused.status_code == 503
        assert "broker 3" not in refused.text
        entry = self.entry(place)
        assert (entry.statut, entry.societe_id, entry.demande) == (503, 1, {"motif": "x"})
        assert (entry.nom, entry.source) == ("Claire", Source.API)

    def test_what_is_padded_with_blanks(self, place: Place) -> None:
        place.client().post("/value/", content=b'{"add":' + b" " * 9_000 + b"3}", headers=JSON)
        assert self.entry(place).demande == {"add": 3}

    def test_of_what_is_long_the_beginning(self, place: Place) -> None:
        place.client().post("/half/", json={"motif": "é" * 20_000, "after": 1})
        kept = self.entry(place).demande
        assert kept["octets"] == 40_022
        assert kept["extrait"].startswith('{"motif":"éé')
        assert len(kept["extrait"].encode()) in range(4_090, 4_097)

    def test_no_secret(self, place: Place) -> None:
        secrets = {
            "adresse": "https://anne:hunter2@hooks.example.com/T0123456789ABCDEF0123456789?key=abc",
            "commentaire": "with wbml_0123456789abcdefghij and postgresql://u:hunter2@db/wb",
            "smtp": {"password": "hunter2", "Secret": ["hunter2"]},
            "budget": 3,
        }
        place.client().post("/half/", json=secrets)
        kept = self.entry(place).demande
        assert kept["budget"] == 3
        assert kept["adresse"].startswith("https://hooks.example.com/T012")
        assert not any(one in str(kept) for one in ("hunter2", "0123456789", "abc"))


def test_an_open_stream_is_of_a_token_that_still_lets_in(place: Place) -> None:
    number, token = place.tokens.create("Claire", [1], [Right.READ], now=NOW)
    scope = {"type": "http", "method": "GET", "path": "/", "client": ("127.0.0.1", 1), "query_string": b""}
    asked = Request({**scope, "headers": [(b"authorization", f"Token {token}".encode())]})
    access: Access = place.app.state.access
    for _ in range(30):  # however many wrong tokens come from the same address
        place.client().get("/value/", headers={"Authorization": "Token wbml_guess"})
    assert access.still_lets_in(asked)
    place.tokens.revoke(number, NOW)
    assert not access.still_lets_in(asked)


def test_a_body_that_is_nested_too_deeply_is_taken_down_as_none(place: Place) -> None:
    refused = place.client().post("/value/", content=b"[" * 900)
    assert refused.status_code in {400, 422}


def test_who_calls_too_often_waits(database_url: str) -> None:
    engine = open_database(database_url)
    client = Place(engine, "3/minute").client()
    statuses = [client.get("/value/").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    engine.dispose()


def test_who_guesses_tokens_is_no_longer_heard(place: Place) -> None:
    client = place.client()
    guess = {"Authorization": "Token wbml_guess"}
    assert {client.get("/value/", headers=guess).status_code for _ in range(20)} == {401}
    assert client.get("/value/", headers=guess).status_code == 429
    assert client.get("/value/").status_code == 200, "who has a token is not locked out by others of the address"


@pytest.mark.parametrize("announced", [True, False])
def test_a_long_body_is_not_read(place: Place, announced: bool) -> None:
    def pieces() -> Iterator[bytes]:
        yield from (b"x" * 20_000 for _ in range(3))

    body: bytes | Callable[[], Iterator[bytes]] = b"x" * 60_000 if announced else pieces
    content = body if isinstance(body, bytes) else body()
    refused = place.client().post("/value/", content=content)
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"
