"""The page of detections over a real broker: what is found appears by itself, and a click is a verdict on its topic."""

import datetime as dt
import re
import uuid
from collections.abc import Callable, Iterator

import msgspec
import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, expect

from schemas import Avis, Ecriture, ExecutionMinuterie, Ligne, PositionTresorerie, StatutExecution, Verdict
from topics import DETECTIONS, ENTRIES, FEEDBACK, TIMER_RUNS
from wisebook_ml.access import Right
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions

from .dashboard import served, sign_in, token_of
from .deployment import Deployment

COMPANY = 41

SEEN = """() => {
    window.cameAt = {};
    new MutationObserver(() => {
        for (const row of document.querySelectorAll("#list [data-id]")) window.cameAt[row.dataset.id] ??= Date.now();
    }).observe(document.getElementById("list"), { childList: true });
}"""
"""Notes when a detection appears on the page, by the clock of this machine, which is the broker's as well."""


@pytest.fixture
def address(deployment: Deployment) -> Iterator[str]:
    with served(deployment) as url:
        yield url


def unbalanced(number: int) -> Ecriture:
    return Ecriture(
        societe_id=COMPANY,
        ecriture_id=f"E-{number}",
        journal_code="AC",
        ecriture_num=str(number),
        ecriture_date=dt.date(2025, 3, 3 + number),
        lignes=[
            Ligne(compte_num="606300", compte_lib="Fournitures <b>", ecriture_lib=f"Achat {number}", debit="1200.00"),
            Ligne(compte_num="401000", compte_lib="Fournisseurs", ecriture_lib=f"Achat {number}", credit="700.00"),
        ],
    )


