"""``/api/ml/detections/``: the stored detections that a token may see."""

import datetime as dt
import uuid
from collections.abc import Callable, Sequence
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from schemas import Detection
from wisebook_ml.api.parameters import DetectionFilter, RecentFilter
from wisebook_ml.api.queries import DetectionPages, Order
from wisebook_ml.api.tokens import Scope
from wisebook_ml.storage import StoredDetection

__all__ = ["DetectionList", "DetectionRead", "detections_router"]


class DetectionRead(Detection, frozen=True, kw_only=True, omit_defaults=True):
    """A detection as its record says it, and when it was made."""

    ce_time: dt.datetime


class DetectionList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of detections; `count` is how many match on all pages."""

    count: int
    results: list[DetectionRead]


def detections_router(store: DetectionPages, scope_of: Callable[..., Scope]) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    store : DetectionPages
        Where the detections are.
    scope_of : callable
        The dependency that checks a request's token and gives its scope.
    """
    router = APIRouter(prefix="/api/ml/detections", tags=["detections"])
    TokenScope = Annotated[Scope, Depends(scope_of)]

    @router.get("/", summary="Detections, highest score first", responses=_returns(DetectionList))
    def list_(filters: Annotated[DetectionFilter, Query()], scope: TokenScope) -> Response:
        return _page(store, scope, filters, Order.SCORE)

    @router.get("/recent/", summary="Detections of the last days, latest first", responses=_returns(DetectionList))
    def recent(filters: Annotated[RecentFilter, Query()], scope: TokenScope) -> Response:
        return _page(store, scope, filters, Order.TIME, filters.days)

    @router.get("/{detection_id}/", summary="One detection", responses=_returns(DetectionRead))
    def read(detection_id: uuid.UUID, scope: TokenScope) -> Response:
        found = store.get(detection_id, scope)
        if found is None:
            # The same for another company's: who may not see it must not learn that it exists.
            raise HTTPException(404, f"This token sees no detection {detection_id}.")
        return _json(_read(found))

    return router


def _page(
    store: DetectionPages, scope: Scope, filters: DetectionFilter, order: Order, days: int | None = None
) -> Response:
    count, found = store.page(
        _visible(scope, filters.societe),
        order,
        limit=filters.limit,
        offset=filters.offset,
        etat=filters.etat,
        severite=filters.severite,
        days=days,
    )
    return _json(DetectionList(count=count, results=_read_all(found)))


def _visible(scope: Scope, societe: int | None) -> Scope:
    """Return the asked company as far as the token sees it; one that it does not see has no detections for it."""
    if societe is None:
        return scope
    asked = frozenset({societe})
    return asked if scope is None else asked & scope


def _read_all(found: Sequence[StoredDetection]) -> list[DetectionRead]:
    return [_read(stored) for stored in found]


def _read(stored: StoredDetection) -> DetectionRead:
    return DetectionRead(**msgspec.structs.asdict(stored.detection), ce_time=stored.ce_time)


def _json(value: msgspec.Struct) -> Response:
    # The records' own encoder: the same bytes as on the topic.
    return Response(msgspec.json.encode(value), media_type="application/json")


def _returns(type_: type[msgspec.Struct]) -> dict[int | str, dict[str, Any]]:
    schema = {"$ref": f"#/components/schemas/{type_.__name__}"}
    return {200: {"description": type_.__name__, "content": {"application/json": {"schema": schema}}}}
