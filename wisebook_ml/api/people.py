"""What people do through the API, put together: look at detections, judge them, take note of alerts."""

from fastapi import APIRouter
from sqlalchemy import Engine

from wisebook_ml.api.access import Access
from wisebook_ml.api.detections import detections_router
from wisebook_ml.api.entries import entries_router
from wisebook_ml.api.feed import Feed
from wisebook_ml.api.live import live_router
from wisebook_ml.api.queries import DetectionPages
from wisebook_ml.api.verdicts import verdicts_router
from wisebook_ml.messaging.postbox import Postbox
from wisebook_ml.settings import Settings
from wisebook_ml.storage import VerdictStore

__all__ = ["people_router"]


def people_router(engine: Engine, settings: Settings, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    engine : Engine
        Of the database.
    settings : Settings
        Which brokers.
    access : Access
        The door.
    """
    router = APIRouter()
    detections, verdicts, post = DetectionPages(engine, clock=access.clock), VerdictStore(engine), Postbox(settings)
    router.include_router(live_router(Feed(settings), access))  # first: `flux` stands where ids do
    router.include_router(detections_router(detections, verdicts, access))
    router.include_router(verdicts_router(detections, verdicts, post, access))
    router.include_router(entries_router(detections, settings, access))
    return router
