"""``/api/ml/detections/flux/``: detections and alerts as they come, as server-sent events.

An event's id is the moment at which this process heard of it, which tells nothing about other companies (an offset
would), and holds however long it waited for its reader. Who
comes back with one (``Last-Event-ID``, which browsers send by themselves) is told all that was published since, and
from `OVERLAP_SECONDS` before, since a record may be published before it is visible: so an event may come twice, never
not at all. Who was away for too long is told so (event ``lacune``), and reads the lists again.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sse_starlette import ServerSentEvent

from schemas.base import MAX_ID
from schemas.pseudonym import PREFIX
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.feed import Event, Feed, Listener
from wisebook_ml.api.lanes import BROKERS, RESUMPTIONS, STREAMS
from wisebook_ml.api.names import named_text
from wisebook_ml.api.route import Route
from wisebook_ml.api.streams import Streams, stream_of
from wisebook_ml.messaging.transactions import TRANSACTION_SECONDS

__all__ = ["live_router"]

HEARTBEAT_SECONDS = 15.0
"""Proxies close what is silent for a minute; and a token that was revoked is noticed then."""

SEND_SECONDS = 30.0
"""How long a browser may take to read an event, before it counts as gone."""

OVERLAP_SECONDS = TRANSACTION_SECONDS
"""How long a record may stay invisible after it was published."""

MOST_AWAY_SECONDS = 600.0
MOST_RESUMED = 1_000
"""Beyond, the lists are read sooner than the events."""

GAP = "lacune"
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events `detection`, `alerte`, `lacune`.", "content": {"text/event-stream": {}}}
}


class LiveFilter(BaseModel):
    """Whose events."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=1, le=MAX_ID, description="Only this company's.")


def live_router(feed: Feed, streams: Streams, access: Access) -> APIRouter:
    """Return the routes; they come before those of single detections, whose ids stand in the same place.

    Parameters
    ----------
    feed : Feed
        What happens.
    streams : Streams
        How many there may be.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/detections", tags=["detections"], route_class=Route)

    @router.get("/flux/", summary="Detections and alerts as they come", responses=STREAM, response_class=Response)
    async def stream(
        request: Request, asked: Annotated[LiveFilter, Query()], call: Annotated[Call, Depends(access.read)]
    ) -> Response:
        companies = call.companies if asked.societe is None else frozenset({call.company(asked.societe)})
        give_back = streams.reserve(call.caller.token_id)
        listener = Listener(companies, asyncio.get_running_loop())

        def closed() -> None:
            feed.leave(listener)
            give_back()

        try:
            await BROKERS.run(feed.join, listener)
            joined = _now()
            missed = await _missed(feed, companies, request.headers.get("Last-Event-ID", ""))
        except BaseException:
            closed()
            raise
        return stream_of(_events(request, access, listener, joined, missed), closed, SEND_SECONDS)

    return router


async def _missed(feed: Feed, companies: frozenset[int] | None, last: str) -> Sequence[Event] | None:
    """Return what came since the last event; None where that is too much, or too long ago."""
    if not (last.isdecimal() and len(last) <= len(_now())):
        return []
    if time.time() - int(last) / 1000 > MOST_AWAY_SECONDS:
        return None
    since = int(last) - int(OVERLAP_SECONDS * 1000)
    return await RESUMPTIONS.run(feed.since, companies, max(since, 0), MOST_RESUMED)


async def _events(
    request: Request, access: Access, listener: Listener, joined: str, missed: Sequence[Event] | None
) -> AsyncIterator[ServerSentEvent]:
    """Yield what a listener missed, then what came since it joined, until it goes, or may not listen any more."""
    if missed is None:
        yield ServerSentEvent("{}", event=GAP)
    told = set()
    for event in missed or ():
        told.add(event.place)
        yield ServerSentEvent(await _named(request, event), event=event.kind)
    yield ServerSentEvent(comment="ouvert", id=joined)
    checked = time.monotonic()
    while not (listener.lost and listener.queue.empty()):
        if time.monotonic() - checked >= HEARTBEAT_SECONDS:
            if not await STREAMS.run(access.still_lets_in, request):
                return
            checked = time.monotonic()
            told.clear()  # what it was told twice has come by now
        try:
            event = await asyncio.wait_for(listener.queue.get(), HEARTBEAT_SECONDS)
        except TimeoutError:
            yield ServerSentEvent(comment="toujours là", id=_now())
            continue
        if event.place not in told:
            yield ServerSentEvent(await _named(request, event), event=event.kind, id=str(event.at))


async def _named(request: Request, event: Event) -> str:
    return await STREAMS.run(named_text, request, event.data, json=True) if PREFIX in event.data else event.data


def _now() -> str:
    return str(int(time.time() * 1000))
