"""Asking for a training, and following it."""

import datetime as dt
import time
import uuid
from collections.abc import Iterator

import msgspec

from schemas import Campagne, DemandeEntrainement, DomaineApplication, Motif, StatutCampagne, TypeModele, campagne_id
from topics import TRAINING_CAMPAIGNS, TRAINING_REQUESTS
from wisebook_ml.messaging.events import Outgoing, event_headers
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, open_database

__all__ = ["ISOLATION_FOREST_NAME", "CampaignTimeout", "follow_campaign", "request_isolation_forest"]

ISOLATION_FOREST_NAME = "Détection d'anomalies"
"""Name of a company's default Isolation Forest in the registry."""

POLL_SECONDS = 0.2
"""Between two looks at a campaign: short against the seconds that a training takes."""


class CampaignTimeout(Exception):
    """A campaign that did not end in time; it may still."""


def request_isolation_forest(
    settings: Settings,
    bootstrap: str,
    societe_id: int,
    *,
    demandeur: str,
    du: dt.date | None = None,
    au: dt.date | None = None,
) -> DemandeEntrainement:
    """Ask for a training of a company's Isolation Forest, which is registered where it is new.

    Raises
    ------
    StorageError, PublishError, ReadError
        Where the registry or the brokers do not take it.
    """
    end_offsets(bootstrap, TRAINING_REQUESTS.full_name(settings.topic_prefix))  # says at once if it is missing
    registry = ModelRegistry(open_database(settings.sql_url))
    modele_id = registry.get_or_create(
        societe_id, ISOLATION_FOREST_NAME, TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES
    )
    request = DemandeEntrainement(
        demande_id=str(uuid.uuid4()),
        modele_id=modele_id,
        societe_id=societe_id,
        motif=Motif.MANUEL,
        demandeur=demandeur,
        du=du,
        au=au,
    )
    headers = event_headers(request, id_=request.demande_id, source="wisebook-ml/cli", time=dt.datetime.now(dt.UTC))
    with EventProducer(bootstrap, settings.topic_prefix) as producer:
        producer.send(Outgoing(TRAINING_REQUESTS, str(modele_id).encode(), msgspec.json.encode(request), headers))
    return request


def follow_campaign(
    settings: Settings, bootstrap: str, request: DemandeEntrainement, timeout: float
) -> Iterator[Campagne]:
    """Yield the steps of a request's campaign until it has ended.

    Raises
    ------
    CampaignTimeout
        When it does not end within `timeout` seconds.
    """
    topic, wanted = TRAINING_CAMPAIGNS.full_name(settings.topic_prefix), campagne_id(request.demande_id)
    decode = msgspec.json.Decoder(Campagne).decode
    deadline, position = time.monotonic() + timeout, 0
    while time.monotonic() < deadline:
        first, end = end_offsets(bootstrap, topic)[0]
        for run in read_partition(bootstrap, topic, 0, max(first, position), end):
            for raw in run:
                campaign = decode(raw.value or b"")
                if campaign.campagne_id == wanted:
                    yield campaign
                    if campaign.statut in (StatutCampagne.REUSSIE, StatutCampagne.ECHEC):
                        return
        position = end
        time.sleep(POLL_SECONDS)
    raise CampaignTimeout(
        f"request {request.demande_id} has not been served within {timeout:.0f} s; it stays queued for the next "
        "training worker: `wisebook-ml worker training`"
    )
