"""``/api/ml/parametres/``: what companies have set, and changes of it."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Body, Depends, HTTPException, Path, Request, Response
from msgspec.structs import replace

from schemas import Parametres
from schemas.base import MAX_ID
from wisebook_ml.access import Right, shown
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route, check_match, etag_of
from wisebook_ml.api.routes.inherited import inherited_by
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.settings import Settings
from wisebook_ml.storage import SettingsStore
from wisebook_ml.storage.parametres import ALL_COMPANIES
from wisebook_ml.tuning.exceptions import Refusal
from wisebook_ml.tuning.patch import patched
from wisebook_ml.tuning.request import change_settings

__all__ = ["company_settings_router"]

WAIT_SECONDS = 10.0
"""How long a change of settings is waited for: a worker takes some tenths of a second."""


def company_settings_router(versions: SettingsStore, settings: Settings, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    versions : SettingsStore
        What companies have set.
    settings : Settings
        Which brokers take changes.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml", route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Company = Annotated[int, Path(ge=ALL_COMPANIES, le=MAX_ID, description="0: the default of all companies.")]

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
