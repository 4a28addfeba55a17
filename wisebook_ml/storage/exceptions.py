"""What can go wrong with the database. Each message says what to do about it."""

__all__ = [
    "DatabaseUnreachable",
    "ForeignRow",
    "MigrationMismatch",
    "ModelInTraining",
    "ModelNotFound",
    "NameTaken",
    "NoEarlierChampion",
    "StorageError",
    "UnsupportedDatabase",
    "VersionConflict",
]


class StorageError(Exception):
    """Base of all errors of `wisebook_ml.storage`."""


class UnsupportedDatabase(StorageError):
    """The URL names neither SQLite nor PostgreSQL."""


class DatabaseUnreachable(StorageError):
    """The database does not answer, stays locked, or ended the connection; the same call may succeed later."""


class ForeignRow(StorageError):
    """A row is another company's, since a moment ago; who tries again finds it so."""


class MigrationMismatch(StorageError):
    """The database's tables are not those that this version of the program works with."""


class ModelNotFound(StorageError):
    """No model, or no version of it, has this number."""


class NameTaken(StorageError):
    """The company has a model of this name already."""


class NoEarlierChampion(StorageError):
    """A model has had no champion before the one it has, so that there is none to go back to."""


class ModelInTraining(StorageError):
    """A model cannot be archived while it is trained."""


class VersionConflict(StorageError):
    """A model version is immutable, and another one is recorded under its number."""
