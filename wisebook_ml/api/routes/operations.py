"""What operators ask and do: workers, timers, dead letters; probes and metrics of this process."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Path, Query, Response
from fastapi.responses import PlainTextResponse
from msgspec.structs import replace
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import Engine

from schemas import ExecutionMinuterie, PartitionServie
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS, PROBES
from wisebook_ml.api.observed import Observed
from wisebook_ml.api.route import Route
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.monitoring.dead_letters import (
    LettreMorte,
    LostLetter,
    again,
    find_letter,
    letter_of,
    read_letters,
)
from wisebook_ml.monitoring.readiness import Readiness, brokers_answer, database_answers
from wisebook_ml.monitoring.reports import is_stale, read_reports
from wisebook_ml.monitoring.server import JSON, health_answer, ready_answer
from wisebook_ml.settings import Settings
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.exceptions import UnknownTimer
from wisebook_ml.timers.listing import Minuterie, listed
from wisebook_ml.timers.runs import last_runs
from wisebook_ml.timers.term import run_by_hand
from wisebook_ml.timers.works import Surroundings

__all__ = ["OPERATIONS_BODIES", "install_operations"]

MOST_LETTERS = 500
LONGEST_NAME = 200
"""Letters of who runs a timer: what the record has room for."""

MAX_OFFSET = 2**63 - 1


class TravailleurVu(msgspec.Struct, frozen=True, kw_only=True):
    """A process as it last reported itself; `perdu`: it has been silent for so long that it counts as gone."""

    travailleur_id: str
    role: str
    hote: str
    pid: int
    version: str
    demarre_le: dt.datetime
    vu_le: dt.datetime
    pret: bool
    perdu: bool
    motifs: list[str]
    retard: int
    partitions: list[PartitionServie]
    commis_le: dt.datetime | None
    port_metriques: int | None


class TravailleurList(msgspec.Struct, frozen=True, kw_only=True):
    """All processes that have not stopped."""

    count: int
    results: list[TravailleurVu]


class MinuterieList(msgspec.Struct, frozen=True, kw_only=True):
    """All timers."""

    count: int
    results: list[Minuterie]


class LettreMorteList(msgspec.Struct, frozen=True, kw_only=True):
    """The last dead letters, the latest first."""

    count: int
    results: list[LettreMorte]


class Renvoi(msgspec.Struct, frozen=True, kw_only=True):
    """A dead letter that was sent again, and the topic that has it again."""

    topic: str


OPERATIONS_BODIES = [TravailleurList, MinuterieList, ExecutionMinuterie, LettreMorteList, Renvoi]
"""Bodies for the OpenAPI document."""


class LetterFilter(BaseModel, extra="forbid"):
    """How many dead letters."""

    limit: int = Field(50, ge=1, le=MOST_LETTERS)


@dataclass(frozen=True)
class Brokers:
    """Where the brokers are; asked for when they are needed, since the local one may start later than the API."""

    settings: Settings

    @property
    def address(self) -> tuple[str, str]:
        """Bootstrap servers and topic prefix."""
        return resolve_bootstrap(self.settings), self.settings.topic_prefix


def install_operations(
    app: FastAPI, settings: Settings, engine: Engine, access: Access, clock: Callable[[], dt.datetime]
) -> None:
    """Give an app the routes and probes of operators, and have it note its requests."""
    brokers = Brokers(settings)
    app.include_router(_service_router(Readiness([database_answers(engine), brokers_answer(settings)]), access))
    app.include_router(_workers_router(brokers, access, clock))
    app.include_router(_timers_router(brokers, access, clock))
    app.include_router(_letters_router(brokers, access))
    app.add_middleware(Observed)


def _service_router(readiness: Readiness, access: Access) -> APIRouter:
    router = APIRouter(tags=["service"])

    @router.get("/healthz", summary="Whether the process lives; needs no token")
    async def healthz() -> Response:  # in the event loop: it waits for no thread, however many are busy
        status, body = health_answer()
        return Response(body, status, media_type=JSON)

    @router.get(
        "/readyz",
        summary="Whether it can answer requests, and if not, why not; needs no token",
        responses={503: {"description": "The reasons, in sentences.", "content": {JSON: {}}}},
    )
    @PROBES
    def readyz() -> Response:
        status, body = ready_answer(readiness.reasons())
        return Response(body, status, media_type=JSON)

    @router.get(
        "/metrics",
        summary="Metrics for Prometheus",
        dependencies=[Depends(access.operate)],
        response_class=PlainTextResponse,
    )
    def metrics() -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return router


def _workers_router(brokers: Brokers, access: Access, clock: Callable[[], dt.datetime]) -> APIRouter:
    # Offsets of partitions tell how much the companies publish that share them, so only who sees all is told.
    router = APIRouter(prefix="/api/ml/workers", tags=["workers"], route_class=Route)

    @router.get("/", summary="Processes, as they report themselves", responses=returns(TravailleurList))
    @BROKERS
    def list_(call: Annotated[Call, Depends(access.read)]) -> Response:
        now = clock()
        reports = read_reports(*brokers.address, now)
        if call.companies is not None:
            reports = [
                replace(one, partitions=[replace(part, commis=None) for part in one.partitions]) for one in reports
            ]
        seen = [
            TravailleurVu(
                **{
                    name: getattr(one, name)
                    for name in TravailleurVu.__struct_fields__
                    if name not in ("perdu", "retard")
                },
                perdu=is_stale(one, now),
                retard=sum(partition.retard for partition in one.partitions),
            )
            for one in reports
        ]
        return json_answer(TravailleurList(count=len(seen), results=seen))

    return router


def _timers_router(brokers: Brokers, access: Access, clock: Callable[[], dt.datetime]) -> APIRouter:
    router = APIRouter(prefix="/api/ml/timers", tags=["timers"], route_class=Route)

    @router.get("/", summary="Timers: next due time and last run", responses=returns(MinuterieList))
    @BROKERS
    def list_(call: Annotated[Call, Depends(access.read)]) -> Response:
        last, now = last_runs(*brokers.address), clock()
        if call.companies is not None:
            # How much was published, by whom and why it failed is of all companies together.
            last = {name: replace(run, publies={}, demandeur="", detail="") for name, run in last.items()}
        found = [listed(timer, last.get(timer.name), now) for timer in TIMERS.values()]
        return json_answer(MinuterieList(count=len(found), results=found))

    @router.post("/{name}/run/", summary="Run a timer now", responses=returns(ExecutionMinuterie))
    @BROKERS
    def run(name: str, call: Annotated[Call, Depends(access.operate)]) -> Response:
        bootstrap, _ = brokers.address
        try:
            done = run_by_hand(Surroundings(brokers.settings, bootstrap), name, call.caller.name[:LONGEST_NAME])
        except UnknownTimer as error:
            raise HTTPException(404, str(error)) from error
        return json_answer(done)

    return router


def _letters_router(brokers: Brokers, access: Access) -> APIRouter:
    router = APIRouter(prefix="/api/ml/dead-letters", tags=["dead-letters"], route_class=Route)
    Admin = Annotated[Call, Depends(access.admin)]
    Place = Annotated[int, Path(ge=0, le=MAX_OFFSET)]

    @router.get("/", summary="The last dead letters, latest first", responses=returns(LettreMorteList))
    @BROKERS
    def list_(filters: Annotated[LetterFilter, Query()], call: Admin) -> Response:
        found: Sequence[LettreMorte] = read_letters(*brokers.address, call.companies, filters.limit)
        if call.companies is not None:
            # Where a record stood tells how much the companies publish that share its partition.
            found = [replace(one, partition_origine=None, offset_origine=None) for one in found]
        return json_answer(LettreMorteList(count=len(found), results=list(found)))

    @router.post(
        "/{partition}/{offset}/retry/", summary="Send a dead letter again, as it was", responses=returns(Renvoi, 202)
    )
    @BROKERS
    def retry(partition: Place, offset: Place, call: Admin) -> Response:
        bootstrap, prefix = brokers.address
        raw = find_letter(bootstrap, prefix, partition, offset)
        told = None if raw is None else letter_of(partition, raw, prefix)
        if raw is None or told is None or (call.companies is not None and told.societe_id not in call.companies):
            raise HTTPException(404, f"This token sees no dead letter at {partition}/{offset}.")
        if told.societe_id is not None:
            call.company(told.societe_id)
        try:
            record = again(raw, partition, prefix)
            with EventProducer(bootstrap, prefix) as producer:
                producer.send(record)
        except LostLetter as error:
            raise HTTPException(409, f"{error} It cannot be sent again from here.") from error
        return json_answer(Renvoi(topic=told.topic), 202)

    return router
