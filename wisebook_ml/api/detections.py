"""``/api/ml/detections/``: the stored detections that a token may see."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from schemas import Detection
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.parameters import DetectionFilter, RecentFilter
from wisebook_ml.api.queries import DetectionPages, Order
from wisebook_ml.api.route import Route
from wisebook_ml.storage import StoredDetection

__all__ = ["DetectionList", "DetectionRead", "detections_router"]


class DetectionRead(Detection, frozen=True, kw_only=True, omit_defaults=True):
    """A detection as its record says it, and when it was made."""

    ce_time: dt.datetime


class DetectionList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of detections; `count` is how many match on all pages."""

    count: int
    results: list[DetectionRead]


def detections_router(store: DetectionPages, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    store : DetectionPages
        Where the detections are.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/detections", tags=["detections"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

    @router.get("/", summary="Detections, highest score first", responses=returns(DetectionList))
    def list_(filters: Annotated[DetectionFilter, Query()], call: Reading) -> Response:
        return _page(store, call, filters, Order.SCORE)

    @router.get("/recent/", summary="Detections of the last days, latest first", responses=returns(DetectionList))
    def recent(filters: Annotated[RecentFilter, Query()], call: Reading) -> Response:
        return _page(store, call, filters, Order.TIME, filters.days)

    @router.get("/{detection_id}/", summary="One detection", responses=returns(DetectionRead))
    def read(detection_id: uuid.UUID, call: Reading) -> Response:
        found = store.get(detection_id, call.companies)
        if found is None:
            # The same for another company's: who may not see it must not learn that it exists.
            raise HTTPException(404, f"This token sees no detection {detection_id}.")
        return json_answer(_read(found))

    return router


def _page(
    store: DetectionPages, call: Call, filters: DetectionFilter, order: Order, days: int | None = None
) -> Response:
    count, found = store.page(
        _visible(call, filters.societe),
        order,
        limit=filters.limit,
        offset=filters.offset,
        etat=filters.etat,
        severite=filters.severite,
        days=days,
    )
    return json_answer(DetectionList(count=count, results=_read_all(found)))


def _visible(call: Call, societe: int | None) -> frozenset[int] | None:
    """Return the asked company as far as the token sees it; one that it does not see has no detections for it."""
    if societe is None:
        return call.companies
    return frozenset({societe} if call.caller.sees(societe) else ())


def _read_all(found: Sequence[StoredDetection]) -> list[DetectionRead]:
    return [_read(stored) for stored in found]


def _read(stored: StoredDetection) -> DetectionRead:
    return DetectionRead(**msgspec.structs.asdict(stored.detection), ce_time=stored.ce_time)
