"""Alerts, models, statistics and cash as a person sees them; and what the pages say where Kafka is away."""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine

from schemas import (
    Campagne,
    DemandeEntrainement,
    Derive,
    DeriveVariable,
    Detection,
    DomaineApplication,
    Etape,
    EtatAlerte,
    Motif,
    Severite,
    Statistique,
    StatutCampagne,
    TypeModele,
)
from wisebook_ml.alerting.state import Alert, CompanyState
from wisebook_ml.settings import Settings
from wisebook_ml.storage import (
    AlertStore,
    CampaignStore,
    DriftStore,
    ModelRegistry,
    StatisticsStore,
    TokenStore,
    open_database,
)

from .conftest import Open

LEASE = dt.timedelta(minutes=5)


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    engine = open_database(settings.sql_url)
    yield engine
    engine.dispose()


def settled(page: Page) -> None:
    expect(page.locator('[aria-busy="true"]')).to_have_count(0)


def test_alerts(sign_in: Open, engine: Engine, now: dt.datetime) -> None:
    def alert(number: int, **changes: object) -> Alert:
        made = Alert(
            alerte_id=uuid.UUID(int=number),
            societe_id=1,
            cause="DOUBLON",
            severite=Severite.ELEVEE,
            ouverte_le=now,
            derniere_le=now,
            revision=1,
            nombre=2,
            ouvertes=2,
            montant=123_450,
            detections=[uuid.UUID(int=9)],
            codes={"DOUBLON": 2},
            objets={"ECRITURE": 2},
            journaux={"AC": 2},
            texte_fr="",
            texte_en="",
        )
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    with AlertStore(engine).session(0, "t") as session:
        noted = alert(2, etat=EtatAlerte.ACQUITTEE, acquittee_par="Anne", commentaire="<b>vu</b>")
        session.keep(CompanyState(societe_id=1), None, [alert(1), noted], [], [])
    page = sign_in("admin", "/alertes/")
    settled(page)
    shown = page.get_by_role("article")
    expect(shown).to_have_count(1)
    expect(shown).to_contain_text("Doublon probable : 2 écritures, journal AC, 1 234,50 €")
    expect(shown.get_by_role("button", name="Prendre en compte")).to_be_visible()
    page.get_by_label("État").select_option("ACQUITTEE")
    expect(shown).to_contain_text("Prise en compte par Anne — <b>vu</b>")

    page.get_by_label("État").select_option("OUVERTE")
    page.get_by_role("button", name="Prendre en compte").click()
    expect(page.get_by_role("alert")).to_contain_text("Kafka ne répond pas")


def test_who_may_not_judge_is_not_asked_to(
    sign_in: Open, detection: Callable[..., Detection], write: Callable[..., None]
) -> None:
    write(detection(1))
    page = sign_in("read")
    expect(page.locator("#detail").get_by_role("heading", level=2)).to_be_visible()
    expect(page.get_by_role("button", name="Confirmer l’anomalie")).to_have_count(0)


