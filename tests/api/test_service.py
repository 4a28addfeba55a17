"""Who is let in, how errors look, and what the service says of itself."""

import datetime as dt
import itertools
import re
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import ClassVar

import httpx
import psycopg
import pytest

from wisebook_ml import __version__
from wisebook_ml.access import Right, digest
from wisebook_ml.api.pages.shell import PAGES
from wisebook_ml.settings import Settings
from wisebook_ml.storage import AuditLog, DatabaseUnreachable, TokenStore, open_database

LIST = "/api/ml/detections/"

Client = Callable[[str], httpx.Client]
Serve = Callable[[Settings], AbstractContextManager[str]]


class TestTokens:
    def test_without_a_known_one_nothing_is_shown(self, address: str, tokens: dict[str, str]) -> None:
        known = tokens["one"]
        wrong = [
            None,
            "",
            "Token",
            "Token wrong",
            f"Bearer {known}",
            known,
            f"Token {known}x",
            f"Token x {known}",
            "Tokén é",
        ]
        places = [LIST, f"{LIST}recent/", f"{LIST}x/", f"{LIST}?limit=0", "/api/ml/openapi.json"]
        for place, header in itertools.product(places, wrong):
            headers = [] if header is None else [(b"Authorization", header.encode("latin-1"))]
            response = httpx.get(address + place, headers=headers)
            assert response.status_code == 401, (place, header)
            assert response.headers["content-type"] == "application/problem+json"
            assert response.headers["www-authenticate"] == "Token"
            assert known not in response.text

    def test_every_place_but_the_probes_asks_for_one(self, address: str, tokens: dict[str, str]) -> None:
        known = {"Authorization": f"Token {tokens['operator']}"}
        paths = httpx.get(f"{address}/api/ml/openapi.json", headers=known).json()["paths"]
        assert len(paths) > 40
        asked = [(method, path) for path, methods in paths.items() for method in methods if method != "parameters"]
        asked += [("get", page.path) for page in PAGES]  # they lead to the sign-in page
        open_to_all = {
            path
            for method, path in asked
            if httpx.request(method, address + re.sub(r"{.*?}", "1", path)).status_code not in {401, 303}
        }
        assert open_to_all == {"/healthz", "/readyz"}

    def test_its_digest_does_not_let_in(self, address: str, tokens: dict[str, str]) -> None:
        response = httpx.get(address + LIST, headers={"Authorization": f"Token {digest(tokens['one'])}"})
        assert response.status_code == 401

    def test_the_scheme_is_read_in_any_case(self, address: str, tokens: dict[str, str]) -> None:
        assert httpx.get(address + LIST, headers={"Authorization": f"token {tokens['one']}"}).status_code == 200


class TestSignIn:
    def test_it_counts_as_a_call_of_its_token(self, settings: Settings, serving: Serve, tokens: dict[str, str]) -> None:
        with serving(settings.model_copy(update={"api_rate": "3/minute"})) as address:
            given = [httpx.post(f"{address}/connexion/", data={"jeton": tokens["one"]}) for _ in range(4)]
            assert [one.status_code for one in given] == [303, 303, 303, 429]
            assert httpx.post(f"{address}/connexion/", data={"jeton": tokens["all"]}).status_code == 303

    def test_a_session_ends_with_its_token(
        self, settings: Settings, serving: Serve, database_url: str, now: dt.datetime
    ) -> None:
        engine = open_database(database_url)
        store = TokenStore(engine)
        number, revoked = store.create("Claire", [1], [Right.READ], now=now)
        with serving(settings) as address, httpx.Client(base_url=address) as browser:
            assert browser.post("/connexion/", data={"jeton": revoked}).status_code == 303
            assert browser.get(LIST).status_code == 200
            store.revoke(number, now)
            assert browser.get(LIST).status_code == 401
        engine.dispose()


class TestProxies:
    """What a proxy says of who calls is believed of those that are named, and of nobody else."""

    SAID: ClassVar = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1, 198.51.100.7"}

    def sign_in(self, settings: Settings, serving: Serve, token: str) -> tuple[bool, str]:
        with serving(settings) as address:
            answer = httpx.post(f"{address}/connexion/", data={"jeton": token}, headers=self.SAID)
        assert answer.status_code == 303
        engine = open_database(settings.sql_url)
        ((_, entry), *_) = AuditLog(engine).list(None, limit=1)
        engine.dispose()
        return "; secure" in answer.headers["set-cookie"].lower(), entry.adresse

    @pytest.mark.parametrize("proxies", [("127.0.0.1",), ("10.0.0.0/8", "127.0.0.0/8")])
    def test_a_trusted_one(
        self, settings: Settings, serving: Serve, tokens: dict[str, str], proxies: tuple[str, ...]
    ) -> None:
        behind = settings.model_copy(update={"api_proxies": proxies})
        # What stands to the left of the last address was sent by the caller, who may say anything.
        assert self.sign_in(behind, serving, tokens["one"]) == (True, "198.51.100.7")

    @pytest.mark.parametrize("proxies", [(), ("10.0.0.0/8",)])
    def test_another_one(
        self, settings: Settings, serving: Serve, tokens: dict[str, str], proxies: tuple[str, ...]
    ) -> None:
        behind = settings.model_copy(update={"api_proxies": proxies})
        assert self.sign_in(behind, serving, tokens["one"]) == (False, "127.0.0.1")