def test_a_detection_appears_and_is_judged_by_a_click(
    deployment: Deployment, address: str, browser: Browser, record_property: Callable[[str, object], None]
) -> None:
    workers = [deployment.start(role) for role in ("scoring", "storage", "tuning")]
    # The first entries warm everything up: the one that is timed comes when all of it runs.
    deployment.publish([unbalanced(1)])
    deployment.wait("scoring", ENTRIES, *workers)
    deployment.wait("storage", DETECTIONS, *workers)

    page = sign_in(browser, address, token_of(deployment, [COMPANY], Right.READ, Right.VERDICT))
    expect(page.locator("#list .row")).to_have_count(1)
    expect(page.locator("#live")).to_have_attribute("data-state", "open")
    page.evaluate(SEEN)

    published = utc_now().timestamp() * 1000
    deployment.publish([unbalanced(2)])
    expect(page.locator("#list .row")).to_have_count(2)
    row = page.locator("#list .row", has_text="Écriture AC 2")
    expect(row).to_contain_text("Écriture AC 2")
    (latest,) = [one for one in deployment.detections(COMPANY) if one.detection.ecriture_id == "E-2"]
    whole = page.evaluate("(id) => window.cameAt[id]", str(latest.detection.detection_id)) - published
    # What of it is the page's: from the topic to the eye.
    another = replace(latest.detection, detection_id=uuid.uuid4(), ecriture_num="3")
    headers = [(name, value) for name, value in latest.headers if name != "ce_id"]
    sent = utc_now().timestamp() * 1000
    deployment.send(
        DETECTIONS, [(str(another.detection_id).encode(), msgspec.json.encode(another), [*headers, ("ce_id", b"3")])]
    )
    expect(page.locator("#list .row")).to_have_count(3)
    shown = page.evaluate("(id) => window.cameAt[id]", str(another.detection_id)) - sent
    record_property("figures", f"topic to page {shown:.0f} ms; with publishing and scoring the entry {whole:.0f} ms")

    deployment.wait("storage", DETECTIONS, *workers)
    row.click()
    detail = page.locator("#detail")
    expect(detail.get_by_role("row", name="606300")).to_contain_text("1 200,00")
    expect(detail).to_contain_text("Fournitures <b>")
    detail.get_by_role("button", name="Confirmer l’anomalie").click()
    expect(detail).to_contain_text("Avis enregistré : Confirmée.")
    expect(row).to_contain_text("✓ Confirmée")

    (record,) = deployment.read(FEEDBACK)
    avis = msgspec.json.decode(record.value or b"", type=Avis)
    assert (avis.detection_id, avis.verdict, avis.auteur) == (
        latest.detection.detection_id,
        Verdict.CONFIRMEE,
        "Claire",
    )
    deployment.wait("tuning", FEEDBACK, *workers)

    # Somebody changes their mind, and names the right account.
    page.reload()
    page.locator("#list .row", has_text="Écriture AC 2").click()
    expect(detail).to_contain_text("Avis donné : Confirmée par Claire")
    detail.get_by_role("button", name="Autre compte").click()
    detail.get_by_label("Compte qui convient").fill("602100")
    page.keyboard.press("Enter")
    expect(detail).to_contain_text("Avis enregistré : Autre compte.")
    *_, record = deployment.read(FEEDBACK)
    avis = msgspec.json.decode(record.value or b"", type=Avis)
    assert (avis.verdict, avis.compte_num, avis.remplace) == (Verdict.RECLASSEE, "602100", True)

    # On a phone the entry is a list, and nothing is wider than the page.
    page.set_viewport_size({"width": 360, "height": 740})
    expect(detail.get_by_role("row", name="606300")).to_be_visible()
    assert detail.evaluate("pane => pane.scrollWidth <= pane.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.context.close()


def balanced(number: int) -> Ecriture:
    """Return an entry in which there is nothing to find."""
    entry = unbalanced(number)
    return replace(entry, lignes=[entry.lignes[0], replace(entry.lignes[1], credit="1200.00")])


def test_an_entry_that_was_missed_is_looked_up_and_reported(
    deployment: Deployment, address: str, browser: Browser
) -> None:
    workers = [deployment.start(role) for role in ("scoring", "storage", "tuning")]
    deployment.publish([unbalanced(1), balanced(2)])
    deployment.wait("scoring", ENTRIES, *workers)
    deployment.wait("storage", DETECTIONS, *workers)

    page = sign_in(browser, address, token_of(deployment, [COMPANY], Right.READ, Right.VERDICT))
    page.get_by_text("Signaler une anomalie manquée").click()
    asked, found = page.get_by_label("N°, pièce ou identifiant"), page.locator("#missed-found")
    expect(page.locator("#missed-societe")).to_have_value(str(COMPANY))
    asked.fill("unknown")
    page.get_by_role("button", name="Chercher l’écriture").click()
    expect(found).to_contain_text("Aucune écriture de cette société")
    asked.fill("1")
    page.keyboard.press("Enter")
    expect(found).to_contain_text("Cette écriture a été détectée")
    found.get_by_role("link", name="Voir la détection").click()
    expect(page.locator("#detail")).to_contain_text("Écriture AC 1")

    asked.fill("E-2")
    page.get_by_label("Journal (facultatif)").fill("AC")
    page.keyboard.press("Enter")
    expect(found.get_by_role("row", name="606300")).to_contain_text("1 200,00")
    found.get_by_label("Commentaire (facultatif)").fill("déjà payée <b>")
    found.get_by_role("button", name="Signaler comme anomalie manquée").click()
    expect(found).to_contain_text("Avis enregistré : Manquée.")
    (record,) = deployment.read(FEEDBACK)
    avis = msgspec.json.decode(record.value or b"", type=Avis)
    assert (avis.ecriture_id, avis.verdict, avis.auteur) == ("E-2", Verdict.MANQUEE, "Claire")
    assert avis.commentaire == "déjà payée <b>"
    deployment.wait("tuning", FEEDBACK, *workers)
    page.get_by_role("button", name="Chercher l’écriture").click()
    expect(found).to_contain_text("Déjà signalée comme manquée par Claire.")
    page.context.close()


def positions(days: int) -> list[PositionTresorerie]:
    """Return days of one account on which clients pay on Tuesdays and Fridays, and wages go out on the 28th."""
    balance, found = 12_000, []
    for day in (dt.date(2025, 1, 6) + dt.timedelta(days=at) for at in range(days)):
        came = 0 if day.weekday() >= 5 else 2_000 if day.weekday() in (1, 4) else 150
        went = 0 if day.weekday() >= 5 else 6_000 if day.day == 28 else 300
        balance += came - went
        amounts = {"solde": f"{balance}.00", "entrees": f"{came}.00", "sorties": f"{went}.00"}
        found.append(PositionTresorerie(societe_id=COMPANY, compte_num="512100", date=day, **amounts))
    return found


def test_cash_is_forecast_with_intervals_and_under_a_scenario(
    deployment: Deployment, address: str, browser: Browser
) -> None:
    with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
        publish_positions(positions(100), producer, "test")
    page = sign_in(browser, address, token_of(deployment, [COMPANY], Right.READ))
    page.goto("/tresorerie/")
    expect(page.get_by_role("heading", name="Au 15/04/2025")).to_be_visible()
    chart = page.get_by_role("img", name="Solde attendu")
    expect(chart).to_have_accessible_name(re.compile(r"en 90 jours\.$"))
    expect(chart.locator(".band")).to_have_count(2)
    page.get_by_text("Voir les chiffres").click()
    expect(page.get_by_role("columnheader", name="Intervalle à 95 %")).to_be_visible()
    expect(page.get_by_role("region", name="Solde attendu, jour par jour").locator("tbody tr")).to_have_count(90)

    page.get_by_label("Changement").select_option(label="Investissement")
    page.get_by_label("Montant (€)").fill("500000")
    page.get_by_role("button", name="Calculer").click()
    expect(page.get_by_role("heading", name="Au 15/04/2025, avec le scénario")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("Le solde risque de passer sous 0 €")
    expect(chart.locator(".line")).to_have_count(2)
    page.get_by_role("button", name="Sans scénario").click()
    expect(chart.locator(".line")).to_have_count(1)

    # A change beyond the days that are forecast would change nothing.
    expect(page.get_by_label("Date")).to_have_attribute("max", "2025-07-14")
    page.get_by_label("Changement").select_option(label="Retard d’un client")
    page.get_by_label("Client (* : tous)").fill("DUPONT")
    page.get_by_role("button", name="Calculer").click()
    expect(page.get_by_role("alert")).to_contain_text("rien n'est attendu du client DUPONT")
    page.context.close()


def runs_of(deployment: Deployment, name: str) -> list[ExecutionMinuterie]:
    runs = [msgspec.json.decode(one.value or b"", type=ExecutionMinuterie) for one in deployment.read(TIMER_RUNS)]
    return [one for one in runs if one.minuterie == name]


def test_operators_see_workers_and_timers_and_send_dead_letters_again(
    deployment: Deployment, address: str, browser: Browser
) -> None:
    worker = deployment.start("scoring")
    deployment.send(ENTRIES, [(str(COMPANY).encode(), b'{"societe_id": 41, "<b>": ', [])])
    deployment.until(lambda: len(deployment.dead_letters()) == 1, "it is a dead letter", worker)

    page = sign_in(browser, address, token_of(deployment, None, Right.ADMIN))
    page.goto("/exploitation/")
    expect(page.get_by_role("region", name="Les processus")).to_contain_text("scoring")
    expect(page.get_by_role("region", name="Ce qui se fait à heure fixe")).to_contain_text("drift")
    timers = page.get_by_role("region", name="Ce qui se fait à heure fixe")
    timers.get_by_role("button", name="Lancer drift").click()
    expect(timers.get_by_role("row", name="drift")).to_contain_text("réussie")
    assert StatutExecution.REUSSIE in [one.statut for one in runs_of(deployment, "drift")]
    letters = page.get_by_role("region", name="Ce qui n’a pu être lu")
    expect(letters.locator("tbody tr")).to_have_count(1)
    letters.get_by_text("Contenu").click()
    expect(letters).to_contain_text('{"societe_id": 41, "<b>": ')
    letters.get_by_role("button", name="Renvoyer").click()
    expect(letters).to_contain_text("Renvoyé sur son sujet.")
    deployment.until(lambda: len(deployment.dead_letters()) == 2, "it is one again", worker)
    page.context.close()
