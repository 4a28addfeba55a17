"""``/api/ml/modeles/{id}/versions/``, ``promote/`` and ``rollback/``: which version of a model is in charge."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Response

from schemas import VersionModele
from wisebook_ml.api.access import Access, Call
from wisebook_ml.api.answers import json_answer, returns
from wisebook_ml.api.lanes import BROKERS
from wisebook_ml.api.route import Route
from wisebook_ml.api.routes.model_parameters import ModeleId, PromotionQuestion, ReasonGiven
from wisebook_ml.api.routes.model_queries import ModelPages
from wisebook_ml.api.routes.models import PREFIX, seen_model
from wisebook_ml.messaging.connect import reach_broker
from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.settings import Settings
from wisebook_ml.storage import ModelRegistry, Promotion, RecordedVersion
from wisebook_ml.storage.champions import earlier_champion
from wisebook_ml.training.promotion import promote as put_in_force
from wisebook_ml.training.promotion import rollback as go_back

__all__ = ["VersionList", "usable", "versions_router"]

LOGGER = logging.getLogger(__name__)


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of a model, oldest first, and who was put in charge when, by whom and why."""

    versions: list[RecordedVersion]
    promotions: list[Promotion]


def versions_router(settings: Settings, registry: ModelRegistry, pages: ModelPages, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    settings : Settings
        The deployment's: its brokers, topics and artefacts.
    registry : ModelRegistry
        The models.
    pages : ModelPages
        What of models a token sees.
    access : Access
        The door.
    """
    router = APIRouter(prefix=PREFIX, tags=["modeles"], route_class=Route)
    Reading = Annotated[Call, Depends(access.read)]
    Training = Annotated[Call, Depends(access.train)]

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

    @router.post(
        "/{modele_id:int}/promote/",
        summary="Put a version in charge, whatever the gate said",
        responses=returns(VersionModele),
    )
    @BROKERS
    def promote(modele_id: ModeleId, wanted: PromotionQuestion, call: Training) -> Response:
        model = seen_model(pages, call, modele_id)
        registry.version(model.id, wanted.version)  # said before the brokers are asked for
        with usable(f"Version {wanted.version} of model {model.id}"):
            now = put_in_force(
                settings,
                reach_broker(settings),
                model.id,
                wanted.version,
                par=call.caller.name,
                motif=wanted.motif,
                registry=registry,
            )
        return json_answer(now)

    @router.post(
        "/{modele_id:int}/rollback/",
        summary="Put the champion before in charge again",
        responses=returns(VersionModele),
    )
    @BROKERS
    def rollback(modele_id: ModeleId, call: Training, wanted: ReasonGiven | None = None) -> Response:
        model = seen_model(pages, call, modele_id)
        earlier_champion(model, registry.history(model.id))
        motif = wanted.motif if wanted else ""
        with usable(f"The champion before of model {model.id}"):
            now = go_back(
                settings, reach_broker(settings), model.id, par=call.caller.name, motif=motif, registry=registry
            )
        return json_answer(now)

    return router


@contextmanager
def usable(what: str) -> Iterator[None]:
    """Say that an artefact cannot be used, and no more of where it is than the log does.

    Raises
    ------
    HTTPException
        409 where it is missing, was altered or is of another release; 503 where the store does not answer.
    """
    try:
        yield
    except MissingLibrary:
        raise
    except ValueError as error:
        LOGGER.warning("%s: %s", what, error)
        raise HTTPException(
            409,
            f"{what} cannot be used: its artefact is missing, was altered, or is of other libraries; the log of this "
            "service says which. Train the model again, or promote another version.",
        ) from error
    except OSError as error:
        LOGGER.warning("%s: %s", what, error)
        raise HTTPException(
            503, "The store of the models does not answer; try again in a moment.", {"Retry-After": "5"}
        ) from error
