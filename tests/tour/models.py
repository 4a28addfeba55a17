"""The steps of the models: one is trained, an input drifts, the model is obsolete, its challenger takes over."""

import json

from playwright.sync_api import expect

from schemas import (
    Activation,
    Alerte,
    Campagne,
    CodeMotif,
    DemandeEntrainement,
    Derive,
    Detection,
    DomaineApplication,
    Etat,
    EtatAlerte,
    Motif,
    Prediction,
    Statut,
    StatutCampagne,
    TypeModele,
)
from topics import ALERTS, DRIFT, ENTRIES, PREDICTIONS, TRAINING_REQUESTS
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.storage import Modele, ModelRegistry
from wisebook_ml.training.request import follow_campaign, request_training

from . import companies
from .books import publish
from .companies import LARGE, SMALL, company, day
from .house import House
from .narrator import Narrator

NAME = "Forêt d’isolation"
FIRST_REQUEST = "tour-premier-entrainement"
"""Names the request, so that its campaign has the same id whenever the scenario runs."""

TRAINING_SECONDS = 300.0
FIRST, SECOND = 1, 2


def a_model_is_trained(house: House, tell: Narrator) -> None:
    """The large company gets a model of its own."""
    settings, bootstrap = house.deployment.settings, house.deployment.bootstrap
    registry = ModelRegistry(house.engine)
    number = registry.create(LARGE, NAME, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES).id
    house.kept["modele_id"] = number
    with house.trainer():
        request = request_training(settings, bootstrap, number, demandeur="tour", demande_id=FIRST_REQUEST)
        done = _followed(house, request)
    assert done.promue, done.decision
    house.settle()
    tell.say(
        f"A trainer reads the entries of {company(LARGE).nom} from their topic, trains an Isolation Forest on the "
        "first 70 % of the days, and tests it on the others. The first version has nobody to beat: it is put in force, "
        "with a marker among the entries, so that a recovery or a replay changes models at the same entry."
    )
    _show_campaign(tell, done)


def a_quiet_fortnight(house: House, tell: Narrator) -> None:
    """The second half of October: the drift timer finds nothing."""
    first = house.read(DRIFT, Derive)
    publish(house, companies.entries(day(10, 16), companies.MOVED), tell)
    house.night(day(10, 31))
    reports = house.read(DRIFT, Derive)
    assert len(reports) > len(first)
    assert not any(one.derive for one in reports), reports
    assert _model(house).statut is Statut.PRET
    tell.say(
        f"Entries are as those that the model was trained on: {len(reports)} reports, none of them of drift. An alarm "
        "that cries each month would soon be ignored."
    )


def an_input_drifts(house: House, tell: Narrator) -> None:
    """November: an import begins to send amounts twenty times as large, and a worker dies in the middle of it."""
    publish(house, companies.entries(companies.MOVED, day(11, 16)), tell, strike=True)
    found = [
        one
        for one in house.deployment.detections(LARGE)
        if any(used.modele_id == house.kept["modele_id"] for used in one.detection.modeles)
    ]
    assert found
    tell.say(
        "The entries balance, so that no check of sums finds fault. Nothing is lost by the kill, and nothing is told "
        "twice: the end of the tour compares everything with a run in which nobody was killed."
    )


def the_model_is_obsolete(house: House, tell: Narrator) -> None:
    """At three in the night the drift timer fires: the model is OBSOLETE, and a training is asked for."""
    house.night(day(11, 15))
    *_, report = house.read(DRIFT, Derive)
    assert report.derive
    assert "montant" in {one.variable for one in report.variables}
    assert _model(house).statut is Statut.OBSOLETE
    *_, asked = house.read(TRAINING_REQUESTS, DemandeEntrainement)
    assert (asked.modele_id, asked.motif, asked.demandeur) == (house.kept["modele_id"], Motif.DERIVE, "drift")
    tell.say(
        "The report says which inputs are no longer what the model has learnt. In the same transaction it asks for a "
        "training; meanwhile the old version goes on judging."
    )
    tell.table(
        ("input", "measure", "value", "threshold"),
        [(one.variable, one.mesure, f"{one.valeur:.2f}", f"{one.seuil:.2f}") for one in report.variables[:5]],
    )
    page = house.page
    page.goto(f"/statistiques/?societe={LARGE}")
    drift = page.get_by_role("heading", name="Dérive des modèles")
    expect(drift).to_be_visible()
    drift.scroll_into_view_if_needed()
    tell.picture(page, "drift", "The reports of drift")
    page.goto("/modeles/")
    expect(page.get_by_role("row", name=NAME)).to_contain_text("Obsolète")
    tell.picture(page, "obsolete", "The model is obsolete")


