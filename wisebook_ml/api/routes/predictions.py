"""``/api/ml/modeles/…``: what champions say, what they look at, and what they want to be told."""

import datetime as dt
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Response

from schemas import DomaineApplication, TypeModele
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import PREDICTIONS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.model_parameters import ModeleId
from wisebook_ml.api.routes.model_queries import ModelPages
from wisebook_ml.api.routes.model_versions import usable
from wisebook_ml.api.routes.models import PREFIX, seen_model
from wisebook_ml.api.routes.prediction_question import QUESTION_BODY, question_of, sent_body
from wisebook_ml.inference import FIELDS, NoChampion, PredictionDesk
from wisebook_ml.services.base import BaseMLService, NotDefined
from wisebook_ml.services.catalogue import DOMAINES, MissingLibrary, require, service_class
from wisebook_ml.storage import Modele

__all__ = ["Importance", "PredictionLue", "TypeList", "predictions_router"]


class Champ(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a row: its name, what it holds, and whether a row must have it (its value may be null)."""

    nom: str
    type: str
    requis: bool
    description: str


class TypeLu(msgspec.Struct, frozen=True, kw_only=True):
    """An algorithm: what it is for, what `predict` wants of each row, which parameters it has (a JSON Schema).

    `serie` says that its rows are days, and that days that were not sent are taken from the company's own series;
    `installer` what to do where its libraries are not installed.
    """

    type: TypeModele
    domaine: DomaineApplication
    serie: bool
    installe: bool
    installer: str
    champs: list[Champ]
    parametres: dict[str, Any] | None


class TypeList(msgspec.Struct, frozen=True, kw_only=True):
    """All algorithms."""

    results: list[TypeLu]


class ModeleInterroge(msgspec.Struct, frozen=True, kw_only=True):
    """A model, and which version of it has answered."""

    id: int
    nom: str
    type: TypeModele
    version: int


class Historique(msgspec.Struct, frozen=True, kw_only=True):
    """Days of the company's own series that a forecast goes on from."""

    du: dt.date
    au: dt.date


class PredictionLue(msgspec.Struct, frozen=True, kw_only=True):
    """What the champion says: one object for each row that was sent; of a forecast, one for each day ahead.

    `historique` names the days that were taken from the company's own series; null where none were.
    """

    modele: ModeleInterroge
    predictions: list[dict[str, Any]]
    historique: Historique | None


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """How much each accounting attribute decides; the shares sum to 1."""

    modele: ModeleInterroge
    feature_importance: dict[str, float]


def predictions_router(desk: PredictionDesk, pages: ModelPages, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    desk : PredictionDesk
        Who predicts.
    pages : ModelPages
        Where models are read.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

    @router.get("/types/", summary="The algorithms: their fields and parameters", responses=returns(TypeList))
    def types(_call: Reading) -> Response:
        return json_answer(TypeList(results=[_type(kind) for kind in TypeModele]))

    @router.post(
        "/{modele_id:int}/predict/",
        summary="What the champion says of rows; `types/` says which fields it wants",
        responses=returns(PredictionLue),
        openapi_extra=QUESTION_BODY,
    )
    @PREDICTIONS
    def predict(modele_id: ModeleId, call: Reading, body: Annotated[bytes, Depends(sent_body)]) -> Response:
        asked = question_of(body)
        model = seen_model(pages, call, modele_id)
        number, service = _champion(desk, model)
        try:
            made = desk.predict(model, number, service, asked.data)
        except ValueError as error:  # of what was sent: what the algorithm can and cannot read, it says itself
            raise HTTPException(422, f"data: {error}") from error
        known = None if made.known is None else Historique(du=made.known[0], au=made.known[1])
        return json_answer(PredictionLue(modele=_used(model, number), predictions=made.rows, historique=known))

    @router.get(
        "/{modele_id:int}/feature_importance/",
        summary="How much each accounting attribute decides in the champion",
        responses=returns(Importance),
    )
    @PREDICTIONS
    def importance(modele_id: ModeleId, call: Reading) -> Response:
        model = seen_model(pages, call, modele_id)
        number, service = _champion(desk, model)
        try:
            shares = service.feature_importance()
        except NotDefined as error:
            raise HTTPException(404, f"{error}.") from error
        return json_answer(Importance(modele=_used(model, number), feature_importance=dict(shares)))

    return router


def _champion(desk: PredictionDesk, model: Modele) -> tuple[int, BaseMLService]:
    try:
        with usable(f"Version {model.version_courante} of model {model.id}"):
            return desk.service(model)
    except NoChampion as error:
        raise HTTPException(409, str(error)) from error


def _used(model: Modele, number: int) -> ModeleInterroge:
    return ModeleInterroge(id=model.id, nom=model.nom, type=model.type_modele, version=number)


def _type(kind: TypeModele) -> TypeLu:
    try:
        require(kind)
        missing = ""
    except MissingLibrary as error:
        missing = str(error)
    try:
        parametres = msgspec.json.schema(service_class(kind).parameters, ref_template="#/$defs/{name}")
    except MissingLibrary:
        parametres = None
    return TypeLu(
        type=kind,
        domaine=DOMAINES[kind],
        serie=DOMAINES[kind] is DomaineApplication.FLUX_TRESORERIE,
        installe=not missing,
        installer=missing,
        champs=[
            Champ(nom=one.nom, type=one.type.value, requis=one.requis, description=one.description)
            for one in FIELDS[kind]
        ],
        parametres=parametres,
    )
