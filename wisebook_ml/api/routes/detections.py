"""``/api/ml/detections/``: the stored detections that a token may see."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response

from schemas import Detection, Verdict
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.detection_parameters import DetectionFilter, RecentFilter
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.storage import StoredDetection, VerdictStore
from wisebook_ml.storage.detection_pages import Cursor, DetectionPages, Filter, Order

__all__ = ["AvisRead", "DetectionList", "DetectionRead", "avis_of", "detections_router", "read_of", "seen"]


class AvisRead(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A verdict that was accepted; `revision` is that of the detection which was judged (0: there was none)."""

    verdict: Verdict
    auteur: str
    donne_le: dt.datetime
    revision: int
    en_vigueur: bool
    compte_num: str | None = None
    commentaire: str = ""
    remplace: bool = False


class DetectionRead(Detection, frozen=True, kw_only=True, omit_defaults=True):
    """A detection as its record says it, when it was made, and the verdict that stands on it."""

    ce_time: dt.datetime
    avis: AvisRead | None = None


class DetectionList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of detections.

    `count` is how many match on all pages, as far as they are counted: with ``"counted": false`` there are more. `next`
    is the `cursor` of the next page, where there is one.
    """

    count: int
    results: list[DetectionRead]
    counted: bool = True
    next: str | None = None


def detections_router(store: DetectionPages, verdicts: VerdictStore, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    store : DetectionPages
        Where the detections are.
    verdicts : VerdictStore
        What was said of them.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/detections", tags=["detections"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

    def page(call: Call, filters: DetectionFilter, order: Order, since: dt.datetime | None = None) -> Response:
        after = None if filters.cursor is None else Cursor.read(filters.cursor)
        wanted = _filter(call, filters, since)
        found = store.page(wanted, order, limit=filters.limit, offset=filters.offset, after=after)
        told = verdicts.standing([one.detection.detection_id for one in found.results])
        return json_answer(
            DetectionList(
                count=found.count,
                counted=found.counted,
                results=[read_of(one, told.get(one.detection.detection_id)) for one in found.results],
                next=None if found.next is None else found.next.text(),
            )
        )

    @router.get("/", summary="Detections, highest score first", responses=returns(DetectionList))
    def list_(filters: Annotated[DetectionFilter, Query()], call: Reading) -> Response:
        return page(call, filters, Order.SCORE)

    @router.get("/recent/", summary="Detections of the last days, latest first", responses=returns(DetectionList))
    def recent(filters: Annotated[RecentFilter, Query()], call: Reading) -> Response:
        return page(call, filters, Order.TIME, access.clock() - dt.timedelta(days=filters.days))

    @router.get("/{detection_id}/", summary="One detection", responses=returns(DetectionRead))
    def read(detection_id: uuid.UUID, call: Reading) -> Response:
        found = seen(store.get, detection_id, call)
        return json_answer(read_of(found, verdicts.standing([detection_id]).get(detection_id)))

    return router


def seen(
    get: Callable[[uuid.UUID, frozenset[int] | None], StoredDetection | None], detection_id: uuid.UUID, call: Call
) -> StoredDetection:
    """Return a detection that the caller may see.

    Raises
    ------
    HTTPException
        404 where there is none, and the same for another company's: who may not see it must not learn that it exists.
    """
    found = get(detection_id, call.companies)
    if found is None:
        raise HTTPException(404, f"This token sees no detection {detection_id}.")
    call.company(found.detection.societe_id)  # the audit log tells whose it is
    return found


def read_of(stored: StoredDetection, said: Judgement | None = None) -> DetectionRead:
    """Return a detection as the API tells it."""
    fields = msgspec.structs.asdict(stored.detection)
    return DetectionRead(**fields, ce_time=stored.ce_time, avis=None if said is None else avis_of(said))


def avis_of(said: Judgement) -> AvisRead:
    """Return a verdict as the API tells it."""
    return AvisRead(
        verdict=said.avis.verdict,
        auteur=said.avis.auteur,
        donne_le=said.donne_le,
        revision=said.revision,
        en_vigueur=said.en_vigueur,
        compte_num=said.avis.compte_num,
        commentaire=said.avis.commentaire,
        remplace=said.avis.remplace,
    )


def _filter(call: Call, filters: DetectionFilter, since: dt.datetime | None) -> Filter:
    return Filter(
        societes=_visible(call, filters.societe),
        etat=filters.etat,
        severite=filters.severite,
        code=filters.code,
        journal=filters.journal,
        ecriture_num=filters.numero,
        depuis=filters.depuis,
        jusque=filters.jusque,
        score_min=filters.score_min,
        montant_min=filters.montant_min,
        montant_max=filters.montant_max,
        verdict=filters.avis,
        juge=filters.juge,
        since=since,
    )


def _visible(call: Call, societe: int | None) -> frozenset[int] | None:
    """Return the asked company as far as the token sees it; one that it does not see has no detections for it."""
    if societe is None:
        return call.companies
    return frozenset({societe} if call.caller.sees(societe) else ())
