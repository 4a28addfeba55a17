"""``/api/ml/societes/``: the companies that a token sees."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Response

from schemas import Severite
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.route import Route
from wisebook_ml.storage import SettingsStore
from wisebook_ml.storage.detection_pages import DetectionPages
from wisebook_ml.storage.parametres import ALL_COMPANIES

__all__ = ["SocieteList", "companies_router"]


class SocieteRead(msgspec.Struct, frozen=True, kw_only=True):
    """A company, and how many of its detections stand, by severity and in all."""

    societe_id: int
    ouvertes: dict[Severite, int]
    total: int


class SocieteList(msgspec.Struct, frozen=True, kw_only=True):
    """The companies that a token sees."""

    count: int
    results: list[SocieteRead]


def companies_router(detections: DetectionPages, versions: SettingsStore, access: Access) -> APIRouter:
    """Return the route.

    Parameters
    ----------
    detections, versions
        What there is of companies, and what they have set.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml", route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

    @router.get(
        "/societes/", tags=["societes"], summary="The companies that a token sees", responses=returns(SocieteList)
    )
    def companies(call: Reading) -> Response:
        counts = detections.open_by_severity(call.companies)
        known = call.companies if call.companies is not None else {*counts, *versions.societes()} - {ALL_COMPANIES}
        found = [
            SocieteRead(societe_id=one, ouvertes=counts.get(one, {}), total=sum(counts.get(one, {}).values()))
            for one in sorted(known)
        ]
        return json_answer(SocieteList(count=len(found), results=found))

    return router
