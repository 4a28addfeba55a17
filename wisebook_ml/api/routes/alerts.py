"""``/api/ml/alertes/``: what companies are alerted to, how it was brought to people, and who has taken note of it."""

import uuid
from enum import StrEnum
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas import Alerte, EtatAlerte, Severite
from schemas.base import MAX_ID
from wisebook_ml.alerting.acknowledging import acknowledgement, acknowledgement_event
from wisebook_ml.alerting.records import record_of
from wisebook_ml.alerting.state import Alert
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.messaging.postbox import Postbox
from wisebook_ml.storage import AlertStore, DeliveryLog, StoredDelivery

__all__ = ["AlerteList", "AlerteRead", "AlerteTaken", "alerts_router"]

SOURCE = "wisebook-ml/api"
"""CloudEvents source of what the API publishes."""

DEFAULT_LIMIT, MAX_LIMIT = 50, 500
MAX_OFFSET = 10_000
"""What is passed over is read all the same."""


class AlerteRead(Alerte, frozen=True, kw_only=True, omit_defaults=True):
    """An alert, and how each of its revisions was brought to each address; addresses are without their secrets."""

    livraisons: list[StoredDelivery]


class AlerteList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of alerts, the latest first; `count` is how many match on all pages."""

    count: int
    results: list[Alerte]


class Note(StrEnum):
    """What became of an acknowledgement."""

    PUBLIE = "PUBLIE"
    """It is on its way: the alerting role takes it within a second."""
    SANS_OBJET = "SANS_OBJET"
    """The alert is acknowledged or resolved already, and nothing was published."""


class AlerteTaken(msgspec.Struct, frozen=True, kw_only=True):
    """An acknowledgement, and what became of it."""

    alerte_id: uuid.UUID
    auteur: str
    statut: Note


class AlertFilter(BaseModel):
    """Which alerts; a misspelt parameter is refused."""

    model_config = ConfigDict(extra="forbid")

    societe: int | None = Field(None, ge=0, le=MAX_ID, description="Only this company's; 0: those of global models.")
    etat: EtatAlerte | None = Field(None, description="Only in this state.")
    severite: Severite | None = Field(None, description="Only of this severity.")
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT, description="Alerts on a page.")
    offset: int = Field(0, ge=0, le=MAX_OFFSET, description="Alerts to pass over before it.")


class NoteGiven(BaseModel):
    """Somebody takes note; the token's name is who."""

    model_config = ConfigDict(extra="forbid")

    revision: int | None = Field(None, ge=1, le=MAX_ID, description="Which they saw; by default the last one.")
    commentaire: str = Field("", max_length=2_000, description="What they say of it.")


def alerts_router(alerts: AlertStore, log: DeliveryLog, post: Postbox, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    alerts, log
        What there is, and how it was delivered.
    post : Postbox
        Publishes acknowledgements.
    access : Access
        The door.
    """
    router = APIRouter(prefix="/api/ml/alertes", tags=["alertes"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

    @router.get("/", summary="Alerts, the latest first", responses=returns(AlerteList))
    def list_(asked: Annotated[AlertFilter, Query()], call: Reading) -> Response:
        whose = call.companies
        if asked.societe is not None:
            whose = frozenset({asked.societe} if call.caller.sees(asked.societe) else ())
        count = alerts.count(whose, everything=True, etat=asked.etat, severite=asked.severite)
        found = alerts.list(
            whose, everything=True, etat=asked.etat, severite=asked.severite, limit=asked.limit, offset=asked.offset
        )
        return json_answer(AlerteList(count=count, results=[record_of(one) for one in found]))

    @router.get("/{alerte_id}/", summary="One alert with its deliveries", responses=returns(AlerteRead))
    def read(alerte_id: uuid.UUID, call: Reading) -> Response:
        found = _seen(alerts, alerte_id, call)
        sent = log.list(found.societe_id, alerte=alerte_id.hex)
        return json_answer(AlerteRead(**msgspec.structs.asdict(record_of(found)), livraisons=list(sent)))

    @router.post(
        "/{alerte_id}/acquittement/",
        summary="Take note of an alert: it is not escalated any more",
        status_code=202,
        responses=returns(AlerteTaken, 202) | returns(AlerteTaken),
    )
    @BROKERS
    def take_note(alerte_id: uuid.UUID, given: NoteGiven, call: Annotated[Call, Depends(access.verdict)]) -> Response:
        found = _seen(alerts, alerte_id, call)
        author = call.caller.name
        if found.etat is not EtatAlerte.OUVERTE:
            return json_answer(AlerteTaken(alerte_id=alerte_id, auteur=author, statut=Note.SANS_OBJET))
        try:
            wanted = acknowledgement(found, author, given.commentaire, given.revision)
        except ValueError as error:
            raise HTTPException(400, str(error)) from error
        post.send(acknowledgement_event(wanted, str(call.operation_id), SOURCE))
        taken = AlerteTaken(alerte_id=alerte_id, auteur=author, statut=Note.PUBLIE)
        return json_answer(taken, 202, {"Location": f"/api/ml/alertes/{alerte_id}/"})

    return router


def _seen(alerts: AlertStore, alerte_id: uuid.UUID, call: Call) -> Alert:
    found = alerts.get(alerte_id, call.companies)
    if found is None:
        raise HTTPException(404, f"This token sees no alert {alerte_id}.")
    call.company(found.societe_id)  # the audit log tells whose it is
    return found
