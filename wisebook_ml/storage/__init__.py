"""What is kept in SQL: detections for those who ask, and the registry of models and their versions."""

from sqlalchemy import Engine

from wisebook_ml.storage.detections import DetectionStore, StoredDetection
from wisebook_ml.storage.engine import create_engine
from wisebook_ml.storage.exceptions import (
    DatabaseUnreachable,
    MigrationMismatch,
    ModelNotFound,
    StorageError,
    UnsupportedDatabase,
    VersionConflict,
)
from wisebook_ml.storage.migrations import upgrade
from wisebook_ml.storage.models import Modele, ModelRegistry, RecordedVersion

__all__ = [
    "DatabaseUnreachable",
    "DetectionStore",
    "MigrationMismatch",
    "ModelNotFound",
    "ModelRegistry",
    "Modele",
    "RecordedVersion",
    "StorageError",
    "StoredDetection",
    "UnsupportedDatabase",
    "VersionConflict",
    "create_engine",
    "open_database",
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
