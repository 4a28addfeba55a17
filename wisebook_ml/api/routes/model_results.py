"""``/api/ml/modeles/dashboard/`` and ``{id}/performance/``: how good models are, and which are due to be trained."""

import datetime as dt
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Response

from schemas import Statut, TypeModele
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.model_parameters import ModeleId
from wisebook_ml.api.routes.model_queries import ModelPages
from wisebook_ml.api.routes.models import PREFIX, seen_model
from wisebook_ml.storage import ModelRegistry

__all__ = ["Dashboard", "Performance", "results_router"]

ACTIVE = frozenset(Statut) - {Statut.ARCHIVE}


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


def results_router(
    registry: ModelRegistry, pages: ModelPages, access: Access, clock: Callable[[], dt.datetime]
) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    registry : ModelRegistry
        Where versions are read.
    pages : ModelPages
        Where models are.
    access : Access
        The door.
    clock : callable
        Tells the present moment, for the age of models.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]

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
