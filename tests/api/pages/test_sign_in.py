"""Signing in and out, in a browser and beside it: the cookie, forgeries, what is taken down, what never is."""

import datetime as dt
import logging
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from wisebook_ml.access import Right, csrf_of
from wisebook_ml.api.access import SESSION_COOKIE
from wisebook_ml.storage import AuditLog, TokenStore, open_database

from .conftest import Open

PAGES = ("/", "/alertes/", "/tresorerie/", "/statistiques/", "/modeles/", "/exploitation/")


@pytest.fixture
def plain(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address) as client:
        yield client


def test_who_is_not_signed_in_is_asked_to_and_comes_back(visit: Open, tokens: dict[str, str]) -> None:
    page = visit("/alertes/")
    assert urlsplit(page.url).path == "/connexion/"
    page.get_by_label("Jeton d’accès").fill("wbml_wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("inconnu")
    expect(page.get_by_label("Jeton d’accès")).to_be_focused()
    page.get_by_label("Jeton d’accès").fill(tokens["read"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/alertes/")
    assert tokens["read"] not in page.content()

    page.get_by_role("button", name="Se déconnecter").click()
    page.wait_for_url("**/connexion/")
    page.goto("/")
    assert urlsplit(page.url).path == "/connexion/"


def test_the_cookie_is_out_of_reach(sign_in: Open, visit: Open) -> None:
    page = sign_in("read")
    cookie = next(one for one in page.context.cookies() if one["name"] == SESSION_COOKIE)
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    assert page.evaluate("document.cookie") == ""


def test_a_link_from_elsewhere_leads_who_is_signed_in_to_the_page(sign_in: Open, address: str) -> None:
    page = sign_in("read")
    # The same server under another name is another site.
    page.goto(f"{address.replace('127.0.0.1', 'localhost')}/connexion/")
    page.evaluate(
        """address => {
            const link = document.createElement("a");
            link.href = `${address}/alertes/`;
            link.append("elsewhere");
            document.body.append(link);
        }""",
        address,
    )
    page.get_by_role("link", name="elsewhere").click()
    page.wait_for_url("**/alertes/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alertes")


@pytest.mark.parametrize("path", PAGES)
def test_pages_need_a_session(plain: httpx.Client, path: str) -> None:
    answer = plain.get(path)
    assert (answer.status_code, urlsplit(answer.headers["location"]).path) == (303, "/connexion/")


@pytest.mark.parametrize("path", [*PAGES, "/connexion/", "/static/x/js/shell.js", "/static/x/none.js"])
def test_every_page_has_the_headers(client: Callable[[str], httpx.Client], path: str) -> None:
    headers = client("read").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


def signed_in(plain: httpx.Client, token: str) -> str:
    answer = plain.post("/connexion/", data={"jeton": f" {token}\n", "vers": "/modeles/"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/modeles/")
    return plain.cookies[SESSION_COOKIE]


def test_only_own_pages_are_gone_to(plain: httpx.Client, tokens: dict[str, str]) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        answer = plain.post("/connexion/", data={"jeton": tokens["read"], "vers": target})
        assert answer.headers["location"] == "/"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_cannot_sign_a_person_in(
    plain: httpx.Client, tokens: dict[str, str], headers: dict[str, str]
) -> None:
    answer = plain.post("/connexion/", data={"jeton": tokens["read"]}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_another_site_cannot_sign_a_person_out(plain: httpx.Client, tokens: dict[str, str]) -> None:
    session = signed_in(plain, tokens["read"])
    assert plain.post("/deconnexion/", data={"csrf": "0" * 64}).status_code == 403
    assert plain.get("/").status_code == 200
    assert plain.post("/deconnexion/", data={"csrf": csrf_of(session)}).status_code == 303
    plain.cookies.set(SESSION_COOKIE, session)
    assert plain.get("/").status_code == 303, "the session has ended, whoever has kept the cookie"


def test_signing_in_and_out_is_taken_down_and_tokens_are_not(
    plain: httpx.Client, tokens: dict[str, str], database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        plain.post("/connexion/", data={"jeton": "wbml_wrong"})
        session = signed_in(plain, tokens["read"])
        plain.post("/deconnexion/", data={"csrf": csrf_of(session)})
    engine = open_database(database_url)
    entries = [entry for _, entry in AuditLog(engine).list(None, limit=10)]
    engine.dispose()
    assert [(one.nom, one.action) for one in entries] == [("read", "POST /deconnexion/"), ("read", "POST /connexion/")]
    assert {one.demande for one in entries} == {None}
    served = [one.getMessage() for one in caplog.records if not one.name.startswith("httpcore")]  # that is the client
    assert not any(secret in line for secret in (tokens["read"], session) for line in served)


def test_who_tries_tokens_is_stopped(plain: httpx.Client, tokens: dict[str, str]) -> None:
    statuses = [plain.post("/connexion/", data={"jeton": f"wbml_{k}"}).status_code for k in range(21)]
    assert statuses == [401] * 20 + [429]
    # Who shares the address and has a token is let in.
    assert plain.post("/connexion/", data={"jeton": tokens["read"]}).status_code == 303


def test_a_token_that_may_not_read_is_told_so(plain: httpx.Client, tokens: dict[str, str]) -> None:
    answer = plain.post("/connexion/", data={"jeton": tokens["train"]})
    assert answer.status_code == 403
    assert "droit de lecture" in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"jeton", b"jeton=%00", b"jeton=" + b"a" * 100_000, b"\xff\xfe", b"a=1&" * 5_000, b'{"jeton": 1}']
)
def test_what_is_no_form_is_no_token(plain: httpx.Client, body: bytes) -> None:
    answer = plain.post("/connexion/", content=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 401
    assert answer.headers["content-type"].startswith("text/html")


def test_the_language_is_remembered(visit: Open, tokens: dict[str, str]) -> None:
    page = visit("/")
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.get_by_role("link", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Access token").fill(tokens["read"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Detections")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_html_in_the_name_of_a_token_is_text(plain: httpx.Client, database_url: str, now: dt.datetime) -> None:
    engine = open_database(database_url)
    name = '"><script>alert(1)</script>'
    token = TokenStore(engine).create(name, None, [Right.READ], now=now)[1]
    engine.dispose()
    signed_in(plain, token)
    shown = plain.get("/").text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
