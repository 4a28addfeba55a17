"""``/api/ml/detections/{id}/ecriture/``: the entry that a detection is about, with its lines, read from Kafka."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Response

from schemas import Detection, Ecriture, TypeObjet
from topics import ENTRIES
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.detections import seen
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import read_record
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore

__all__ = ["entries_router"]


def entries_router(detections: DetectionStore, settings: Settings, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    detections : DetectionStore
        Knows where the record stands that a detection follows from.
    settings : Settings
        Which brokers have it.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/detections", tags=["detections"], route_class=Route)
    name = ENTRIES.full_name(settings.topic_prefix)

    @router.get(
        "/{detection_id}/ecriture/",
        summary="The entry of a detection, with its lines, as it was judged",
        responses=returns(Ecriture),
    )
    @BROKERS
    def entry(detection_id: uuid.UUID, call: Annotated[Call, Depends(access.read)]) -> Response:
        stored = seen(detections.get, detection_id, call)
        detection = stored.detection
        if detection.objet.type is not TypeObjet.ECRITURE or detection.ecriture_id is None:
            raise HTTPException(404, f"Detection {detection_id} is about {_named(detection)}, and about no one entry.")
        if stored.topic != name:
            raise HTTPException(
                404, f"Where the entry of detection {detection_id} stands is not known: its record did not say."
            )
        raw = read_record(resolve_bootstrap(settings), name, stored.partition, stored.offset)
        found = None if raw is None else _entry(raw)
        if found is None or (found.societe_id, found.ecriture_id) != (detection.societe_id, detection.ecriture_id):
            raise HTTPException(
                404, f"The entry of detection {detection_id} is not where it was: its topic was emptied or made anew."
            )
        return json_answer(found)

    return router


def _named(detection: Detection) -> str:
    return f"{detection.objet.type.value} {detection.objet.id!r}"


def _entry(raw: RawRecord) -> Ecriture | None:
    try:
        found = Decoder(ENTRIES).decode(raw)
    except Undecodable:
        return None
    return found if isinstance(found, Ecriture) else None
