"""What is kept in SQL: detections and statistics for those who ask, models and their trainings, settings."""

from sqlalchemy import Engine

from wisebook_ml.storage.alerts import AlertStore
from wisebook_ml.storage.audit import AuditEntry, AuditLog, Source
from wisebook_ml.storage.campaigns import CampaignStore, Claim, LeaseLost
from wisebook_ml.storage.champions import Modele, Promotion, RecordedVersion
from wisebook_ml.storage.deliveries import DeliveryClaim, DeliveryStore, Issued
from wisebook_ml.storage.delivery_log import DeliveryLog, StoredDelivery
from wisebook_ml.storage.detections import DetectionStore, StoredDetection, not_its_own
from wisebook_ml.storage.drift import DriftStore
from wisebook_ml.storage.engine import create_engine
from wisebook_ml.storage.exceptions import (
    DatabaseUnreachable,
    ForeignRow,
    MigrationMismatch,
    ModelInTraining,
    ModelNotFound,
    NameTaken,
    NoEarlierChampion,
    StorageError,
    UnsupportedDatabase,
    VersionConflict,
)
from wisebook_ml.storage.idempotency import Answer, IdempotencyStore, Refusal, Work
from wisebook_ml.storage.migrations import upgrade
from wisebook_ml.storage.models import ModelRegistry
from wisebook_ml.storage.parametres import SettingsStore, StoredSettings
from wisebook_ml.storage.pseudonym_keys import KeyHistory, PseudonymKeys
from wisebook_ml.storage.retention import count_old, purge
from wisebook_ml.storage.statistics import StatisticsStore
from wisebook_ml.storage.timer_runs import TimerRunStore
from wisebook_ml.storage.tokens import StoredToken, TokenStore
from wisebook_ml.storage.trainings import Entrainement, last_trainings
from wisebook_ml.storage.verdicts import VerdictStore

__all__ = [
    "AlertStore",
    "Answer",
    "AuditEntry",
    "AuditLog",
    "CampaignStore",
    "Claim",
    "DatabaseUnreachable",
    "DeliveryClaim",
    "DeliveryLog",
    "DeliveryStore",
    "DetectionStore",
    "DriftStore",
    "Entrainement",
    "ForeignRow",
    "IdempotencyStore",
    "Issued",
    "KeyHistory",
    "LeaseLost",
    "MigrationMismatch",
    "ModelInTraining",
    "ModelNotFound",
    "ModelRegistry",
    "Modele",
    "NameTaken",
    "NoEarlierChampion",
    "Promotion",
    "PseudonymKeys",
    "RecordedVersion",
    "Refusal",
    "SettingsStore",
    "Source",
    "StatisticsStore",
    "StorageError",
    "StoredDelivery",
    "StoredDetection",
    "StoredSettings",
    "StoredToken",
    "TimerRunStore",
    "TokenStore",
    "UnsupportedDatabase",
    "VerdictStore",
    "VersionConflict",
    "Work",
    "count_old",
    "create_engine",
    "last_trainings",
    "not_its_own",
    "open_database",
    "purge",
    "upgrade",
]


def open_database(url: str) -> Engine:
    """Return an engine for a database URL whose tables are up to date.

    Raises
    ------
    StorageError
        One of its subclasses; the message says what to do.
    """
    engine = create_engine(url)
    upgrade(engine)
    return engine
