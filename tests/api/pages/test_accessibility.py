"""Axe on every page: light, dark and on a phone, in both languages, with and without something to show."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from schemas import Detection, Severite

from .conftest import DESKTOP, PHONE, Open

PAGES = ("/", "/alertes/", "/tresorerie/?societe=1", "/statistiques/", "/modeles/", "/exploitation/")
LOOKS: dict[str, dict[str, object]] = {
    "light": {"color_scheme": "light", "viewport": DESKTOP},
    "dark": {"color_scheme": "dark", "viewport": DESKTOP},
    "phone": {"color_scheme": "light", "viewport": PHONE},
}
SERIOUS = ("serious", "critical")


def check(page: Page) -> None:
    """Fail with what axe has found that keeps people out, and where the page is wider than its window."""
    found = Axe().run(page).response["violations"]
    serious = [
        f"{one['id']}: {one['help']}\n" + "\n".join(f"    {node['html']}" for node in one["nodes"][:3])
        for one in found
        if one["impact"] in SERIOUS
    ]
    assert serious == [], f"{page.url}\n" + "\n".join(serious)
    width, window = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert width <= window, f"{page.url} is {width} pixels wide in a window of {window}"


def settled(page: Page) -> None:
    """Wait until the page has everything that it asks for."""
    expect(page.locator("main[id]")).to_be_visible()
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS)
def test_no_page_keeps_anybody_out(
    look: str,
    visit: Open,
    tokens: dict[str, str],
    detection: Callable[..., Detection],
    write: Callable[..., None],
    complaints: list[str],
) -> None:
    write(*(detection(number, severite=severite) for number, severite in enumerate(Severite)))
    page = visit("/", **LOOKS[look])
    check(page)
    page.get_by_label("Jeton d’accès").fill(tokens["admin"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    for path in PAGES:
        page.goto(path)
        settled(page)
        check(page)
    page.goto("/")
    settled(page)
    page.locator("#list .row").nth(2).click()
    page.get_by_role("button", name="Autre compte").click()
    settled(page)
    check(page)
    if look == "phone":
        page.get_by_role("button", name="Retour à la liste").click()
        page.get_by_role("button", name="Menu").click()
        check(page)
    page.goto("/?langue=en")
    settled(page)
    check(page)
    assert complaints == []
