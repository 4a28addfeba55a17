"""The steps of the books: entries and positions come in, detections and alerts go out, an accountant judges some."""

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial

from playwright.sync_api import expect

from schemas import Alerte, Avis, Detection, Ecriture, Etat, Severite, Statistique, TypeObjet, Verdict
from topics import ALERTS, ENTRIES, FEEDBACK, STATISTICS
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.storage import VerdictStore

from . import companies
from .companies import ENTRIES as VOLUMES
from .companies import LARGE, PARIS, company, day
from .house import House
from .narrator import Narrator

TRAINED_UNTIL = day(10, 1)
CONFIRMED, DISMISSED = 4, 3
"""How many detections the accountant judges: some of those in which something was planted, some of the others."""

BEGUN = 0.75
"""Share of the entries that wait when a worker is killed that works on them."""

VERDICTS = {Verdict.CONFIRMEE: "Confirmer l’anomalie", Verdict.FAUX_POSITIF: "Faux positif"}
"""And the buttons that say so."""


def publish(house: House, entries: Sequence[Ecriture], tell: Narrator, *, strike: bool = False) -> None:
    """Publish entries and wait until all that follows is done; a scoring worker may be killed in the middle."""
    half = len(entries) // 2
    house.deployment.publish(entries[:half])
    if strike and house.disturbed:
        worker = house.workers["scoring"]
        begun = partial(_fewer_wait, house, half * BEGUN)
        house.deployment.until(begun, "it has begun", worker)
        worker.kill()
        house.deployment.publish(entries[half:])
        tell.say(
            f"In the middle of it the scoring worker is killed (kill -9). {house.deployment.lag('scoring', ENTRIES):,} "
            "entries wait; nobody else notices. Another worker takes over from the last snapshot of the state, and "
            "reads again what came after it."
        )
        house.restart("scoring")
    else:
        house.deployment.publish(entries[half:])
    house.settle()


def _fewer_wait(house: House, count: float) -> bool:
    return house.deployment.lag("scoring", ENTRIES) < count


def nine_months_of_books(house: House, tell: Narrator) -> None:
    """Two companies publish nine months of their books."""
    entries = companies.entries(companies.YEAR[0], TRAINED_UNTIL)
    publish(house, entries, tell)
    found = house.detections().values()
    tell.say(
        "Two companies, each with ordinary books in which some anomalies were planted, publish what they book, as "
        "WiseBook does: an event on Kafka for each entry, and one for each correction. The scoring role judges every "
        "entry the moment it comes, against the habits of its company so far."
    )
    counts = Counter(one.societe_id for one in entries)
    opened = Counter(one.detection.societe_id for one in found if one.detection.etat is Etat.OUVERTE)
    rows = [(company(one).nom, f"{counts[one]:,}", f"{opened[one]:,}") for one in VOLUMES]
    tell.table(("company", "events of entries", "open detections"), rows)
    assert min(opened.values()) > 0


def a_year_of_positions(house: House, tell: Narrator) -> None:
    """Their banks tell the balance of each day."""
    positions = companies.positions()
    with EventProducer(house.deployment.bootstrap, house.deployment.settings.topic_prefix) as producer:
        assert publish_positions(positions, producer, "tour").refused == []
    house.settle()
    tell.say(
        f"{len(positions):,} positions of bank accounts: a year of days of the small company, a quarter of the large "
        "one, whose bank has joined later. The treasury role forecasts the next 90 days after each of them, and looks "
        "whether the day was as foreseen."
    )


def detections_and_alerts(house: House, tell: Narrator) -> None:
    """October: what is unusual appears on the dashboard, and a handful of it as alerts."""
    publish(house, companies.entries(day(10, 1), day(10, 16)), tell)
    house.page.goto("/")
    expect(house.page.locator("#list .row").first).to_be_visible()
    expect(house.page.locator("#detail").get_by_role("table").first).to_be_visible()
    tell.picture(house.page, "detections", "The detections, the most serious first, with their reasons and the entry")
    found = [one.detection for one in house.detections().values() if one.detection.etat is Etat.OUVERTE]
    tell.say(
        f"{len(found):,} detections are open. Each says why in French and in English, which control or model said so, "
        "and what share of the score it has:"
    )
    tell.table(
        ("score", "severity", "entry", "first reason"),
        [
            (f"{one.score:.0f}", one.severite.value, _named(one), one.motifs[0].libelle_fr)
            for one in _serious(found)[:5]
        ],
    )
    house.page.goto("/alertes/")
    expect(house.page.locator("#content article").first).to_be_visible()
    tell.picture(house.page, "alerts", "The alerts: grouped by cause and rationed, so that somebody reads them")
    alerts = {one.alerte_id: one for one in house.read(ALERTS, Alerte)}
    tell.say(f"They make {len(alerts)} alerts: one of each cause, however many entries have it.")
    assert alerts