def the_challenger_wins(house: House, tell: Narrator) -> None:
    """A challenger is trained, wins, and is swapped in."""
    *_, asked = house.read(TRAINING_REQUESTS, DemandeEntrainement)
    with house.trainer():
        done = _followed(house, asked)
    house.settle()
    assert done.promue, done.decision
    model = _model(house)
    assert (model.statut, model.version_courante) == (Statut.PRET, SECOND)
    versions = [one.version.version for one in house.read(ENTRIES, Activation)]
    assert versions == [FIRST, SECOND]
    tell.say(
        "Old and new version are asked about the same later days. The new one knows newer days, so it need only be "
        "about as good. The gate says why it decided as it did, and workers change models between two entries:"
    )
    _show_campaign(tell, done)
    house.page.goto("/modeles/")
    expect(house.page.get_by_role("row", name=NAME)).to_contain_text("Prêt")
    tell.picture(house.page, "promoted", "The second version is in charge")


def the_rest_of_the_year(house: House, tell: Narrator) -> None:
    """The rest of the year is judged by the new version, though a worker is killed once more."""
    publish(house, companies.entries(day(11, 16), companies.YEAR[1]), tell, strike=True)
    house.night(day(12, 31))
    used = [
        used.version
        for one in house.deployment.detections(LARGE)
        for used in one.detection.modeles
        if used.modele_id == house.kept["modele_id"]
    ]
    assert set(used) == {FIRST, SECOND}
    assert list(dict.fromkeys(used)) == [FIRST, SECOND]
    tell.table(("version", "detections that it took part in"), [(one, used.count(one)) for one in (FIRST, SECOND)])
    *_, report = house.read(DRIFT, Derive)
    assert (report.version, report.derive) == (SECOND, True)
    assert _model(house).statut is Statut.OBSOLETE
    tell.say(
        "In the last night of the year the drift timer speaks of the second version, too. It knows no more of the new "
        "amounts: a version learns from the first 70 % of the days, and is tested on the others. So the next training "
        "is asked for, which has more of them to learn from."
    )


def an_account_runs_dry(house: House, tell: Narrator) -> None:
    """The small company pays nearly all it has: the forecast warns that its account runs dry."""
    assert _dry(house) == []
    with EventProducer(house.deployment.bootstrap, house.deployment.settings.topic_prefix) as producer:
        assert publish_positions(companies.large_payment(), producer, "tour").refused == []
    house.settle()
    (dry,) = _dry(house)
    alerts = {one.alerte_id: one for one in house.read(ALERTS, Alerte)}
    (warning,) = [
        one for one in alerts.values() if dry.detection_id in one.detections and one.etat is EtatAlerte.OUVERTE
    ]
    assert (warning.societe_id, warning.titre_fr) == (SMALL, dry.motifs[0].libelle_fr)
    assert any(one.societe_id == SMALL for one in house.read(PREDICTIONS, Prediction))
    tell.say(f"{company(SMALL).nom} is alerted while there is still time: « {dry.motifs[0].libelle_fr} »")
    page = house.page
    page.goto(f"/tresorerie/?societe={SMALL}")
    expect(page.get_by_role("img", name="Solde attendu")).to_be_visible()
    tell.picture(page, "treasury", "The cash of the next 90 days, with its intervals")


def _dry(house: House) -> list[Detection]:
    """Return the open warnings of the small company's cash."""
    found = [one.detection for one in house.detections().values() if one.detection.societe_id == SMALL]
    return [
        one
        for one in found
        if one.etat is Etat.OUVERTE and CodeMotif.RISQUE_LIQUIDITE in {motif.code for motif in one.motifs}
    ]


def a_replay_compares(house: House, tell: Narrator) -> None:
    """What would the new version have said of the whole year? A replay reports what changes."""
    version = f"{house.kept['modele_id']}@{SECOND}"
    done = house.deployment.run("replay", "--dry-run", "--societe", str(LARGE), "--model", version, "--json")
    assert done.returncode == 0, done.stderr.decode()
    told = json.loads(done.stdout)
    compared = told["comparison"]
    house.kept["replay"] = compared
    assert compared["new"] + compared["gone"] + compared["changed"] > 0
    names = ("same", "new", "gone", "changed")
    tell.say(
        f"`wisebook-ml replay --dry-run --societe {LARGE} --model {version}` scores {told['records']:,} records again "
        "with the core that live scoring has, and publishes nothing. Of the open detections:"
    )
    tell.table(names, [[compared[one] for one in names]])


def _model(house: House) -> Modele:
    number = house.kept["modele_id"]
    assert isinstance(number, int)
    return ModelRegistry(house.engine).get(number)


def _followed(house: House, request: DemandeEntrainement) -> Campagne:
    settings, bootstrap = house.deployment.settings, house.deployment.bootstrap
    *_, done = follow_campaign(settings, bootstrap, request, TRAINING_SECONDS)
    assert done.statut is StatutCampagne.REUSSIE, done.erreur
    return done


def _show_campaign(tell: Narrator, done: Campagne) -> None:
    tell.table(
        ("learnt from", "tested on", "the gate"),
        [(f"{done.lignes:,} rows", f"{done.lignes_test:,} rows", done.decision)],
    )
