"""``/api/ml/modeles/``: the models that a token may see: what they are, how good, and what is to be done about them."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from schemas import Statut, TypeModele
from wisebook_ml.api.access import SAFE, Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.model_parameters import ModelChange, ModeleId, ModelFilter, NewModel
from wisebook_ml.api.model_queries import ModelPages
from wisebook_ml.api.route import Route, check_match
from wisebook_ml.services.catalogue import DOMAINES
from wisebook_ml.storage import Modele, ModelRegistry, Promotion, RecordedVersion
from wisebook_ml.training.creation import check_parameters

__all__ = [
    "Dashboard",
    "ModeleList",
    "Performance",
    "VersionList",
    "models_router",
    "seen_model",
    "visible",
]

PREFIX = "/api/ml/modeles"

ACTIVE = frozenset(Statut) - {Statut.ARCHIVE}


class ModeleList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of models; `count` is how many match on all pages."""

    count: int
    results: list[Modele]


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of a model, oldest first, and who was put in charge when, by whom and why."""

    versions: list[RecordedVersion]
    promotions: list[Promotion]


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """How many models there are: those not archived, those that predict, those in training, those that are due."""

    total_models: int
    active_models: int
    ready_models: int
    training_models: int
    needs_retraining: int


class Dashboard(msgspec.Struct, frozen=True, kw_only=True):
    """The models at a glance."""

    summary: Summary
    models_by_type: dict[TypeModele, int]


class ModeleMesure(msgspec.Struct, frozen=True, kw_only=True):
    """A model that was measured; `age_days` counts from when its champion was made, and is null without one."""

    id: int
    nom: str
    type: TypeModele
    accuracy: float | None
    age_days: int | None


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """How good a model's champion was on rows that it had not learnt from, and whether it is due to be trained."""

    modele: ModeleMesure
    metrics: dict[str, Any]
    needs_retraining: bool


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


def models_router(
    registry: ModelRegistry, pages: ModelPages, access: Access, clock: Callable[[], dt.datetime]
) -> APIRouter:
    """Return the routes that read and change what the registry says.

    Parameters
    ----------
    registry : ModelRegistry
        Where models are created and changed.
    pages : ModelPages
        Where they are read.
    access : Access
        The door.
    clock : callable
        Tells the present moment, for the age of models.
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

    @router.get("/dashboard/", summary="The models at a glance", responses=returns(Dashboard))
    def dashboard(call: Reading) -> Response:
        states, types = pages.counts(call.companies)
        summary = Summary(
            total_models=sum(states.values()),
            active_models=sum(number for statut, number in states.items() if statut in ACTIVE),
            ready_models=states.get(Statut.PRET, 0),
            training_models=states.get(Statut.EN_ENTRAINEMENT, 0),
            needs_retraining=len(pages.due(call.companies)),
        )
        return json_answer(Dashboard(summary=summary, models_by_type=dict(sorted(types.items()))))

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

    @router.get(
        "/{modele_id:int}/versions/",
        summary="Its versions, and which was in charge when",
        responses=returns(VersionList),
    )
    def versions(modele_id: ModeleId, call: Reading) -> Response:
        model = seen_model(pages, call, modele_id)
        return json_answer(
            VersionList(versions=list(registry.versions(model.id)), promotions=list(registry.history(model.id)))
        )

    @router.get("/{modele_id:int}/performance/", summary="How good its champion is", responses=returns(Performance))
    def performance(modele_id: ModeleId, call: Reading) -> Response:
        model = seen_model(pages, call, modele_id)
        age: int | None = None
        if model.version_courante is not None:
            made = registry.version(model.id, model.version_courante).created_at
            age = max(0, (clock() - made).days)
        measured = ModeleMesure(
            id=model.id, nom=model.nom, type=model.type_modele, accuracy=model.accuracy, age_days=age
        )
        due = model.id in pages.due(frozenset({model.societe_id}))
        return json_answer(Performance(modele=measured, metrics=model.metrics, needs_retraining=due))

    return router
