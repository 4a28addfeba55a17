"""The registry of models: what a company has, which versions exist, and which one is in charge."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, exists, select, update
from sqlalchemy.dialects import postgresql, sqlite

import schemas
from schemas import DomaineApplication, Statut, TypeModele
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.exceptions import ModelNotFound, VersionConflict
from wisebook_ml.storage.tables import Base, ModeleML, VersionModele

__all__ = ["ModelRegistry", "Modele", "RecordedVersion"]

DEFAULT_FREQUENCY = 30
"""Days between two trainings: a month's closing changes what is usual, a week's entries hardly do."""

MODELS = Base.metadata.tables[ModeleML.__tablename__]
VERSIONS = Base.metadata.tables[VersionModele.__tablename__]


class Modele(msgspec.Struct, frozen=True, kw_only=True):
    """A model, as `ModeleML` stores it; `version_courante` is the champion, if there is one yet."""

    id: int
    societe_id: int
    nom: str
    description: str
    type_modele: TypeModele
    domaine_application: DomaineApplication
    parametres_modele: dict[str, Any]
    reentrainement_auto: bool
    frequence_reentrainement: int
    statut: Statut
    accuracy: float | None
    metrics: dict[str, Any]
    version_courante: int | None
    created_at: dt.datetime
    updated_at: dt.datetime


class RecordedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version, how it did on its hold-out, and when it was recorded."""

    version: schemas.VersionModele
    metrics: dict[str, Any]
    created_at: dt.datetime


