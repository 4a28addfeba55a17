"""``/api/ml/modeles/…``: what is done about models: trained, put in charge, checked for drift."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from schemas import Derive, ExecutionMinuterie, Statut, StatutExecution, VersionModele, campagne_id
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.campaigns import place_of
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.model_parameters import DriftFilter, ModeleId, PromotionQuestion, ReasonGiven, TrainingQuestion
from wisebook_ml.api.model_queries import CampagneLue, CampaignPages, ModelPages
from wisebook_ml.api.models import PREFIX, seen_model, visible
from wisebook_ml.api.route import Route
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, DriftStore, ModelRegistry
from wisebook_ml.storage.champions import earlier_champion
from wisebook_ml.timers.term import run_by_hand
from wisebook_ml.timers.works import Surroundings
from wisebook_ml.training.promotion import promote as put_in_force
from wisebook_ml.training.promotion import rollback as go_back
from wisebook_ml.training.request import request_training

__all__ = ["CampagneDemandee", "DeriveList", "actions_router", "usable"]

LOGGER = logging.getLogger(__name__)

DRIFT_TIMER = "drift"
"""The timer that gives the signal for reports of drift."""


class Liens(msgspec.Struct, frozen=True, kw_only=True):
    """Where the campaign to follow is read, and where its progress is streamed."""

    campagne: str
    flux: str


class CampagneDemandee(msgspec.Struct, frozen=True, kw_only=True):
    """A training that was asked for; where it has joined another campaign, the links lead to that one."""

    campagne: CampagneLue
    liens: Liens


class DeriveList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of reports of drift, the latest first; `count` is how many match on all pages."""

    count: int
    results: list[Derive]


def actions_router(
    settings: Settings,
    registry: ModelRegistry,
    pages: ModelPages,
    campaigns: CampaignPages,
    queue: CampaignStore,
    reports: DriftStore,
    access: Access,
) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    settings : Settings
        The deployment's: its brokers, topics and artefacts.
    registry : ModelRegistry
        The models.
    pages, campaigns : ModelPages, CampaignPages
        What of models and campaigns a token sees.
    queue : CampaignStore
        The queue of trainings.
    reports : DriftStore
        The reports of drift.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Training = Annotated[Call, Depends(access.train)]
    Operating = Annotated[Call, Depends(access.operate)]

    @router.get("/detect_drift/", summary="Reports of drift, the latest first", responses=returns(DeriveList))
    def drift(filters: Annotated[DriftFilter, Query()], call: Reading) -> Response:
        count, found = reports.page(
            visible(call, filters.societe),
            modele_id=filters.modele,
            derive=filters.derive,
            limit=filters.limit,
            offset=filters.offset,
        )
        return json_answer(DeriveList(count=count, results=list(found)))

    @router.post(
        "/detect_drift/",
        status_code=202,
        summary="Have all models checked now; reports follow from the workers of the role drift",
        responses=returns(ExecutionMinuterie, 202),
    )
    @BROKERS
    def check_now(call: Operating) -> Response:
        run = run_by_hand(Surroundings(settings, reach_broker(settings)), DRIFT_TIMER, call.caller.name)
        if run.statut is not StatutExecution.REUSSIE:
            LOGGER.error("timer %s: %s", DRIFT_TIMER, run.detail)
            raise HTTPException(503, "The signal could not be given; the log of this service says why.")
        return json_answer(run, 202, {"Location": f"{PREFIX}/detect_drift/"})

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

    @router.post(
        "/{modele_id:int}/promote/",
        summary="Put a version in charge, whatever the gate said",
        responses=returns(VersionModele),
    )
    @BROKERS
    def promote(modele_id: ModeleId, wanted: PromotionQuestion, call: Training) -> Response:
        model = seen_model(pages, call, modele_id)
        registry.version(model.id, wanted.version)  # said before the brokers are asked for
        with usable(f"Version {wanted.version} of model {model.id}"):
            now = put_in_force(
                settings,
                reach_broker(settings),
                model.id,
                wanted.version,
                par=call.caller.name,
                motif=wanted.motif,
                registry=registry,
            )
        return json_answer(now)

    @router.post(
        "/{modele_id:int}/rollback/",
        summary="Put the champion before in charge again",
        responses=returns(VersionModele),
    )
    @BROKERS
    def rollback(modele_id: ModeleId, call: Training, wanted: ReasonGiven | None = None) -> Response:
        model = seen_model(pages, call, modele_id)
        earlier_champion(model, registry.history(model.id))
        motif = wanted.motif if wanted else ""
        with usable(f"The champion before of model {model.id}"):
            now = go_back(
                settings, reach_broker(settings), model.id, par=call.caller.name, motif=motif, registry=registry
            )
        return json_answer(now)

    return router


@contextmanager
def usable(what: str) -> Iterator[None]:
    """Say that an artefact cannot be used, and no more of where it is than the log does.

    Raises
    ------
    HTTPException
        409 where it is missing, was altered or is of another release; 503 where the store does not answer.
    """
    try:
        yield
    except MissingLibrary:
        raise
    except ValueError as error:
        LOGGER.warning("%s: %s", what, error)
        raise HTTPException(
            409,
            f"{what} cannot be used: its artefact is missing, was altered, or is of other libraries; the log of this "
            "service says which. Train the model again, or promote another version.",
        ) from error
    except OSError as error:
        LOGGER.warning("%s: %s", what, error)
        raise HTTPException(
            503, "The store of the models does not answer; try again in a moment.", {"Retry-After": "5"}
        ) from error
