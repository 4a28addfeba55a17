"""``/api/ml/campagnes/``: trainings: what was asked for, how far each is, and what became of it."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from sse_starlette.event import ServerSentEvent

from schemas import DemandeEntrainement
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS, STREAMS
from wisebook_ml.api.route import Route, check_match
from wisebook_ml.api.routes.model_parameters import CampaignFilter
from wisebook_ml.api.routes.model_queries import CampagneLue, CampaignPages
from wisebook_ml.api.routes.models import visible
from wisebook_ml.api.streams import EVENT_STREAM, LONGEST_SECONDS, Streams
from wisebook_ml.storage import CampaignStore, StorageError
from wisebook_ml.training.events import ENDED
from wisebook_ml.training.request import request_of

__all__ = ["CampagneList", "campaigns_router", "place_of"]

PREFIX = "/api/ml/campagnes"

POLL_SECONDS = 0.5
"""Between two looks at a campaign that is followed: a person sees no difference to at once."""

Cancel = Callable[[DemandeEntrainement, str], None]
"""Publishes that a training is not wanted any more; told the request, and who says so."""


class CampagneList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of campaigns, the latest request first; `count` is how many match on all pages."""

    count: int
    results: list[CampagneLue]


def place_of(campagne_id: uuid.UUID) -> str:
    """Return where a campaign is read."""
    return f"{PREFIX}/{campagne_id}/"


def campaigns_router(
    pages: CampaignPages, store: CampaignStore, cancel_training: Cancel, streams: Streams, access: Access
) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    pages : CampaignPages
        Where campaigns are read.
    store : CampaignStore
        Where they end.
    cancel_training : callable
        Publishes that one is not wanted any more.
    streams : Streams
        Opens streams of events.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["campagnes"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Training = Annotated[Call, Depends(access.train)]

    @router.get("/", summary="Campaigns, the latest request first", responses=returns(CampagneList))
    def list_(filters: Annotated[CampaignFilter, Query()], call: Reading) -> Response:
        count, found = pages.page(
            visible(call, filters.societe),
            limit=filters.limit,
            offset=filters.offset,
            modele_id=filters.modele,
            statut=filters.statut,
            ouverte=filters.ouverte,
        )
        return json_answer(CampagneList(count=count, results=list(found)))

    @router.get("/{campagne_id}/", summary="One campaign", responses=returns(CampagneLue))
    def read(campagne_id: uuid.UUID, call: Reading) -> Response:
        return json_answer(_seen(pages, call, campagne_id))

    @router.post(
        "/{campagne_id}/cancel/",
        status_code=202,
        summary="Have it end: at once where it waits, soon where it is in work",
        responses=returns(CampagneLue, 202),
    )
    @BROKERS
    def cancel(campagne_id: uuid.UUID, call: Training) -> Response:
        campaign = _seen(pages, call, campagne_id)
        check_match(call.request, bytes(json_answer(campaign).body))
        if campaign.statut in ENDED:
            joined = "" if campaign.rejointe is None else f"; cancel campaign {campaign.rejointe}, which it joined"
            raise HTTPException(409, f"Campaign {campagne_id} has ended as {campaign.statut.value}{joined}.")
        cancel_training(request_of(msgspec.structs.asdict(campaign)), call.caller.name)
        # The trainer does the same when it reads the request; who looks meanwhile should see it.
        store.cancel(campaign.demande_id, societe_id=campaign.societe_id)
        return json_answer(_seen(pages, call, campagne_id), 202, {"Location": place_of(campagne_id)})

    @router.get(
        "/{campagne_id}/flux/",
        summary="Its progress as server-sent events, until it ends",
        description="Events `campagne` with the campaign whenever it has changed; the last is `fin`.",
        response_class=Response,
        responses=EVENT_STREAM,
    )
    def flux(campagne_id: uuid.UUID, call: Reading) -> Response:
        _seen(pages, call, campagne_id)

        def look() -> CampagneLue | None:
            return pages.get(campagne_id, call.companies) if access.still_lets_in(call.request) else None

        return streams.open(call.caller.token_id, _progress(look))

    return router


def _seen(pages: CampaignPages, call: Call, campagne_id: uuid.UUID) -> CampagneLue:
    campaign = pages.get(campagne_id, call.companies)
    if campaign is None:
        raise HTTPException(404, f"This token sees no campaign {campagne_id}.")
    call.company(campaign.societe_id)
    return campaign


async def _progress(look: Callable[[], CampagneLue | None]) -> AsyncIterator[ServerSentEvent]:
    """Yield a campaign whenever it has changed, to its end. Without an answer of the database it ends, too.

    A browser opens the stream again then, and is told by its answer what is wrong.
    """
    before: CampagneLue | None = None
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        try:
            campaign = await STREAMS.run(look)
        except (StorageError, HTTPException):
            return
        if campaign is None:
            return
        if campaign != before:
            yield _event("campagne", campaign)
            before = campaign
        if campaign.statut in ENDED:
            yield _event("fin", campaign)
            return
        await asyncio.sleep(POLL_SECONDS)


def _event(name: str, campaign: CampagneLue) -> ServerSentEvent:
    return ServerSentEvent(msgspec.json.encode(campaign).decode(), event=name)
