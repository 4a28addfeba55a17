"""The versions of the companies' settings: immutable, numbered per company, with who wanted each and why."""

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection, Engine, RowMapping, Select, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from schemas import Parametres
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.tables import Base, VersionParametres

__all__ = ["ALL_COMPANIES", "SettingsStore", "StoredSettings"]

TABLE = Base.metadata.tables[VersionParametres.__tablename__]

ALL_COMPANIES = 0
"""The company whose settings are the default of all."""

MAX_VERSION = 2**31 - 1
"""What the column holds; who asks may have any number."""

Edit = Callable[[Parametres], Parametres | None]


class StoredSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A version, what asked for it, when it was recorded, and when its marker was placed (None: not yet)."""

    parametres: Parametres
    origine: str
    enregistree_le: dt.datetime
    marquee_le: dt.datetime | None = None

    @property
    def version(self) -> int:
        """Its number among those of its company."""
        return self.parametres.version


class SettingsStore:
    """Records versions and tells them; several processes may use it at once.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for `enregistree_le` and `marquee_le`.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    @property
    def engine(self) -> Engine:
        """The engine it was given."""
        return self._engine

    def append(self, societe_id: int, edit: Edit, origine: str) -> StoredSettings | None:
        """Record the next version of a company's settings, and return it.

        Parameters
        ----------
        societe_id : int
            The company; 0 for the default of all.
        edit : callable
            Given what is in force for the company (with the version of its own last settings, 0 where it has none), it
            returns what is to be next, or None where nothing is. Called within the transaction, and again where
            another process has been faster; what it raises ends the transaction. Company and version are set here.
        origine : str
            What asks for it, unique for ever: asked again, nothing is recorded, and the version of then is returned.
        """
        while True:
            with writing(self._engine) as connection:
                before = (
                    connection.execute(select(TABLE).where(VersionParametres.origine == origine)).mappings().first()
                )
                if before is not None:
                    return _stored(before)
                base = _in_force(connection, societe_id)
                edited = edit(base)
                if edited is None:
                    return None
                wanted = replace(edited, societe_id=societe_id, version=base.version + 1)
                statement = self._insert(TABLE).values(
                    societe_id=societe_id,
                    version=wanted.version,
                    parametres=msgspec.to_builtins(wanted),
                    auteur=wanted.auteur,
                    motif=wanted.motif,
                    origine=origine,
                    enregistree_le=self._clock(),
                )
                made = connection.execute(statement.on_conflict_do_nothing().returning(TABLE)).mappings().one_or_none()
            if made is not None:
                return _stored(made)

    def get(self, societe_id: int, version: int) -> StoredSettings | None:
        """Return a version; None where there is none of this number."""
        if version > MAX_VERSION:
            return None
        query = _of(societe_id).where(VersionParametres.version == version)
        return self._first(query)

    def last(self, societe_id: int) -> StoredSettings | None:
        """Return a company's own last version; None where it has none."""
        return self._first(_of(societe_id).order_by(VersionParametres.version.desc()).limit(1))

    def in_force(self, societe_id: int) -> Parametres:
        """Return what a company's next version starts from.

        That is its own last version, else a copy of that of all companies, else a copy of the built-in defaults; the
        copies have version 0, since the company has none of its own.
        """
        with reading(self._engine) as connection:
            return _in_force(connection, societe_id)

    def announced(self, societes: Collection[int]) -> dict[int, Parametres]:
        """Return what is in force for each of some companies: the last version that was announced and marked."""
        ours = {*societes, ALL_COMPANIES}
        newest = (
            select(VersionParametres.societe_id, func.max(VersionParametres.version).label("version"))
            .where(VersionParametres.societe_id.in_(sorted(ours)), VersionParametres.marquee_le.is_not(None))
            .group_by(VersionParametres.societe_id)
            .subquery()
        )
        query = select(TABLE).join(
            newest, and_(TABLE.c.societe_id == newest.c.societe_id, TABLE.c.version == newest.c.version)
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query).mappings()
            found = {row["societe_id"]: _stored(row).parametres for row in rows}
        usual = found.get(ALL_COMPANIES, Parametres(societe_id=ALL_COMPANIES))
        return {one: found.get(one) or replace(usual, societe_id=one, version=0) for one in societes}

    def history(self, societe_id: int) -> Sequence[StoredSettings]:
        """Return a company's versions, oldest first."""
        with reading(self._engine) as connection:
            rows = connection.execute(_of(societe_id).order_by(VersionParametres.version)).mappings()
            return [_stored(row) for row in rows]

    def unmarked(self, societe_id: int) -> Sequence[StoredSettings]:
        """Return the company's versions whose marker was not placed yet, as far as is known; oldest first."""
        query = _of(societe_id).where(VersionParametres.marquee_le.is_(None)).order_by(VersionParametres.version)
        with reading(self._engine) as connection:
            return [_stored(row) for row in connection.execute(query).mappings()]

    def unmarked_companies(self) -> Sequence[int]:
        """Return the companies with such versions, ascending."""
        query = select(VersionParametres.societe_id).where(VersionParametres.marquee_le.is_(None)).distinct()
        with reading(self._engine) as connection:
            return connection.execute(query.order_by(VersionParametres.societe_id)).scalars().all()

    def mark(self, societe_id: int, version: int) -> None:
        """Record that the markers of a company's versions up to this one are placed."""
        statement = (
            update(TABLE)
            .where(
                VersionParametres.societe_id == societe_id,
                VersionParametres.version <= version,
                VersionParametres.marquee_le.is_(None),
            )
            .values(marquee_le=self._clock())
        )
        with writing(self._engine) as connection:
            connection.execute(statement)

    def societes(self) -> Sequence[int]:
        """Return the companies with settings of their own, ascending; 0 among them where all have a default."""
        query = select(VersionParametres.societe_id).distinct().order_by(VersionParametres.societe_id)
        with reading(self._engine) as connection:
            return connection.execute(query).scalars().all()

    def _first(self, query: Select[Any]) -> StoredSettings | None:
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _stored(row)


def _of(societe_id: int) -> Select[Any]:
    return select(TABLE).where(VersionParametres.societe_id == societe_id)


def _in_force(connection: Connection, societe_id: int) -> Parametres:
    last = select(func.max(VersionParametres.version))
    for company in (societe_id, ALL_COMPANIES):
        wanted = last.where(VersionParametres.societe_id == company).scalar_subquery()
        row = connection.execute(_of(company).where(VersionParametres.version == wanted)).mappings().one_or_none()
        if row is not None:
            found = _stored(row).parametres
            return found if company == societe_id else replace(found, societe_id=societe_id, version=0)
    return Parametres(societe_id=societe_id)


def _stored(row: RowMapping) -> StoredSettings:
    return StoredSettings(
        parametres=msgspec.convert(row["parametres"], Parametres),
        origine=row["origine"],
        enregistree_le=row["enregistree_le"],
        marquee_le=row["marquee_le"],
    )
