"""``/api/ml/detections/{id}/avis/`` and ``/api/ml/ecritures/manquees/``: what people say of detections."""

import uuid
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas import Avis, Verdict
from schemas.base import MAX_ID
from topics.incoming import avis_event
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.detections import AvisRead, avis_of, seen
from wisebook_ml.feedback.giving import missed_entry, outcome_of, verdict_on
from wisebook_ml.feedback.judgement import Contradiction, Refused, UnknownDetection
from wisebook_ml.feedback.standing import Outcome, subject_of
from wisebook_ml.messaging.postbox import Postbox
from wisebook_ml.storage import DetectionStore, VerdictStore

__all__ = ["AvisList", "AvisTaken", "verdicts_router"]

SOURCE = "wisebook-ml/api"
"""CloudEvents source of what the API publishes."""

MOST_COMMENT = 2_000


class Taken(StrEnum):
    """What became of a verdict."""

    PUBLIE = "PUBLIE"
    """It is on its way: the feedback role takes it within a second."""
    EN_VIGUEUR = "EN_VIGUEUR"
    """It stands already, and nothing was published."""


class AvisList(msgspec.Struct, frozen=True, kw_only=True):
    """All verdicts on a detection that were accepted, the latest first."""

    count: int
    results: list[AvisRead]


class AvisTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict that was given, and what became of it."""

    detection_id: uuid.UUID
    verdict: Verdict
    auteur: str
    statut: Taken


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid")

    commentaire: str = Field("", max_length=MOST_COMMENT, description="Why.")
    compte_num: str | None = Field(None, min_length=1, max_length=64, description="The right account.")
    remplace: bool = Field(False, strict=True, description="Take the place of the verdict that stands.")


class AvisGiven(_Given):
    """A verdict on a detection; the token's name is its author."""

    verdict: Literal["CONFIRMEE", "FAUX_POSITIF", "RECLASSEE"]
    revision: int | None = Field(None, ge=1, le=MAX_ID, description="Of the detection that was looked at.")


class MissedGiven(_Given):
    """An entry that should have been detected."""

    societe_id: int = Field(ge=1, le=MAX_ID)
    ecriture_id: str = Field(min_length=1, max_length=200)


def verdicts_router(detections: DetectionStore, verdicts: VerdictStore, post: Postbox, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    detections, verdicts
        What there is to judge, and what was said.
    post : Postbox
        Publishes verdicts.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml", tags=["avis"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Judging = Annotated[Call, Depends(access.verdict)]

    def take(avis: Avis, call: Call) -> Response:
        if outcome_of(avis, detections, verdicts) is Outcome.REPEATED:
            return _taken(avis, Taken.EN_VIGUEUR)
        post.send(avis_event(avis, SOURCE, access.clock(), str(call.operation_id)))
        return _taken(avis, Taken.PUBLIE)

    @router.get("/detections/{detection_id}/avis/", summary="The verdicts on a detection", responses=returns(AvisList))
    def history(detection_id: uuid.UUID, call: Reading) -> Response:
        seen(detections.get, detection_id, call)
        said = verdicts.told([detection_id]).get(detection_id, [])
        return json_answer(AvisList(count=len(said), results=[avis_of(one) for one in reversed(said)]))

    @router.post(
        "/detections/{detection_id}/avis/",
        summary="Say that a detection is right, wrong, or which account is",
        status_code=202,
        responses=returns(AvisTaken, 202) | returns(AvisTaken),
    )
    @BROKERS
    def judge(detection_id: uuid.UUID, given: AvisGiven, call: Judging) -> Response:
        detection = seen(detections.get, detection_id, call).detection
        fields = given.model_dump(exclude={"verdict"})
        try:
            return take(verdict_on(detection, Verdict(given.verdict), auteur=call.caller.name, **fields), call)
        except Refused as error:
            raise _refusal(error) from error

    @router.post(
        "/ecritures/manquees/",
        summary="Say that an entry should have been detected",
        status_code=202,
        responses=returns(AvisTaken, 202) | returns(AvisTaken),
    )
    @BROKERS
    def missed(given: MissedGiven, call: Judging) -> Response:
        call.company(given.societe_id)
        try:
            return take(missed_entry(**given.model_dump(), auteur=call.caller.name), call)
        except Refused as error:
            raise _refusal(error) from error

    return router


def _taken(avis: Avis, what: Taken) -> Response:
    about = subject_of(avis)
    body = AvisTaken(detection_id=about, verdict=avis.verdict, auteur=avis.auteur, statut=what)
    headers = None if avis.detection_id is None else {"Location": f"/api/ml/detections/{about}/avis/"}
    return json_answer(body, 202 if what is Taken.PUBLIE else 200, headers)


def _refusal(error: Refused) -> HTTPException:
    # A revision that was never stored, or another verdict: what the caller saw is not what there is.
    return HTTPException(409 if isinstance(error, Contradiction | UnknownDetection) else 400, f"{error}.")
