"""One training from its request to a version in force."""

import datetime as dt
import time
from collections.abc import Callable

import msgspec

from schemas import (
    Activation,
    AnnonceModele,
    Campagne,
    DemandeEntrainement,
    DomaineApplication,
    Parametres,
    Record,
    StatutCampagne,
    TypeModele,
    VersionModele,
    campagne_id,
)
from topics import ENTRIES, MODELS, TRAINING_CAMPAIGNS, Topic
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, StorageError, open_database
from wisebook_ml.training.collect import collect_entries
from wisebook_ml.training.isolation import NotEnoughData, train_isolation_forest

__all__ = ["SOURCE", "TrainingFailed", "publish_campaign", "run_campaign"]

SOURCE = "wisebook-ml/training"
"""CloudEvents source of what a trainer publishes."""

PROGRESS_STEP = 0.1
"""Smallest step of progress that is published while data is collected."""

COLLECTED = 0.6
"""Share of a training that collecting its data takes, for the progress bar."""


class TrainingFailed(Exception):
    """A training that ends as ECHEC; the message says what to do."""


def run_campaign(request: DemandeEntrainement, settings: Settings, bootstrap: str) -> Campagne:
    """Train what was asked for, publish the version and put it in force; return the campaign's end.

    Whatever goes wrong with the data or the model ends the campaign as ECHEC, with the reason; the version in force
    stays.
    """
    started = time.monotonic()
    with EventProducer(bootstrap, settings.topic_prefix) as producer:

        def tell(campaign: Campagne) -> Campagne:
            publish_campaign(producer, campaign)
            return campaign

        try:
            return tell(_train(request, settings, bootstrap, producer, started, tell))
        except (TrainingFailed, NotEnoughData, ReadError, StorageError, OSError) as error:
            return tell(_campaign(request, StatutCampagne.ECHEC, duree_minutes=_minutes(started), erreur=str(error)))


def publish_campaign(producer: EventProducer, campaign: Campagne) -> None:
    """Publish a step of a campaign."""
    _send(producer, TRAINING_CAMPAIGNS, campaign.modele_id, campaign, f"{campaign.campagne_id}/{campaign.avancement}")
    producer.flush()


def _train(
    request: DemandeEntrainement,
    settings: Settings,
    bootstrap: str,
    producer: EventProducer,
    started: float,
    tell: Callable[[Campagne], Campagne],
) -> Campagne:
    registry = ModelRegistry(open_database(settings.sql_url))
    model = registry.get(request.modele_id)
    if model.type_modele is not TypeModele.ISOLATION_FOREST:
        raise TrainingFailed(f"{model.type_modele.value} cannot be trained yet; this version trains ISOLATION_FOREST")
    if model.societe_id != request.societe_id:
        raise TrainingFailed(f"model {model.id} belongs to company {model.societe_id}, not to {request.societe_id}")
    tell(_campaign(request, StatutCampagne.EN_COURS))
    told = 0.0

    def progress(share: float) -> None:
        nonlocal told
        if share * COLLECTED >= told + PROGRESS_STEP:
            told = share * COLLECTED
            tell(_campaign(request, StatutCampagne.EN_COURS, avancement=told))

    entries = collect_entries(bootstrap, settings.topic_prefix, request.societe_id, progress)
    if not entries:
        raise TrainingFailed(f"company {request.societe_id} has no entries on the topic; publish some first")
    forest, rows = train_isolation_forest(
        entries, Parametres(societe_id=0), seed=settings.seed, du=request.du, au=request.au
    )
    version = _store(forest, request, settings, registry)
    metrics = {"rows": float(rows), "trees": float(len(forest.starts) - 1)}
    registry.record_version(version, metrics)
    registry.set_champion(model.id, version.version, metrics=metrics)
    _put_in_force(producer, version)
    return _campaign(
        request,
        StatutCampagne.REUSSIE,
        avancement=1.0,
        lignes=rows,
        duree_minutes=_minutes(started),
        metriques=metrics,
        version=version,
    )


def _store(
    forest: IsolationForest, request: DemandeEntrainement, settings: Settings, registry: ModelRegistry
) -> VersionModele:
    """Save the artefact as the model's next version."""
    return ArtefactStore.of(settings).save(
        forest.dump(),
        societe_id=request.societe_id,
        modele_id=request.modele_id,
        version=registry.next_version(request.modele_id),
        type_modele=TypeModele.ISOLATION_FOREST,
    )


def _put_in_force(producer: EventProducer, version: VersionModele) -> None:
    """Announce the champion, then place the marker from which entries are scored with it."""
    announcement = AnnonceModele(
        modele_id=version.modele_id,
        societe_id=version.societe_id,
        domaine_application=DomaineApplication.ANOMALIES,
        champion=version,
        promu_le=dt.datetime.now(dt.UTC),
    )
    name = f"{version.modele_id}/{version.version}"
    _send(producer, MODELS, version.modele_id, announcement, name)
    producer.flush()
    _send(producer, ENTRIES, version.societe_id, Activation(societe_id=version.societe_id, version=version), name)
    producer.flush()


def _campaign(
    request: DemandeEntrainement,
    statut: StatutCampagne,
    *,
    avancement: float = 0.0,
    lignes: int = 0,
    duree_minutes: float = 0.0,
    metriques: dict[str, float] | None = None,
    version: VersionModele | None = None,
    erreur: str = "",
) -> Campagne:
    return Campagne(
        campagne_id=campagne_id(request.demande_id),
        demande_id=request.demande_id,
        modele_id=request.modele_id,
        societe_id=request.societe_id,
        statut=statut,
        avancement=avancement,
        lignes=lignes,
        duree_minutes=duree_minutes,
        metriques=metriques or {},
        version=version,
        erreur=erreur,
    )


def _send(producer: EventProducer, topic: Topic, key: int, record: Record, id_: str) -> None:
    headers = event_headers(record, id_=id_, source=SOURCE, time=dt.datetime.now(dt.UTC))
    producer.send(Outgoing(topic, str(key).encode(), msgspec.json.encode(record), headers))


def _minutes(started: float) -> float:
    return round((time.monotonic() - started) / 60, 4)
