"""What people do through the API, put together: look at detections, judge them, take note of alerts."""

from fastapi import APIRouter
from sqlalchemy import Engine

from wisebook_ml.api.access import Access
from wisebook_ml.api.feed import Feed
from wisebook_ml.api.routes.alerts import AlerteList, AlerteRead, AlerteTaken, alerts_router
from wisebook_ml.api.routes.audit import AuditList, audit_router
from wisebook_ml.api.routes.companies import SocieteList, companies_router
from wisebook_ml.api.routes.company_settings import company_settings_router
from wisebook_ml.api.routes.detections import DetectionList, detections_router
from wisebook_ml.api.routes.entries import EcritureList, entries_router
from wisebook_ml.api.routes.export import export_router
from wisebook_ml.api.routes.live import live_router
from wisebook_ml.api.routes.verdicts import AvisList, AvisTaken, verdicts_router
from wisebook_ml.api.streams import Streams
from wisebook_ml.messaging.postbox import Postbox
from wisebook_ml.settings import Settings
from wisebook_ml.storage import AlertStore, AuditLog, DeliveryLog, SettingsStore, VerdictStore
from wisebook_ml.storage.detection_pages import DetectionPages

__all__ = ["PEOPLE", "people_router"]

PEOPLE = (DetectionList, EcritureList, AvisList, AvisTaken, AlerteList, AlerteRead, AlerteTaken, SocieteList, AuditList)
"""Bodies that the API's document describes."""


def people_router(engine: Engine, settings: Settings, streams: Streams, access: Access) -> APIRouter:
    """Return the routes.

    Parameters
    ----------
    engine : Engine
        Of the database.
    settings : Settings
        Which brokers.
    streams : Streams
        Opens streams of events.
    access : Access
        The door.
    """
    router = APIRouter()
    detections, verdicts, post = DetectionPages(engine, clock=access.clock), VerdictStore(engine), Postbox(settings)
    router.include_router(live_router(Feed(settings), streams, access))  # first: `flux` stands where ids do
    router.include_router(detections_router(detections, verdicts, access))
    router.include_router(verdicts_router(detections, verdicts, post, access))
    router.include_router(entries_router(detections, verdicts, settings, access))
    router.include_router(alerts_router(AlertStore(engine), DeliveryLog(engine), post, access))
    versions = SettingsStore(engine)
    router.include_router(companies_router(detections, versions, access))
    router.include_router(company_settings_router(versions, settings, access))
    router.include_router(export_router(engine, access))
    router.include_router(audit_router(AuditLog(engine), access))
    return router
