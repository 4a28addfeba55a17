"""Keys of pseudonyms as commands find them: in the database, and opened by the settings' master key."""

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import make_url

from wisebook_ml.pseudonyms import MasterKey, Pseudonymiser
from wisebook_ml.settings import Settings
from wisebook_ml.storage import PseudonymKeys, open_database

__all__ = ["master_key", "pseudonymisers"]


def master_key(settings: Settings) -> MasterKey:
    """Return the master key.

    Raises
    ------
    MasterKeyError
        Where there is none, or it is none.
    """
    return MasterKey(settings.pseudonym_key.get_secret_value(), settings.pseudonym_key_before.get_secret_value())


def pseudonymisers(settings: Settings, companies: Iterable[int]) -> dict[int, Pseudonymiser]:
    """Return what makes the pseudonyms of those companies whose names are to be pseudonyms.

    Raises
    ------
    PseudonymError
        Where a key was erased, or does not open: the names must not go out in clear instead.
    StorageError
        Where the database does not tell.
    """
    if not _exists(settings.sql_url):
        return {}
    engine = open_database(settings.sql_url)
    try:
        keys = PseudonymKeys(engine)
        found = {company: kept for company in companies if (kept := keys.current(company)) is not None}
    finally:
        engine.dispose()
    if not found:
        return {}
    master = master_key(settings)
    return {company: master.pseudonymiser(kept) for company, kept in found.items()}


def _exists(url: str) -> bool:
    """Tell whether there may be keys: a SQLite file that nobody has made yet has none."""
    if not url.startswith("sqlite"):
        return True
    database = make_url(url).database
    return database is not None and Path(database).exists()
