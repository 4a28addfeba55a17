"""A real browser on the real pages of a real server."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 360, "height": 740}

Open = Callable[..., Page]


@pytest.fixture
def contexts(browser: Browser) -> Iterator[list[BrowserContext]]:
    made: list[BrowserContext] = []
    yield made
    for one in made:
        one.close()


@pytest.fixture
def complaints() -> list[str]:
    """Return what browsers have complained of: errors in scripts, and what the policy of the pages has refused."""
    return []


@pytest.fixture
def visit(browser: Browser, contexts: list[BrowserContext], address: str, complaints: list[str]) -> Open:
    """Open a page of the dashboard as somebody who has not signed in."""

    def open_(path: str = "/", **options: object) -> Page:
        context = browser.new_context(
            **{"base_url": address, "viewport": DESKTOP, "locale": "fr-FR", "timezone_id": "Europe/Paris", **options}  # type: ignore[arg-type]
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: (
                complaints.append(said.text)
                if said.type == "error" and "Failed to load resource" not in said.text
                else None
            ),
        )
        page.goto(path)
        return page

    return open_


@pytest.fixture
def sign_in(visit: Open, tokens: dict[str, str]) -> Open:
    """Open a page, and sign in on the way with the token of this name."""

    def signed_in(name: str = "admin", path: str = "/", **options: object) -> Page:
        page = visit(path, **options)
        page.get_by_label("Jeton d’accès").fill(tokens[name])
        page.get_by_role("button", name="Se connecter").click()
        page.wait_for_url(f"**{path}")
        return page

    return signed_in
