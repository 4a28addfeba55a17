"""The API's document as a page: every operation is on it, and nothing is loaded from anywhere."""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import httpx

from wisebook_ml.api.reference import reference_page

Client = Callable[[str], httpx.Client]

PAGE, DOCUMENT = "/api/ml/docs/", "/api/ml/openapi.json"


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "src", "action"):
                self.links.append(value or "")


def test_every_operation_is_there_and_every_link_leads_somewhere(client: Client) -> None:
    reader = client("one")
    answer = reader.get(PAGE)
    assert answer.headers["content-type"].startswith("text/html")
    page, document = Page(answer.text), reader.get(DOCUMENT).json()
    assert document["openapi"].startswith("3.1")
    operations = {one["operationId"] for path in document["paths"].values() for one in path.values()}
    assert operations <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert {link.removeprefix("#") for link in page.links if link.startswith("#")} <= set(page.ids)
    assert {link for link in page.links if not link.startswith("#")} == {DOCUMENT}


def test_nothing_is_loaded(client: Client) -> None:
    answer = client("one").get(PAGE)
    assert not Page(answer.text).tags & {"script", "link", "img", "iframe", "object", "form"}
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert re.search(r"url\(|@import", answer.text) is None


def test_it_needs_a_token(address: str) -> None:
    assert httpx.get(address + PAGE).status_code == 401


def test_texts_are_texts() -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "<b>", "version": "1"},
        "paths": {"/<i>/": {"get": {"operationId": "a", "summary": "<script>", "responses": {}}}},
        "components": {"schemas": {"S": {"description": "<img src=x>", "type": "string"}}},
    }
    text, _ = reference_page(document)
    assert not Page(text.decode()).tags & {"b", "i", "script", "img"}
