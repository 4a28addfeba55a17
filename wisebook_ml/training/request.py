"""Asking for a training, and following it."""

import datetime as dt
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from schemas import AnnulationEntrainement, Campagne, DemandeEntrainement, Motif, campagne_id
from topics import TRAINING_CAMPAIGNS, TRAINING_REQUESTS
from wisebook_ml.messaging.events import Outgoing, record_event
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.reader import end_offsets, read_partition
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.events import ENDED
from wisebook_ml.training.exceptions import CampaignTimeout

__all__ = ["cancel_training", "follow_campaign", "follow_campaigns", "request_of", "request_training"]

SOURCE = "wisebook-ml/requests"
"""CloudEvents source of requests."""

POLL_SECONDS = 0.2
"""Between two looks at a campaign: short against the seconds that a training takes."""


def request_training(
    settings: Settings,
    bootstrap: str,
    modele_id: int,
    *,
    demandeur: str,
    motif: Motif = Motif.MANUEL,
    du: dt.date | None = None,
    au: dt.date | None = None,
    demande_id: str | None = None,
    registry: ModelRegistry | None = None,
) -> DemandeEntrainement:
    """Publish a request for the training of a model.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    bootstrap : str
        Brokers.
    modele_id : int
        Which model.
    demandeur : str
        Who asks.
    motif : Motif
        Why.
    du, au : date, optional
        First and last date of the rows.
    demande_id : str, optional
        Names the request; to publish the same one again changes nothing. By default a new one.
    registry : ModelRegistry, optional
        Where the model is; by default that of the settings, opened for this.

    Raises
    ------
    ModelNotFound
        Where there is no such model.
    StorageError, PublishError, ReadError
        Where the registry or the brokers do not take it.
    """
    # It says at once, and what to do, if the topic is missing.
    end_offsets(bootstrap, TRAINING_REQUESTS.full_name(settings.topic_prefix))
    model = (registry or ModelRegistry(open_database(settings.sql_url))).get(modele_id)
    request = DemandeEntrainement(
        demande_id=demande_id or str(uuid.uuid4()),
        modele_id=modele_id,
        societe_id=model.societe_id,
        motif=motif,
        demandeur=demandeur,
        du=du,
        au=au,
    )
    _publish(
        settings, bootstrap, record_event(TRAINING_REQUESTS, modele_id, request, request.demande_id, source=SOURCE)
    )
    return request


def request_of(campaign: Mapping[str, object]) -> DemandeEntrainement:
    """Return the request that a campaign is of, given its columns by name."""
    return msgspec.convert(
        {name: campaign[name] for name in DemandeEntrainement.__struct_fields__}, DemandeEntrainement
    )


def cancel_training(settings: Settings, bootstrap: str, request: DemandeEntrainement, *, demandeur: str) -> None:
    """Publish that a training is not wanted any more; its campaign ends as ANNULEE unless it has ended.

    A request that had joined another campaign leaves that one alone.

    Raises
    ------
    PublishError
        Where the brokers do not take it.
    """
    cancellation = AnnulationEntrainement(
        demande_id=request.demande_id,
        modele_id=request.modele_id,
        societe_id=request.societe_id,
        demandeur=demandeur,
    )
    id_ = f"{request.demande_id}/annulation"
    event = record_event(TRAINING_REQUESTS, request.modele_id, cancellation, id_, source=SOURCE)
    _publish(settings, bootstrap, event)


def follow_campaign(
    settings: Settings, bootstrap: str, request: DemandeEntrainement, timeout: float
) -> Iterator[Campagne]:
    """Yield the steps of a request's campaign until it has ended; of a duplicate's, those of the one it joined.

    Raises
    ------
    CampaignTimeout
        When it does not end within `timeout` seconds.
    ReadError
        Where the brokers do not tell.
    """
    for _, campaign in follow_campaigns(settings, bootstrap, [request], timeout):
        yield campaign


def follow_campaigns(
    settings: Settings, bootstrap: str, requests: Sequence[DemandeEntrainement], timeout: float
) -> Iterator[tuple[DemandeEntrainement, Campagne]]:
    """Yield the steps of several requests' campaigns, each with its request, until all have ended.

    Raises
    ------
    CampaignTimeout
        When one does not end within `timeout` seconds.
    ReadError
        Where the brokers do not tell.
    """
    topic = TRAINING_CAMPAIGNS.full_name(settings.topic_prefix)
    decode = msgspec.json.Decoder(Campagne).decode
    keys = {str(request.modele_id).encode() for request in requests}
    followed = [_Followed(request) for request in requests]
    last: dict[uuid.UUID, Campagne] = {}
    positions: dict[int, int] = {}
    deadline = time.monotonic() + timeout
    while True:
        for partition, (first, end) in end_offsets(bootstrap, topic).items():
            start = max(first, positions.get(partition, 0))
            for run in read_partition(bootstrap, topic, partition, start, end):
                for campaign in [decode(raw.value or b"") for raw in run if raw.key in keys]:
                    last[campaign.campagne_id] = campaign
                    for one in followed:
                        yield from ((one.request, step) for step in one.take(campaign, last))
            positions[partition] = end
        followed = [one for one in followed if not one.ended]
        if not followed:
            return
        if time.monotonic() > deadline:
            raise CampaignTimeout(
                f"request {', '.join(one.request.demande_id for one in followed)} has not been served within "
                f"{timeout:.0f} s; it stays queued for the next training worker: `wisebook-ml worker training`"
            )
        time.sleep(POLL_SECONDS)


class _Followed:
    """A request, and the campaign that serves it: its own, or the one that it joined."""

    def __init__(self, request: DemandeEntrainement) -> None:
        self.request = request
        self.ended = False
        self._campagne_id = campagne_id(request.demande_id)

    def take(self, campaign: Campagne, last: Mapping[uuid.UUID, Campagne]) -> Iterator[Campagne]:
        """Yield a step where it is one of ours; `last` has the last step of every campaign."""
        found: Campagne | None = campaign if campaign.campagne_id == self._campagne_id and not self.ended else None
        while found is not None:
            yield found
            self.ended = found.statut in ENDED and found.rejointe is None
            if found.rejointe is None:
                return
            self._campagne_id = found.rejointe
            found = last.get(found.rejointe)  # it may have been told of before, even its end


def _publish(settings: Settings, bootstrap: str, event: Outgoing) -> None:
    with EventProducer(bootstrap, settings.topic_prefix) as producer:
        producer.send(event)
