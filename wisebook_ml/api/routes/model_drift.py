"""``/api/ml/modeles/detect_drift/``: reports of drift, and the signal for new ones."""

import logging
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from schemas import Derive, ExecutionMinuterie, StatutExecution
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.model_parameters import DriftFilter
from wisebook_ml.api.routes.models import PREFIX, visible
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DriftStore
from wisebook_ml.timers.term import run_by_hand
from wisebook_ml.timers.works import Surroundings

__all__ = ["DeriveList", "drift_router"]

LOGGER = logging.getLogger(__name__)

DRIFT_TIMER = "drift"
"""The timer that gives the signal for reports of drift."""


class DeriveList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of reports of drift, the latest first; `count` is how many match on all pages."""

    count: int
    results: list[Derive]


def drift_router(settings: Settings, reports: DriftStore, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    settings : Settings
        The deployment's: its brokers.
    reports : DriftStore
        The reports of drift.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
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

    return router
