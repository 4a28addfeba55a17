"""The API as an ASGI application."""

import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import msgspec
from fastapi import Depends, FastAPI, Response

from schemas import Alerte, Derive, Ecriture, ExecutionMinuterie, Parametres, Record, Statistique
from schemas.json_schema import components
from wisebook_ml import __version__
from wisebook_ml.api.access import Access
from wisebook_ml.api.answers import REF
from wisebook_ml.api.limits import BodyLimit
from wisebook_ml.api.pages import pages_router
from wisebook_ml.api.problems import MEDIA_TYPE, Problem, install_problems
from wisebook_ml.api.proxies import install_proxies
from wisebook_ml.api.reference import reference_router
from wisebook_ml.api.route import install_access
from wisebook_ml.api.routes.about_detections import PEOPLE, people_router
from wisebook_ml.api.routes.about_models import BODIES, workshop_router
from wisebook_ml.api.routes.detections import DetectionRead
from wisebook_ml.api.routes.operations import OPERATIONS_BODIES, install_operations
from wisebook_ml.api.routes.statistics import Rapport, StatistiqueList, statistics_router
from wisebook_ml.api.routes.treasury import treasury_router
from wisebook_ml.api.streams import Streams
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.pipeline.learners import Learners
from wisebook_ml.pseudonyms import Keyring
from wisebook_ml.settings import Settings
from wisebook_ml.storage import (
    AuditLog,
    IdempotencyStore,
    PseudonymKeys,
    SettingsStore,
    StatisticsStore,
    TokenStore,
    open_database,
)
from wisebook_ml.treasury_desk.desk import TreasuryDesk
from wisebook_ml.treasury_desk.rules import rules_of
from wisebook_ml.treasury_desk.source import cash_from_topics
from wisebook_ml.windows.view import WindowView

__all__ = ["create_api"]


def create_api(settings: Settings, *, clock: Callable[[], dt.datetime] = utc_now) -> FastAPI:
    """Return the API over the settings' database, whose tables are brought up to date.

    Parameters
    ----------
    settings : Settings
        Which database and brokers, and how much may be asked.
    clock : callable
        Tells the present moment, for ``recent``.

    Raises
    ------
    StorageError
        When the database cannot be used at all. One that goes away later is answered with 503 until it is back.
    """
    engine = open_database(settings.sql_url)
    access = Access(TokenStore(engine), settings.api_rate, clock)
    learners, streams = Learners(), Streams()
    versions = SettingsStore(engine)
    desk = TreasuryDesk(
        lambda societe_id, books: cash_from_topics(societe_id, settings, books=books),
        learners.start,
        lambda societe_id: rules_of(versions, societe_id),
    )

    @cache
    def windows() -> WindowView:
        return WindowView(resolve_bootstrap(settings), settings.topic_prefix)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        learners.close()
        engine.dispose()

    app = FastAPI(
        title="WiseBook ML",
        version=__version__,
        lifespan=lifespan,
        responses={"default": _problem_response()},
        # FastAPI's own pages would need no token, and load their scripts from other people's servers.
        openapi_url=None,
    )
    install_problems(app)
    master, before = (one.get_secret_value() for one in (settings.pseudonym_key, settings.pseudonym_key_before))
    keyring = Keyring(PseudonymKeys(engine), master, before)
    install_access(app, access, AuditLog(engine), IdempotencyStore(engine), keyring)
    app.add_middleware(BodyLimit, most=settings.api_body_mb * 1_000_000)
    app.include_router(people_router(engine, settings, streams, access))
    app.include_router(treasury_router(desk, access))
    app.include_router(workshop_router(settings, engine, streams, access, clock))
    app.include_router(reference_router(lambda: _document(app), access))
    app.include_router(statistics_router(StatisticsStore(engine), windows, access))
    app.include_router(pages_router(access))
    install_operations(app, settings, engine, access, clock)
    install_proxies(app, settings)

    @app.get("/api/ml/openapi.json", include_in_schema=False, dependencies=[Depends(access.read)])
    def openapi() -> Response:
        return Response(msgspec.json.encode(_document(app)), media_type="application/json")

    return app


def _document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the bodies described as the contracts describe them."""
    document = app.openapi()
    described = document.setdefault("components", {}).setdefault("schemas", {})
    records: list[type[Record]] = [
        DetectionRead, Alerte, Ecriture, Parametres, Statistique, Derive, ExecutionMinuterie
    ]  # fmt: skip
    described.update(components(records, REF))
    bodies = [*PEOPLE, *BODIES, *OPERATIONS_BODIES, StatistiqueList, Rapport, Problem]
    described.update(msgspec.json.schema_components(bodies, ref_template=REF)[1] | described)
    return document


def _problem_response() -> dict[str, Any]:
    return {
        "description": "What went wrong, in words (RFC 9457).",
        "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(name=Problem.__name__)}}},
    }
