"""The keys of companies: made once, found by their id, and erased for good."""

import datetime as dt
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from wisebook_ml.pseudonyms import KeyErased, MasterKey, Wrapped, new_key
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.pseudonym_tables import ClePseudonyme as Row

__all__ = ["KeyHistory", "PseudonymKeys"]


class KeyHistory(NamedTuple):
    """A key that there is or was."""

    societe_id: int
    key_id: str
    created: dt.datetime
    erased: dt.datetime | None


class PseudonymKeys:
    """Keeps the keys, each wrapped by the master key.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def enable(self, societe_id: int, master: MasterKey, now: dt.datetime) -> tuple[Wrapped, bool]:
        """Return a company's key in force, and whether it was made just now.

        Raises
        ------
        MasterKeyError
            Where there is one that does not open with this master key.
        """
        try:
            with writing(self._engine) as connection:
                found = self._in_force(connection, societe_id)
                if found is None:
                    key_id, key = new_key()
                    kept = Wrapped(societe_id, key_id, master.wrap(societe_id, key_id, key))
                    row = {"cle_id": key_id, "societe_id": societe_id, "cle": kept.wrapped, "cree_le": now}
                    connection.execute(insert(Row).values(row))
                    return kept, True
        except IntegrityError:  # another process was quicker
            with reading(self._engine) as connection:
                found = self._in_force(connection, societe_id)
            if found is None:
                raise
        master.pseudonymiser(found)
        return found, False

    def current(self, societe_id: int) -> Wrapped | None:
        """Return the key that a company's names are pseudonymised with; None where they never were.

        Raises
        ------
        KeyErased
            Where there was one: names must not go out in clear because it is gone.
        """
        with reading(self._engine) as connection:
            found = self._in_force(connection, societe_id)
        if found is not None:
            return found
        if erased := [one for one in self.history(societe_id) if one.erased is not None]:
            raise KeyErased(
                f"The key of company {societe_id} was erased on {erased[-1].erased:%Y-%m-%d}, and its names are not "
                f"published in clear instead; `wisebook-ml pseudonyms enable --societe {societe_id}` makes a new key."
            )
        return None

    def find(self, key_ids: Collection[str]) -> Sequence[Wrapped]:
        """Return the keys with some ids, but for those that were erased."""
        if not key_ids:
            return []
        columns = Row.societe_id, Row.cle_id, Row.cle
        with reading(self._engine) as connection:
            rows = connection.execute(select(*columns).where(Row.cle_id.in_(key_ids), Row.cle.is_not(None)))
            return [Wrapped(*row) for row in rows]

    def history(self, societe_id: int | None = None) -> Sequence[KeyHistory]:
        """Return the keys that there are and were, of a company or of all, the oldest first."""
        query = select(Row.societe_id, Row.cle_id, Row.cree_le, Row.efface_le).order_by(Row.societe_id, Row.cree_le)
        if societe_id is not None:
            query = query.where(Row.societe_id == societe_id)
        with reading(self._engine) as connection:
            return [KeyHistory(*row) for row in connection.execute(query)]

    def rotate(self, master: MasterKey) -> tuple[int, int]:
        """Wrap all keys by a new master key, in one transaction; return how many were not yet, and how many there are.

        SQLite overwrites what it held (see `erase`).

        Raises
        ------
        MasterKeyError
            Where one opens neither with the new master key nor with the one before: nothing is changed.
        """
        query = select(Row.societe_id, Row.cle_id, Row.cle).where(Row.cle.is_not(None)).with_for_update()
        with self._overwriting() as connection:
            kept = [Wrapped(*row) for row in connection.execute(query)]
            anew = {one.key_id: wrapped for one in kept if (wrapped := master.wrapped_anew(one)) is not None}
            for key_id, wrapped in anew.items():
                connection.execute(update(Row).where(Row.cle_id == key_id).values(cle=wrapped))
        return len(anew), len(kept)

    def erase(self, societe_id: int, now: dt.datetime) -> str | None:
        """Delete the key of a company, and return its id; None where there is none.

        SQLite overwrites what it held, in the file and in its log. PostgreSQL keeps old rows until a vacuum, and both
        live on in backups: `docs/privacy.md` says what to do about these.
        """
        with self._overwriting() as connection:
            found = self._in_force(connection, societe_id)
            if found is None:
                return None
            connection.execute(update(Row).where(Row.cle_id == found.key_id).values(cle=None, efface_le=now))
        return found.key_id

    @contextmanager
    def _overwriting(self) -> Iterator[Connection]:
        """Run changes after which a SQLite file, and its log, do not have what was there before."""
        lite = self._engine.dialect.name == "sqlite"
        with writing(self._engine) as connection:
            if lite:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            yield connection
        if lite:
            raw = self._engine.raw_connection()
            try:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                raw.close()

    def _in_force(self, connection: Connection, societe_id: int) -> Wrapped | None:
        query = select(Row.societe_id, Row.cle_id, Row.cle).where(Row.societe_id == societe_id, Row.efface_le.is_(None))
        row = connection.execute(query).one_or_none()
        return None if row is None else Wrapped(*row)
