"""The whole way of drift in one deployment: from entries whose amounts move to a model that is asked for anew."""

import datetime as dt
from collections.abc import Iterable

import msgspec

from schemas import (
    DemandeEntrainement,
    Derive,
    DomaineApplication,
    Ecriture,
    Esquisse,
    Motif,
    Statut,
    StatutCampagne,
    TypeModele,
)
from topics import DRIFT, ENTRIES, SKETCHES, TRAINING_REQUESTS
from wisebook_ml.generator import generate_ledger
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.storage import DriftStore, ModelRegistry, open_database
from wisebook_ml.timers.plan import Due
from wisebook_ml.timers.works import Surroundings, tick_entries
from wisebook_ml.training.request import follow_campaign, request_training

from .amounts import larger
from .deployment import Deployment

SOCIETE = 6
ENTRIES_MADE, TRAINED, ADAY = 5_000, 3_500, 250
"""Entries of a year, those before the training (habits have settled by then), and those of a due time."""

STABLE, MOVED = 3, 1
"""Due times with entries as they were, and with larger ones."""

FIRST = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)
"""3:00 in France."""

TRAINING_SECONDS = 120.0


def end_of_day(deployment: Deployment, number: int) -> dt.datetime:
    """Publish what the timer `drift` does at the due time of a day; return that."""
    due = FIRST + dt.timedelta(days=number)
    with EventProducer(deployment.bootstrap, deployment.settings.topic_prefix) as producer:
        for tick in tick_entries("drift", Due(due, due), Surroundings(deployment.settings, deployment.bootstrap)):
            producer.send(tick)
    return due


def created() -> list[Ecriture]:
    """Return entries of a made-up company without their later revisions."""
    events = generate_ledger(entries=ENTRIES_MADE, seed=61, societe_id=SOCIETE).events
    return [event for event in events if event.revision == 1]


def days_of(entries: Iterable[Ecriture]) -> list[list[Ecriture]]:
    """Cut what follows the training into days."""
    rest = list(entries)[TRAINED:]
    return [rest[k * ADAY : (k + 1) * ADAY] for k in range(STABLE + MOVED)]


def test_amounts_that_move_are_told_and_a_challenger_is_asked_for(deployment: Deployment) -> None:
    registry = ModelRegistry(engine := open_database(deployment.settings.sql_url))
    number = registry.create(SOCIETE, "forêt", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES).id
    scoring, training, storage, drift = (
        deployment.start(role, WISEBOOK_ML_PROVISIONING="false") for role in ("scoring", "training", "storage", "drift")
    )
    entries = created()
    days = days_of(entries)

    deployment.publish(entries[:TRAINED])
    first = request_training(deployment.settings, deployment.bootstrap, number, demandeur="acceptance")
    steps = list(follow_campaign(deployment.settings, deployment.bootstrap, first, TRAINING_SECONDS))
    assert (steps[-1].statut, steps[-1].promue) == (StatutCampagne.REUSSIE, True), steps[-1].erreur
    assert training.stop() == 0  # what it would do with the request that follows is not asked here
    deployment.wait("scoring", ENTRIES, scoring)

    dues: list[dt.datetime] = []
    for k, day in enumerate(days):
        deployment.publish(day if k < STABLE else map(larger, day))
        dues.append(end_of_day(deployment, k))
    deployment.wait("scoring", ENTRIES, scoring)
    deployment.wait("drift", SKETCHES, drift)
    deployment.wait("storage", DRIFT, storage)

    sketches = [msgspec.json.decode(one.value or b"", type=Esquisse) for one in deployment.read(SKETCHES)]
    told = [(one.modele_id, one.version, one.echeance) for one in sketches]
    assert told == [(number, 1, due) for due in dues]
    assert [one.lignes for one in sketches] == [ADAY] * len(days)

    reports = [msgspec.json.decode(one.value or b"", type=Derive) for one in deployment.read(DRIFT)]
    assert [(one.modele_id, one.version, one.echeance) for one in reports] == told
    assert [one.derive for one in reports] == [False] * STABLE + [True] * MOVED
    assert "montant" in {moved.variable for moved in reports[-1].variables}
    assert reports[-1].remarques_en == []
    assert list(DriftStore(engine).list(number)) == reports[::-1]

    requests = [
        msgspec.json.decode(one.value or b"", type=DemandeEntrainement) for one in deployment.read(TRAINING_REQUESTS)
    ]
    (asked,) = [one for one in requests if one.demande_id != first.demande_id]
    assert (asked.modele_id, asked.societe_id, asked.motif, asked.demandeur) == (number, SOCIETE, Motif.DERIVE, "drift")
    model = registry.get(number)
    assert (model.statut, model.version_courante) == (Statut.OBSOLETE, 1)
    assert [one.stop() for one in (scoring, drift, storage)] == [0, 0, 0]
