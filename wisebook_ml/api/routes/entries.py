"""``/api/ml/detections/{id}/ecriture/`` and ``/api/ml/ecritures/``: entries with their lines, read from Kafka."""

import uuid
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas import Detection, DomaineApplication, Ecriture, Etat, Objet, TypeObjet, detection_id
from schemas.base import MAX_ID
from topics import ENTRIES
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.detection_parameters import Text
from wisebook_ml.api.routes.detections import AvisRead, avis_of, seen
from wisebook_ml.messaging.connect import reach_broker, resolve_bootstrap
from wisebook_ml.messaging.events import Decoder, RawRecord, Undecodable
from wisebook_ml.messaging.reader import read_record
from wisebook_ml.pipeline.entry_search import MOST, find_entries
from wisebook_ml.settings import Settings
from wisebook_ml.storage import DetectionStore, VerdictStore

__all__ = ["EcritureList", "entries_router"]


class EcritureTrouvee(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as it stands, and what was found and said of it.

    `detection_id` is that of its detection, or the one that it would have; `etat` is there where it has one.
    """

    ecriture: Ecriture
    detection_id: uuid.UUID
    etat: Etat | None = None
    avis: AvisRead | None = None


class EcritureList(msgspec.Struct, frozen=True, kw_only=True):
    """The entries that were found, the latest first; with ``"complet": false`` there may be more."""

    count: int
    complet: bool
    results: list[EcritureTrouvee]


class Wanted(BaseModel):
    """What a person knows of an entry."""

    model_config = ConfigDict(extra="forbid")

    societe: int = Field(ge=1, le=MAX_ID, description="Whose entry it is.")
    cherche: Text = Field(description="Its id, its number in the journal, or the reference of a piece of its lines.")
    journal: Text | None = Field(None, description="Only of this journal.")


def entries_router(detections: DetectionStore, verdicts: VerdictStore, settings: Settings, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    detections : DetectionStore
        Knows where the record stands that a detection follows from.
    verdicts : VerdictStore
        Knows what was said of an entry.
    settings : Settings
        Which brokers have it.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml", tags=["detections"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    name = ENTRIES.full_name(settings.topic_prefix)

    @router.get(
        "/detections/{detection_id}/ecriture/",
        summary="The entry of a detection, with its lines, as it was judged",
        responses=returns(Ecriture),
    )
    @BROKERS
    def entry(detection_id: uuid.UUID, call: Reading) -> Response:
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

    @router.get(
        "/ecritures/",
        summary="The entries of a company that have an id, a number or a piece",
        responses=returns(EcritureList),
    )
    @BROKERS
    def search(wanted: Annotated[Wanted, Query()], call: Reading) -> Response:
        company = call.company(wanted.societe)
        entries = find_entries(reach_broker(settings), settings.topic_prefix, company, wanted.cherche, wanted.journal)
        ids = [_id_of(one) for one in entries]
        known = {one.detection.detection_id: one.detection for one in detections.get_many(ids)}
        told = verdicts.standing(ids)
        results = [
            EcritureTrouvee(
                ecriture=one,
                detection_id=id_,
                etat=known[id_].etat if id_ in known else None,
                avis=avis_of(told[id_]) if id_ in told else None,
            )
            for one, id_ in zip(entries, ids, strict=True)
        ]
        return json_answer(EcritureList(count=len(results), complet=len(results) < MOST, results=results))

    return router


def _id_of(entry: Ecriture) -> uuid.UUID:
    objet = Objet(type=TypeObjet.ECRITURE, id=entry.ecriture_id)
    return detection_id(entry.societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet)


def _named(detection: Detection) -> str:
    return f"{detection.objet.type.value} {detection.objet.id!r}"


def _entry(raw: RawRecord) -> Ecriture | None:
    try:
        found = Decoder(ENTRIES).decode(raw)
    except Undecodable:
        return None
    return found if isinstance(found, Ecriture) else None