def an_accountant_judges(house: House, tell: Narrator) -> None:
    """Claire, the accountant, confirms some detections and dismisses others."""
    wanted = _to_judge(house)
    for avis, found in wanted:
        _judge(house, avis, found)
    tell.picture(house.page, "verdict", "A verdict is one click")
    house.settle()
    given = [(one.verdict, one.detection_id) for one in house.read(FEEDBACK, Avis)]
    assert given == [(verdict, one.detection_id) for verdict, one in wanted]
    stored = VerdictStore(house.engine).list(LARGE)
    assert sorted(one.detection_id for one in stored) == sorted(one.detection_id for _, one in wanted)
    tell.say(
        f"{CONFIRMED} are confirmed, {DISMISSED} are none: each click is a record on the topic `feedback`. Models "
        "learn from verdicts, and what is dismissed again and again counts less."
    )


def _judge(house: House, verdict: Verdict, found: Detection) -> None:
    page = house.page
    page.goto("/alertes/")  # so that the page of detections is loaded anew, with the one that is asked for
    page.goto(f"/#{found.detection_id}")
    detail = page.locator("#detail")
    expect(detail).to_contain_text(_named(found))
    detail.get_by_role("button", name=VERDICTS[verdict]).click()
    expect(detail).to_contain_text("Avis enregistré")


def _to_judge(house: House) -> list[tuple[Verdict, Detection]]:
    """Return what is judged: the most serious detections of the large company's entries."""
    planted = companies.planted(LARGE)
    found = _serious(
        one.detection
        for one in house.detections().values()
        if one.detection.societe_id == LARGE
        and one.detection.etat is Etat.OUVERTE
        and one.detection.objet.type is TypeObjet.ECRITURE
    )
    wrong = [one for one in found if one.ecriture_id in planted][:CONFIRMED]
    right = [one for one in found if one.ecriture_id not in planted][:DISMISSED]
    assert (len(wrong), len(right)) == (CONFIRMED, DISMISSED)
    return [*((Verdict.CONFIRMEE, one) for one in wrong), *((Verdict.FAUX_POSITIF, one) for one in right)]


def statistics_move(house: House, tell: Narrator) -> None:
    """The statistics of the hour are published, with the verdicts in them."""
    (last,) = [run for run in house.night(day(10, 15)) if run.minuterie == "statistics"]
    rows = house.read(STATISTICS, Statistique)
    given = Counter[Verdict]()
    for one in {(row.societe_id, row.debut, row.fin): row for row in rows if row.societe_id == LARGE}.values():
        if (one.fin - one.debut).total_seconds() > 3600:  # days; hours have the same once more
            given.update(one.avis)
    assert given == {Verdict.CONFIRMEE: CONFIRMED, Verdict.FAUX_POSITIF: DISMISSED}
    page = house.page
    page.goto(f"/statistiques/?societe={LARGE}")
    expect(page.get_by_role("heading", name="Par motif")).to_be_visible()
    tell.picture(page, "statistics", "What was counted of the large company, and how often it was judged wrong")
    rates = [one for one in VerdictStore(house.engine).reliability(LARGE) if one.journal_code is None]
    tell.say(
        f"The timer `statistics` was due ({last.echeance.astimezone(PARIS):%d/%m/%Y %H:%M} by the clock of the story): "
        f"{len(rows):,} windows of hours and days. What Claire said shows in them at once:"
    )
    tell.table(("control or model", "dismissed", "judged"), [(one.nom, one.rejets, one.avis) for one in rates])


def _serious(found: Iterable[Detection]) -> list[Detection]:
    levels = list(Severite)
    return sorted(found, key=lambda one: (-levels.index(one.severite), -one.score, str(one.detection_id)))


def _named(one: Detection) -> str:
    return f"{one.journal_code} {one.ecriture_num}" if one.ecriture_num else one.objet.id