class TestErrors:
    def test_an_unknown_place(self, client: Client) -> None:
        response = client("one").get("/api/ml/nothing/")
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json() == {
            "title": "Not Found",
            "status": 404,
            "detail": "There is nothing at /api/ml/nothing/.",
            "instance": "/api/ml/nothing/",
        }

    def test_a_method_it_does_not_take(self, client: Client) -> None:
        response = client("one").post(LIST)
        assert response.status_code == 405
        assert response.headers["allow"] == "GET"
        assert response.json()["detail"] == f"{LIST} does not take POST."

    def test_a_missing_slash_is_forgiven(self, client: Client) -> None:
        assert client("one").get(LIST.rstrip("/"), follow_redirects=True).status_code == 200


class TestHealth:
    def test_it_needs_no_token(self, address: str) -> None:
        response = httpx.get(f"{address}/healthz")
        assert response.status_code == 200
        assert response.json() == {"status": "ok", "version": __version__}

    def test_an_outage_is_told_and_survived(
        self, settings: Settings, now: dt.datetime, postgres: str, serving: Serve
    ) -> None:
        server, _, name = postgres.rpartition("/")
        engine = open_database(postgres)
        token = TokenStore(engine).create("Claire", [1], [Right.READ], now=now)[1]
        engine.dispose()
        headers = {"Authorization": f"Token {token}"}
        admin = psycopg.connect(f"{server}/postgres", autocommit=True)
        with admin, serving(settings.model_copy(update={"database_url": postgres})) as address:
            assert httpx.get(address + LIST, headers=headers).status_code == 200
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            for path in (LIST, f"{LIST}{uuid.uuid4()}/"):
                response = httpx.get(address + path, headers=headers)
                assert response.status_code == 503
                assert response.headers["content-type"] == "application/problem+json"
                assert response.headers["retry-after"]
                assert name not in response.text, "says where the database is"
            ready = httpx.get(f"{address}/readyz")
            assert ready.status_code == 503
            assert "The database does not answer." in ready.json()["reasons"]
            admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            assert httpx.get(f"{address}/healthz").status_code == 200  # it lived all the time
            assert httpx.get(address + LIST, headers=headers).json() == {"count": 0, "results": []}

    def test_a_database_that_was_never_there_stops_the_start(self, settings: Settings, serving: Serve) -> None:
        nowhere = settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/nothing"})
        with pytest.raises(DatabaseUnreachable), serving(nowhere):
            pass


class TestOpenApi:
    def test_every_reference_leads_somewhere(self, client: Client) -> None:
        document = client("one").get("/api/ml/openapi.json").json()
        assert document["info"]["version"] == __version__
        forecasts = {"/api/ml/tresorerie/{societe_id}/", "/api/ml/tresorerie/{societe_id}/scenario/"}
        counted = {"/api/ml/statistiques/", "/api/ml/statistiques/fenetres/"}
        detected = {LIST, f"{LIST}recent/", LIST + "{detection_id}/"}
        models = {f"/api/ml/modeles/{path}" for path in ("", "dashboard/", "{modele_id}/", "{modele_id}/performance/")}
        served = {"/healthz", "/readyz", "/metrics"}
        letters = {"/api/ml/dead-letters/", "/api/ml/dead-letters/{partition}/{offset}/retry/"}
        operated = {"/api/ml/workers/", "/api/ml/timers/", "/api/ml/timers/{name}/run/"} | letters
        assert served | operated | detected | forecasts | counted | models <= set(document["paths"])
        described = document["components"]["schemas"]
        references = set(_references(document))
        assert references
        assert {reference.rpartition("/")[2] for reference in references} <= set(described)
        assert {"ce_time", "detection_id", "motifs"} <= set(described["DetectionRead"]["properties"])
        assert document["components"]["securitySchemes"]["Token"]["name"] == "Authorization"
        assert "422" not in document["paths"][LIST]["get"]["responses"]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in _references(value)]
    if isinstance(node, list):
        return [found for value in node for found in _references(value)]
    return []
