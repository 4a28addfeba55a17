"""``/api/ml/modeles/``: the models that a token may see: listed, created, read and changed."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from wisebook_ml.api.access import SAFE, Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.route import Route, check_match
from wisebook_ml.api.routes.model_parameters import ModelChange, ModeleId, ModelFilter, NewModel
from wisebook_ml.api.routes.model_queries import ModelPages
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.storage import Modele, ModelRegistry
from wisebook_ml.training.creation import check_parameters

__all__ = ["PREFIX", "ModeleList", "models_router", "seen_model", "visible"]

PREFIX = "/api/ml/modeles"


class ModeleList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of models; `count` is how many match on all pages."""

    count: int
    results: list[Modele]


def seen_model(pages: ModelPages, call: Call, modele_id: int) -> Modele:
    """Return a model that the caller sees, and note its company for the audit log.

    Raises
    ------
    HTTPException
        404 where it does not see it: the same whether there is such a model. 412 where something is to be done about a
        model that is no longer as the caller read it.
    """
    model = pages.get(modele_id, call.companies)
    if model is None:
        raise HTTPException(404, f"This token sees no model {modele_id}.")
    call.company(model.societe_id)
    if call.request.method not in SAFE:
        check_match(call.request, bytes(json_answer(model).body))
    return model


def visible(call: Call, societe: int | None) -> frozenset[int] | None:
    """Return the asked company as far as the token sees it; of one that it does not see there is nothing for it."""
    if societe is None:
        return call.companies
    return frozenset({societe} if call.caller.sees(societe) else ())


def models_router(registry: ModelRegistry, pages: ModelPages, access: Access) -> APIRouter:
    """Return the routes that read and change what the registry says.

    Parameters
    ----------
    registry : ModelRegistry
        Where models are created and changed.
    pages : ModelPages
        Where they are read.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Training = Annotated[Call, Depends(access.train)]

    @router.get("/", summary="Models, by number", responses=returns(ModeleList))
    def list_(filters: Annotated[ModelFilter, Query()], call: Reading) -> Response:
        count, found = pages.page(
            visible(call, filters.societe),
            limit=filters.limit,
            offset=filters.offset,
            type_modele=filters.type,
            statut=filters.statut,
            domaine=filters.domaine,
        )
        return json_answer(ModeleList(count=count, results=list(found)))

    @router.post("/", status_code=201, summary="Create a model, as a draft", responses=returns(Modele, 201))
    def create(new: NewModel, call: Training) -> Response:
        company = call.company(new.societe_id)
        check_parameters(new.type_modele, new.parametres_modele)
        model = registry.create(
            company,
            new.nom,
            new.type_modele,
            new.domaine_application or DOMAINES[new.type_modele],
            new.parametres_modele,
            description=new.description,
            reentrainement_auto=new.reentrainement_auto,
            frequence_reentrainement=new.frequence_reentrainement,
        )
        return json_answer(model, 201, {"Location": f"{PREFIX}/{model.id}/"})

    @router.get("/{modele_id:int}/", summary="One model", responses=returns(Modele))
    def read(modele_id: ModeleId, call: Reading) -> Response:
        return json_answer(seen_model(pages, call, modele_id))

    @router.patch("/{modele_id:int}/", summary="Change a model, from its next training on", responses=returns(Modele))
    def change(modele_id: ModeleId, wanted: ModelChange, request: Request, call: Training) -> Response:
        model = seen_model(pages, call, modele_id)
        if wanted.parametres_modele is not None:
            check_parameters(model.type_modele, wanted.parametres_modele)
        changed = registry.update(
            model.id,
            nom=wanted.nom,
            description=wanted.description,
            parametres=wanted.parametres_modele,
            reentrainement_auto=wanted.reentrainement_auto,
            frequence_reentrainement=wanted.frequence_reentrainement,
            check=lambda now: check_match(request, bytes(json_answer(now).body)),
        )
        return json_answer(changed)

    return router
