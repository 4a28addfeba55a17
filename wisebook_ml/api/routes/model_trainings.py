"""``/api/ml/modeles/{id}/train/``: a training is asked for; `campaigns` tells what becomes of it."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Response

from schemas import Statut, campagne_id
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.campaigns import place_of
from wisebook_ml.api.routes.model_parameters import ModeleId, TrainingQuestion
from wisebook_ml.api.routes.model_queries import CampagneLue, CampaignPages, ModelPages
from wisebook_ml.api.routes.models import PREFIX, seen_model
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, ModelRegistry
from wisebook_ml.training.request import request_training

__all__ = ["CampagneDemandee", "trainings_router"]


class Liens(msgspec.Struct, frozen=True, kw_only=True):
    """Where the campaign to follow is read, and where its progress is streamed."""

    campagne: str
    flux: str


class CampagneDemandee(msgspec.Struct, frozen=True, kw_only=True):
    """A training that was asked for; where it has joined another campaign, the links lead to that one."""

    campagne: CampagneLue
    liens: Liens


def trainings_router(
    settings: Settings,
    registry: ModelRegistry,
    pages: ModelPages,
    campaigns: CampaignPages,
    queue: CampaignStore,
    access: Access,
) -> APIRouter:
    """Return the route.

    Parameters
    ----------
    settings : Settings
        The deployment's: its brokers and topics.
    registry : ModelRegistry
        The models.
    pages, campaigns : ModelPages, CampaignPages
        What of models and campaigns a token sees.
    queue : CampaignStore
        The queue of trainings.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Training = Annotated[Call, Depends(access.train)]

    @router.post(
        "/{modele_id:int}/train/",
        status_code=202,
        summary="Ask for a training; the answer says where to follow it",
        responses=returns(CampagneDemandee, 202),
    )
    @BROKERS
    def train(modele_id: ModeleId, call: Training, wanted: TrainingQuestion | None = None) -> Response:
        model = seen_model(pages, call, modele_id)
        wanted = wanted or TrainingQuestion()
        if model.statut is Statut.ARCHIVE:
            raise HTTPException(
                409, f"Model {model.id} is archived; promote a version of it to bring it back, or create another."
            )
        if wanted.du and wanted.au and wanted.du > wanted.au:
            raise HTTPException(422, f"du: {wanted.du} lies after {wanted.au}, which is `au`.")
        request = request_training(
            settings,
            reach_broker(settings),
            model.id,
            demandeur=call.caller.name,
            du=wanted.du,
            au=wanted.au,
            demande_id=str(call.operation_id),
            registry=registry,
        )
        # A trainer that reads the request finds it queued already; who follows it finds it at once.
        queue.submit(request)
        campaign = campaigns.get(campagne_id(request.demande_id), call.companies)
        assert campaign is not None  # it was stored in this company's name
        place = place_of(campaign.rejointe or campaign.campagne_id)
        links = Liens(campagne=place, flux=f"{place}flux/")
        return json_answer(CampagneDemandee(campagne=campaign, liens=links), 202, {"Location": place})

    return router