class ModelRegistry:
    """The models and their versions; several processes may use it at once.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for `created_at` and `updated_at`.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    def get_or_create(
        self,
        societe_id: int,
        nom: str,
        type_modele: TypeModele,
        domaine_application: DomaineApplication,
        parametres: Mapping[str, object] | None = None,
        *,
        description: str = "",
        reentrainement_auto: bool = True,
        frequence_reentrainement: int = DEFAULT_FREQUENCY,
    ) -> int:
        """Return the id of the company's model of this name, created as a draft unless it exists.

        Parameters
        ----------
        societe_id : int
            The company; 0 for a global model.
        nom : str
            Its name, unique within the company. The rest applies only when it is created.
        type_modele : TypeModele
            The algorithm.
        domaine_application : DomaineApplication
            What it is for.
        parametres : mapping, optional
            Parameters of the algorithm.
        description : str
            For people.
        reentrainement_auto : bool
            Whether it is trained again by itself.
        frequence_reentrainement : int
            Days until it is due.
        """
        now = self._clock()
        insert = self._insert(MODELS).values(
            societe_id=societe_id,
            nom=nom,
            description=description,
            type_modele=type_modele,
            domaine_application=domaine_application,
            parametres_modele=dict(parametres or {}),
            reentrainement_auto=reentrainement_auto,
            frequence_reentrainement=frequence_reentrainement,
            statut=Statut.BROUILLON,
            metrics={},
            derniere_version=0,
            created_at=now,
            updated_at=now,
        )
        wanted = select(ModeleML.id).where(ModeleML.societe_id == societe_id, ModeleML.nom == nom)
        with writing(self._engine) as connection:
            found = connection.execute(wanted).scalar_one_or_none()
            if found is None:
                # Another process may be faster; then its row is the one.
                connection.execute(insert.on_conflict_do_nothing(index_elements=["societe_id", "nom"]))
                found = connection.execute(wanted).scalar_one()
            return found

    def next_version(self, modele_id: int) -> int:
        """Give out the next version number of a model; nobody gets the same one again.

        A number whose training fails stays unused.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        """
        statement = (
            update(MODELS)
            .where(ModeleML.id == modele_id)
            .values(derniere_version=ModeleML.derniere_version + 1)
            .returning(ModeleML.derniere_version)
        )
        with writing(self._engine) as connection:
            version = connection.execute(statement).scalar_one_or_none()
        if version is None:
            raise _no_model(modele_id)
        return version

    def record_version(self, version: schemas.VersionModele, metrics: Mapping[str, object] | None = None) -> None:
        """Record a version whose artefact is in the store. To record it again, unchanged, does nothing.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        VersionConflict
            When another version has this number, or the model is another company's or of another type.
        """
        insert = self._insert(VERSIONS).values(
            modele_id=version.modele_id,
            version=version.version,
            artefact=version.artefact,
            sha256=version.sha256,
            signature=version.signature,
            metrics=dict(metrics or {}),
            created_at=self._clock(),
        )
        with writing(self._engine) as connection:
            if not connection.execute(select(exists().where(ModeleML.id == version.modele_id))).scalar():
                raise _no_model(version.modele_id)
            connection.execute(insert.on_conflict_do_nothing(index_elements=["modele_id", "version"]))
            (recorded,) = _versions(connection, version.modele_id, version.version)
            if recorded.version != version:
                raise VersionConflict(
                    f"Version {version.version} of model {version.modele_id} is recorded as {recorded.version}, "
                    f"which is not {version}. Take a number from `next_version`."
                )

    def set_champion(
        self,
        modele_id: int,
        version: int,
        *,
        accuracy: float | None = None,
        metrics: Mapping[str, object] | None = None,
    ) -> None:
        """Put a recorded version in charge: the model is ready, with these results.

        Raises
        ------
        ModelNotFound
            When there is no such model, or no such version of it.
        """
        recorded = exists().where(VersionModele.modele_id == modele_id, VersionModele.version == version)
        statement = (
            update(MODELS)
            .where(ModeleML.id == modele_id, recorded)
            .values(
                version_courante=version,
                statut=Statut.PRET,
                accuracy=accuracy,
                metrics=dict(metrics or {}),
                updated_at=self._clock(),
            )
        )
        with writing(self._engine) as connection:
            if connection.execute(statement).rowcount == 0:
                raise ModelNotFound(f"There is no version {version} of model {modele_id}.")

    def set_statut(self, modele_id: int, statut: Statut) -> None:
        """Set where a model stands in its life.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        """
        statement = update(MODELS).where(ModeleML.id == modele_id)
        with writing(self._engine) as connection:
            changed = connection.execute(statement.values(statut=statut, updated_at=self._clock()))
            if changed.rowcount == 0:
                raise _no_model(modele_id)

    def get(self, modele_id: int) -> Modele:
        """Return a model.

        Raises
        ------
        ModelNotFound
            When there is no such model.
        """
        with reading(self._engine) as connection:
            row = connection.execute(select(MODELS).where(ModeleML.id == modele_id)).mappings().one_or_none()
        if row is None:
            raise _no_model(modele_id)
        return _modele(row)

    def versions(self, modele_id: int) -> Sequence[RecordedVersion]:
        """Return the recorded versions of a model, oldest first."""
        with reading(self._engine) as connection:
            return _versions(connection, modele_id)

    def version(self, modele_id: int, version: int) -> RecordedVersion:
        """Return a recorded version.

        Raises
        ------
        ModelNotFound
            When there is no such version.
        """
        with reading(self._engine) as connection:
            found = _versions(connection, modele_id, version)
        if not found:
            raise ModelNotFound(f"There is no version {version} of model {modele_id}.")
        return found[0]

    def list(self, societe_id: int | None = None, *, statut: Statut | None = None) -> Sequence[Modele]:
        """Return the models, of one company and in one state where given, by id."""
        query = select(MODELS).order_by(ModeleML.id)
        if societe_id is not None:
            query = query.where(ModeleML.societe_id == societe_id)
        if statut is not None:
            query = query.where(ModeleML.statut == statut)
        with reading(self._engine) as connection:
            return [_modele(row) for row in connection.execute(query).mappings()]


def _no_model(modele_id: int) -> ModelNotFound:
    return ModelNotFound(f"There is no model {modele_id}.")


def _modele(row: RowMapping) -> Modele:
    return Modele(**{name: row[name] for name in Modele.__struct_fields__})


def _versions(connection: Connection, modele_id: int, version: int | None = None) -> Sequence[RecordedVersion]:
    query = (
        select(VERSIONS, ModeleML.societe_id, ModeleML.type_modele)
        .join(ModeleML, ModeleML.id == VersionModele.modele_id)
        .where(VersionModele.modele_id == modele_id)
        .order_by(VersionModele.version)
    )
    if version is not None:
        query = query.where(VersionModele.version == version)
    names = schemas.VersionModele.__struct_fields__
    return [
        RecordedVersion(
            version=schemas.VersionModele(**{name: row[name] for name in names}),
            metrics=row["metrics"],
            created_at=row["created_at"],
        )
        for row in connection.execute(query).mappings()
    ]
