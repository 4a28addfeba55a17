"""The page of detections as a person uses it: looking, filtering, keys, a phone, and hostile texts."""

from collections.abc import Callable

import msgspec
import pytest
from playwright.sync_api import Page, expect

from schemas import Detection, Etat, Severite

from .conftest import PHONE, Open

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"


@pytest.fixture
def found(detection: Callable[..., Detection], write: Callable[..., None]) -> list[Detection]:
    """Detections of company 1, of every severity, one of which is closed; and one of company 2."""
    made = [
        detection(number, severite=severite, score=20.0 * (number + 1), montant=f"{10 ** (number + 1)}.50")
        for number, severite in enumerate(Severite)
    ]
    made += [detection(5, etat=Etat.CLOSE), detection(6, societe_id=2)]
    write(*made)
    return made


def rows(page: Page) -> list[str]:
    expect(page.locator("#list")).to_have_attribute("aria-busy", "false")
    return [" ".join(text.split()) for text in page.locator("#list .row").all_inner_texts()]


def test_the_most_serious_comes_first_with_reason_and_amount(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("one")
    shown = rows(page)
    assert len(shown) == 5, "those of company 1 that are open"
    assert shown[0].startswith("Critique 100 000,50 €")
    assert "Même pièce, même tiers" in shown[0]
    expect(page.locator("#count")).to_have_text("5 détections")
    expect(page.locator("#detail").get_by_role("heading", level=2)).to_contain_text("Écriture")


def test_english(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("one")
    page.get_by_role("link", name="English").click()
    assert rows(page)[0].startswith("Critical €100,000.50 Same piece, same third party")


def test_filters_narrow_and_stay_in_the_address(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("both")
    assert len(rows(page)) == 6
    page.get_by_label("Sévérité").select_option("Faible")
    expect(page.locator("#list .row")).to_have_count(1)
    page.reload()
    expect(page.locator("#list .row")).to_have_count(1)
    page.get_by_label("Sévérité").select_option("")
    page.get_by_label("Société", exact=True).select_option("2")
    expect(page.locator("#list .row")).to_have_count(1)
    page.get_by_label("État").select_option("CLOSE")
    expect(page.get_by_text("Aucune détection ne correspond à ces filtres.")).to_be_visible()


def test_keys_go_through_the_list(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("one")
    assert rows(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    page.keyboard.press("Enter")
    first = page.locator("#list .row").first
    first.focus()
    page.keyboard.press("ArrowDown")
    second = page.locator("#list .row").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-current", "true")
    expect(page.locator("#detail")).to_contain_text("10 000,50 €")
    # No trap: the list is left with Tab.
    for _ in range(5):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#list') === null")


def test_a_phone_shows_one_at_a_time(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("one", viewport=PHONE)
    assert rows(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.locator("#detail")).to_be_hidden()
    page.locator("#list .row").nth(1).click()
    expect(page.locator("#detail").get_by_role("heading", level=2)).to_be_focused()
    expect(page.locator("#list")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Retour à la liste").click()
    expect(page.locator("#list .row").nth(1)).to_be_focused()
    page.get_by_role("button", name="Menu").click()
    page.get_by_role("link", name="Alertes").click()
    page.wait_for_url("**/alertes/")


def test_whatever_a_text_holds_it_stays_text(
    sign_in: Open, detection: Callable[..., Detection], write: Callable[..., None], complaints: list[str]
) -> None:
    one = detection(1)
    reason = msgspec.structs.replace(one.motifs[0], libelle_fr=HOSTILE, libelle_en=HOSTILE)
    write(msgspec.structs.replace(one, motifs=[reason], journal_code=HOSTILE))
    page = sign_in("one")
    assert HOSTILE in rows(page)[0]
    expect(page.locator("#detail")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0
    assert complaints == []


def test_more_are_shown_on_demand(
    sign_in: Open, detection: Callable[..., Detection], write: Callable[..., None]
) -> None:
    write(*(detection(number, score=99.0 - number / 10) for number in range(70)))
    page = sign_in("one")
    assert len(rows(page)) == 50
    page.get_by_role("button", name="Afficher la suite").click()
    expect(page.locator("#list .row")).to_have_count(70)
    expect(page.locator("#list .row").nth(50)).to_be_focused()
    expect(page.get_by_role("button", name="Afficher la suite")).to_be_hidden()


def test_an_address_leads_to_one_detection(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("one")
    page.goto(f"/#{found[2].detection_id}")
    page.reload()
    expect(page.locator("#detail")).to_contain_text("1 000,50 €")


def test_without_detections_the_page_says_so(sign_in: Open) -> None:
    page = sign_in("none")
    expect(page.get_by_text("Aucune détection pour le moment.")).to_be_visible()


def test_an_export_is_one_form_away(sign_in: Open, found: list[Detection]) -> None:
    page = sign_in("one")
    assert rows(page)
    page.get_by_text("Exporter pour l’audit").click()
    page.locator("#export-depuis").fill("2025-01-01")
    page.locator("#export-jusque").fill("2025-12-31")
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    assert download.value.suggested_filename == "wisebook-1-2025-01-01-2025-12-31.csv"
