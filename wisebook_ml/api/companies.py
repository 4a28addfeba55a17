"""``/api/ml/societes/`` and ``/api/ml/parametres/``: the companies that a token sees, and what they have set."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, HTTPException, Path, Request, Response
from msgspec.structs import replace

from schemas import Parametres, Severite
from schemas.base import MAX_ID
from wisebook_ml.access import Right
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.inherited import inherited_by
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route, check_match, etag_of
from wisebook_ml.delivery.addresses import shown
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore
from wisebook_ml.storage.detection_pages import DetectionPages
from wisebook_ml.storage.parametres import ALL_COMPANIES
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.patch import patched
from wisebook_ml.tuning.request import change_settings

__all__ = ["SocieteList", "companies_router"]

WAIT_SECONDS = 10.0
"""How long a change of settings is waited for: a worker takes some tenths of a second."""


class SocieteRead(msgspec.Struct, frozen=True, kw_only=True):
    """A company, and how many of its detections stand, by severity and in all."""

    societe_id: int
    ouvertes: dict[Severite, int]
    total: int


class SocieteList(msgspec.Struct, frozen=True, kw_only=True):
    """The companies that a token sees."""

    count: int
    results: list[SocieteRead]


def companies_router(
    detections: DetectionPages, versions: SettingsStore, settings: Settings, access: Access
) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    detections, versions
        What there is of companies, and what they have set.
    settings : Settings
        Which brokers take changes.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml", route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Company = Annotated[int, Path(ge=ALL_COMPANIES, le=MAX_ID, description="0: the default of all companies.")]

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

    @router.get(
        "/parametres/{societe_id}/",
        tags=["parametres"],
        summary="What a company has set, or else the default",
        responses=returns(Parametres),
    )
    def read(societe_id: Company, call: Reading) -> Response:
        found = inherited_by(call.caller, versions).shown(versions.in_force(call.company(societe_id)))
        return json_answer(found if call.caller.may(Right.ADMIN) else _without_secrets(found))

    @router.patch(
        "/parametres/{societe_id}/",
        tags=["parametres"],
        summary="Change what a company has set, by a JSON merge patch (RFC 7396)",
        responses=returns(Parametres) | returns(Parametres, 202),
    )
    @BROKERS
    def change(
        request: Request,
        societe_id: Company,
        patch: Annotated[dict[str, Any], Body(description="Fields to change; null: back to the default.")],
        call: Annotated[Call, Depends(access.admin)],
    ) -> Response:
        company = call.company(societe_id)
        inherited = inherited_by(call.caller, versions)

        def edit(base: Parametres) -> Parametres:
            check_match(request, msgspec.json.encode(inherited.shown(base)))
            return patched(base, inherited.restored(patch, base), auteur=call.caller.name)

        try:
            edit(versions.in_force(company))  # a mistake needs no broker
        except Refusal as error:
            raise HTTPException(400, f"{inherited.without(str(error))}.") from error
        try:
            changed = change_settings(settings, reach_broker(settings), versions, company, edit, timeout=WAIT_SECONDS)
        except Refusal as error:
            raise HTTPException(409, f"{inherited.without(str(error))}.") from error
        told = inherited.shown(changed.parametres)
        return json_answer(told, 200 if changed.in_force else 202, _etag(told))

    return router


def _etag(parametres: Parametres) -> dict[str, str]:
    return {"ETag": etag_of(msgspec.json.encode(parametres))}


def _without_secrets(parametres: Parametres) -> Parametres:
    """Return settings as somebody may see them who may not change them: an address may be a secret."""
    alerts = parametres.alertes
    masked = [replace(one, adresse=shown(one.adresse)) for one in alerts.destinations]
    return replace(parametres, alertes=replace(alerts, destinations=masked))
