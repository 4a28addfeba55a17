"""``/api/ml/audit/``: who changed what."""

import datetime as dt
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.base import MAX_ID
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.route import Route
from wisebook_ml.storage import AuditLog, Source

__all__ = ["AuditList", "audit_router"]

DEFAULT_LIMIT, MAX_LIMIT = 100, 500


class ChangeRead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change; without `jeton_id` it was made on the command line, without `societe_id` it concerns no company."""

    id: int
    quand: dt.datetime
    nom: str
    adresse: str
    action: str
    statut: int
    correlation: str
    source: Source
    jeton_id: int | None = None
    societe_id: int | None = None
    demande: Any = None


class AuditList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of changes, the latest first; `next` is the `cursor` of the next page, where there is one."""

    results: list[ChangeRead]
    next: int | None = None


class AuditFilter(BaseModel):
    """Which changes; a misspelt parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=0, le=MAX_ID, description="Only this company's.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Changes on a page.")
    cursor: int | None = Field(None, ge=1, le=MAX_ID, description="`next` of the page before.")


def audit_router(log: AuditLog, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    log : AuditLog
        What was changed.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/audit", tags=["audit"], route_class=Route)

    @router.get("/", summary="Changes, the latest first", responses=returns(AuditList))
    def list_(asked: Annotated[AuditFilter, Query()], call: Annotated[Call, Depends(access.admin)]) -> Response:
        whose = call.companies
        if asked.societe is not None:
            whose = frozenset({asked.societe} if call.caller.sees(asked.societe) else ())
        found = log.list(whose, limit=asked.limit + 1, before=asked.cursor)
        page = [ChangeRead(id=number, **asdict(entry)) for number, entry in found[: asked.limit]]
        return json_answer(AuditList(results=page, next=page[-1].id if len(found) > asked.limit else None))

    return router
