"""All that is about models, put together: their registry, their trainings, what they say."""

import datetime as dt
from collections.abc import Callable

from fastapi import APIRouter
from sqlalchemy import Engine

from wisebook_ml.api.access import Access
from wisebook_ml.api.routes.campaigns import CampagneList, campaigns_router
from wisebook_ml.api.routes.model_drift import DeriveList, drift_router
from wisebook_ml.api.routes.model_queries import CampaignPages, ModelPages
from wisebook_ml.api.routes.model_results import Dashboard, Performance, results_router
from wisebook_ml.api.routes.model_trainings import CampagneDemandee, trainings_router
from wisebook_ml.api.routes.model_versions import VersionList, versions_router
from wisebook_ml.api.routes.models import ModeleList, models_router
from wisebook_ml.api.routes.prediction_question import PredictionQuestion
from wisebook_ml.api.routes.predictions import Importance, PredictionLue, TypeList, predictions_router
from wisebook_ml.api.streams import Streams
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.inference import LoadedModels, PredictionDesk
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.settings import Settings
from wisebook_ml.storage import CampaignStore, DriftStore, ModelRegistry
from wisebook_ml.training.request import cancel_training
from wisebook_ml.treasury_desk.flows import KeptFlows

__all__ = ["BODIES", "workshop_router"]

BODIES = (
    *(ModeleList, VersionList, Dashboard, Performance, TypeList, PredictionQuestion, PredictionLue, Importance),
    *(CampagneList, CampagneDemandee, DeriveList),
)
"""What its routes answer, and are asked beside what FastAPI describes, for the OpenAPI document."""


def workshop_router(
    settings: Settings, engine: Engine, streams: Streams, access: Access, clock: Callable[[], dt.datetime]
) -> APIRouter:
    """Return the routes of models and campaigns.

    Parameters
    ----------
    settings : Settings
        The deployment's.
    engine : Engine
        Its database, whose tables are up to date.
    streams : Streams
        Opens streams of events.
    access : Access
        The door.
    clock : callable
        Tells the present moment.
    """
    registry, queue = ModelRegistry(engine, clock=clock), CampaignStore(engine, clock=clock)
    models, campaigns = ModelPages(engine, clock=clock), CampaignPages(engine)

    desk = PredictionDesk(
        lambda modele_id, number: registry.version(modele_id, number).version,
        LoadedModels(ArtefactStore.of(settings)),
        KeptFlows(settings).of,
    )
    router = APIRouter()
    router.include_router(models_router(registry, models, access))
    router.include_router(results_router(registry, models, access, clock))
    router.include_router(trainings_router(settings, registry, models, campaigns, queue, access))
    router.include_router(versions_router(settings, registry, models, access))
    router.include_router(predictions_router(desk, models, access))
    router.include_router(drift_router(settings, DriftStore(engine, clock=clock), access))
    router.include_router(
        campaigns_router(
            campaigns,
            queue,
            lambda request, par: cancel_training(settings, reach_broker(settings), request, demandeur=par),
            streams,
            access,
        )
    )
    return router
