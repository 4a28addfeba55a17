"""``/api/ml/statistiques/``: what was counted, from SQL; and the windows as they are this moment, from Kafka."""

import datetime as dt
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from schemas import Pas, Statistique
from schemas.base import MAX_ID
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.storage import StatisticsStore
from wisebook_ml.windows.report import NothingCounted, Rapport, UnknownJournal, WrongSpan, report, span_of
from wisebook_ml.windows.view import WindowView

__all__ = ["Rapport", "StatistiqueList", "statistics_router"]

DEFAULT_LIMIT, MAX_LIMIT = 168, 1_000
"""Windows on a page: a week of hours, and at most a megabyte or so of JSON."""


class Dernier(StrEnum):
    """How far back: the names of `SPANS`."""

    JOUR = "24h"
    SEMAINE = "7d"
    MOIS = "30d"


class StatistiqueList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of windows, the latest first; `count` is how many there are on all pages."""

    count: int
    results: list[Statistique]


class StatisticsFilter(BaseModel):
    """Which rows; a misspelt parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    societe: int = Field(ge=1, le=MAX_ID, description="Whose.")
    pas: Pas | None = Field(None, description="Only hours, or only days.")
    depuis: AwareDatetime | None = Field(None, description="Windows that begin then or later.")
    jusque: AwareDatetime | None = Field(None, description="Windows that begin earlier.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Windows on a page.")
    offset: int = Field(0, ge=0, le=MAX_ID, description="Windows to pass over before it.")


class SpanFilter(BaseModel):
    """Which windows, as they are now."""

    model_config = ConfigDict(extra="forbid")

    societe: int = Field(ge=1, le=MAX_ID, description="Whose.")
    pas: Pas | None = Field(None, description="In hours or in days; by default as suits the span.")
    dernier: Dernier = Field(Dernier.JOUR, description="How far back from the last hour that was counted.")
    journal: str | None = Field(None, description="Only this journal's.")


def statistics_router(store: StatisticsStore, view: Callable[[], WindowView], access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    store : StatisticsStore
        Where what was published is.
    view : callable
        Returns who reads the windows as they are; it raises `ConnectError` without a broker.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/statistiques", tags=["statistiques"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

    @router.get(
        "/", summary="What was counted by hour and by day, the latest first", responses=returns(StatistiqueList)
    )
    def list_(filters: Annotated[StatisticsFilter, Query()], call: Reading) -> Response:
        call.company(filters.societe)
        company, pas, since, until = filters.societe, filters.pas, _utc(filters.depuis), _utc(filters.jusque)
        rows = store.list(company, pas=pas, since=since, until=until, limit=filters.limit, offset=filters.offset)
        count = store.count(company, pas=pas, since=since, until=until)
        return json_answer(StatistiqueList(count=count, results=list(rows)))

    @router.get("/fenetres/", summary="The last hours or days as they are now", responses=returns(Rapport))
    @BROKERS
    def windows(asked: Annotated[SpanFilter, Query()], call: Reading) -> Response:
        call.company(asked.societe)
        try:
            span = span_of(asked.dernier.value, asked.pas)
            return json_answer(report(view().of(asked.societe), asked.societe, span, asked.journal))
        except WrongSpan as error:
            raise HTTPException(422, f"dernier: {error}") from error
        except (NothingCounted, UnknownJournal) as error:
            raise HTTPException(404, str(error)) from error

    return router


def _utc(moment: dt.datetime | None) -> dt.datetime | None:
    if moment is None:
        return None
    try:
        return moment.astimezone(dt.UTC)
    except OverflowError:
        raise HTTPException(400, f"{moment.isoformat()} lies outside the calendar in UTC; correct the year.") from None