class TestModels:
    def test_a_training_is_followed(self, sign_in: Open, engine: Engine) -> None:
        models, campaigns = ModelRegistry(engine), CampaignStore(engine)
        model = models.create(1, "Anomalies <i>", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
        models.create(2, "D’une autre", TypeModele.SVM, DomaineApplication.CLASSIFICATION)
        request = DemandeEntrainement(
            demande_id="d", modele_id=model.id, societe_id=1, motif=Motif.PLANIFIE, demandeur="auto-retrain"
        )
        campaign = campaigns.submit(request)
        page = sign_in("admin", "/modeles/")
        settled(page)
        row = page.locator(f'[data-id="{campaign.campagne_id}"]')
        expect(row).to_contain_text("Demandé")
        expect(page.locator("main")).not_to_contain_text("D’une autre")

        claim = campaigns.claim("trainer", LEASE)
        assert claim is not None
        campaigns.renew(claim, LEASE, etape=Etape.APPRENTISSAGE, avancement=0.4)
        expect(row).to_contain_text("apprentissage")
        expect(row.get_by_role("progressbar")).to_have_js_property("value", 0.4)
        done = Campagne(
            campagne_id=campaign.campagne_id,
            demande_id="d",
            modele_id=model.id,
            societe_id=1,
            statut=StatutCampagne.ECHEC,
            erreur="no entries",
        )
        campaigns.finish(claim, done)
        expect(row).to_contain_text("Échec")
        expect(row).to_contain_text("no entries")
        expect(row.get_by_role("progressbar")).to_have_count(0)

    def test_training_needs_the_right(self, sign_in: Open, engine: Engine) -> None:
        ModelRegistry(engine).create(1, "Anomalies", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
        page = sign_in("read", "/modeles/")
        settled(page)
        expect(page.get_by_role("row", name="Anomalies")).to_be_visible()
        expect(page.get_by_role("button", name="Entraîner")).to_have_count(0)


def test_statistics_and_drift(sign_in: Open, engine: Engine, now: dt.datetime) -> None:
    days = [now.replace(hour=0) - dt.timedelta(days=ahead) for ahead in range(3)]
    StatisticsStore(engine).write(
        [
            Statistique(
                societe_id=1,
                debut=day,
                fin=day + dt.timedelta(days=1),
                ecritures=1_000 * (at + 1),
                detections={"DOUBLON": 2},
                severites={"ELEVEE": 2},
                scores=[10, 3],
            )
            for at, day in enumerate(days)
        ]
    )
    model = ModelRegistry(engine).create(1, "Anomalies", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
    moved = DeriveVariable(
        variable="montant",
        mesure="psi",
        valeur=0.41,
        seuil=0.2,
        libelle_fr="Les montants ont doublé.",
        libelle_en="Amounts have doubled.",
        bornes=[0.0, 1.0, 2.0],
        avant=[0.7, 0.3],
        apres=[0.2, 0.8],
    )
    report = Derive(modele_id=model.id, version=1, societe_id=1, derive=True, variables=[moved], echeance=now)
    DriftStore(engine).write([report])
    page = sign_in("one", "/statistiques/")
    settled(page)
    expect(page.locator("main")).to_contain_text("6 000")
    expect(page.get_by_role("img", name="Écritures : 6 000 en tout, 3 000 au plus.")).to_be_visible()
    expect(page.get_by_role("row", name="Doublon probable")).to_contain_text("6")
    expect(page.get_by_role("row", name="Les montants ont doublé.")).to_contain_text("0,41")
    expect(page.get_by_role("img", name="Les montants ont doublé.")).to_be_visible()
    steps = page.get_by_role("img", name="Détections : 6 en tout").locator("text[text-anchor=end]")
    assert steps.all_text_contents() == ["0", "1", "2"], "no number twice"
    page.get_by_text("Voir les chiffres").first.click()
    expect(page.get_by_role("region", name="Écritures")).to_contain_text("3 000")


def test_days_are_named_by_french_clocks(sign_in: Open, engine: Engine) -> None:
    first, second, end = (dt.datetime(2024, 10, number, tzinfo=ZoneInfo("Europe/Paris")) for number in (1, 2, 3))
    windows = [
        Statistique(societe_id=1, debut=day, fin=after, ecritures=7, detections={})
        for day, after in ((first, second), (second, end))
    ]
    StatisticsStore(engine).write(windows)
    page = sign_in("one", "/statistiques/")
    settled(page)
    expect(page.get_by_role("heading", name="Du 01/10/2024 au 02/10/2024")).to_be_visible()
    page.get_by_text("Voir les chiffres").first.click()
    expect(page.get_by_role("row", name="1 oct.")).to_contain_text("7")


@pytest.mark.parametrize("path", ["/tresorerie/?societe=1", "/statistiques/?societe=1"])
def test_without_kafka_a_page_says_so(sign_in: Open, path: str) -> None:
    page = sign_in("one")
    page.goto(path)
    settled(page)
    expect(page.get_by_role("alert").first).to_contain_text("Kafka ne répond pas")
    expect(page.get_by_role("button", name="Réessayer").first).to_be_visible()


def test_a_session_that_ends_leads_to_the_sign_in_page(sign_in: Open, engine: Engine) -> None:
    page = sign_in("one")
    settled(page)
    store = TokenStore(engine)
    (own,) = [one.caller.token_id for one in store.list() if one.caller.name == "one"]
    store.revoke(own, dt.datetime.now(dt.UTC))
    page.get_by_label("Sévérité").select_option("INFO")
    page.wait_for_url("**/connexion/**")
