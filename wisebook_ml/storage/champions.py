"""What becomes of a model's rows, within a transaction of the caller's: versions, champions and their history."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, RowMapping, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

import schemas
from schemas import DomaineApplication, Statut, TypeModele
from wisebook_ml.storage.exceptions import ModelNotFound, NoEarlierChampion, VersionConflict
from wisebook_ml.storage.model_tables import ModeleML, PromotionModele, VersionModele
from wisebook_ml.storage.tables import Base

__all__ = [
    "Modele",
    "Promotion",
    "RecordedVersion",
    "earlier_champion",
    "is_model",
    "lock_model",
    "promotions",
    "put_in_charge",
    "record",
    "versions",
]

MODELS = Base.metadata.tables[ModeleML.__tablename__]
VERSIONS = Base.metadata.tables[VersionModele.__tablename__]
PROMOTIONS = Base.metadata.tables[PromotionModele.__tablename__]

ACCURACY = "accuracy"
"""The metric, where a model has it, that is shown of every model alike."""


class Modele(msgspec.Struct, frozen=True, kw_only=True):
    """A model, as `ModeleML` stores it.

    `version_courante` is the champion, if there is one yet, and `version_challenger` the version that predicts in
    shadow.
    """

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
    version_challenger: int | None = None


class RecordedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version, how it did on its hold-out, and when it was recorded."""

    version: schemas.VersionModele
    metrics: dict[str, Any]
    created_at: dt.datetime


class Promotion(msgspec.Struct, frozen=True, kw_only=True):
    """A change of champion: from `version_avant` (None: there was none) to `version`.

    `par` is who wanted it, `motif` why; `retour` tells that it was a rollback.
    """

    modele_id: int
    version: int
    version_avant: int | None
    promue_le: dt.datetime
    par: str
    motif: str
    retour: bool


def no_model(modele_id: int) -> ModelNotFound:
    """Return what to raise where there is no such model."""
    return ModelNotFound(f"There is no model {modele_id}.")


def is_model(modele_id: int) -> ColumnElement[bool]:
    """Return the condition that a row of `modele_ml` is this model's."""
    # Who asks may have any number, and PostgreSQL takes none for an INTEGER that does not fit one.
    return ModeleML.id == literal(modele_id, BigInteger)


def to_modele(row: RowMapping) -> Modele:
    """Return a row of `modele_ml` as a value."""
    return Modele(**{name: row[name] for name in Modele.__struct_fields__})


def lock_model(connection: Connection, modele_id: int) -> Modele:
    """Return a model that nobody else changes until the transaction ends.

    Raises
    ------
    ModelNotFound
        When there is no such model.
    """
    # SQLite has no locks of rows; there, whoever writes is alone anyway.
    query = select(MODELS).where(is_model(modele_id)).with_for_update()
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise no_model(modele_id)
    return to_modele(row)


def versions(connection: Connection, modele_id: int, version: int | None = None) -> Sequence[RecordedVersion]:
    """Return the recorded versions of a model, or this one of them, oldest first."""
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


def record(
    connection: Connection, version: schemas.VersionModele, metrics: Mapping[str, object], now: dt.datetime
) -> None:
    """Record a version of a model that exists. To record it again, unchanged, does nothing.

    Raises
    ------
    VersionConflict
        When another version has this number, or the model is another company's or of another type.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(VERSIONS).values(
        modele_id=version.modele_id,
        version=version.version,
        artefact=version.artefact,
        sha256=version.sha256,
        signature=version.signature,
        metrics=dict(metrics),
        created_at=now,
    )
    connection.execute(statement.on_conflict_do_nothing(index_elements=["modele_id", "version"]))
    (recorded,) = versions(connection, version.modele_id, version.version)
    if recorded.version != version:
        raise VersionConflict(
            f"Version {version.version} of model {version.modele_id} is recorded as {recorded.version}, "
            f"which is not {version}. Take a number from `next_version`."
        )


def put_in_charge(
    connection: Connection,
    model: Modele,
    version: int,
    now: dt.datetime,
    *,
    par: str = "",
    motif: str = "",
    retour: bool = False,
) -> RecordedVersion:
    """Make a recorded version the champion of a locked model, and write it into the history.

    A challenger stays only where it is later than the champion: an earlier one has been overtaken. The model's metrics
    are those that the version was recorded with.

    Raises
    ------
    ModelNotFound
        When there is no such version.
    """
    found = versions(connection, model.id, version)
    if not found:
        raise ModelNotFound(f"There is no version {version} of model {model.id}.")
    told = dict(found[0].metrics)
    measured = told.get(ACCURACY)
    challenger = model.version_challenger
    connection.execute(
        update(MODELS)
        .where(is_model(model.id))
        .values(
            version_courante=version,
            version_challenger=challenger if challenger is not None and challenger > version else None,
            statut=Statut.PRET,
            accuracy=float(measured) if isinstance(measured, (int, float)) else None,
            metrics=told,
            updated_at=now,
        )
    )
    if model.version_courante != version:
        connection.execute(
            insert(PROMOTIONS).values(
                modele_id=model.id,
                version=version,
                version_avant=model.version_courante,
                promue_le=now,
                par=par,
                motif=motif,
                retour=retour,
            )
        )
    return found[0]


def promotions(connection: Connection, modele_id: int) -> Sequence[Promotion]:
    """Return the changes of champion, oldest first."""
    query = select(PROMOTIONS).where(PromotionModele.modele_id == modele_id).order_by(PromotionModele.id)
    return [
        Promotion(**{name: row[name] for name in Promotion.__struct_fields__})
        for row in connection.execute(query).mappings()
    ]


def earlier_champion(model: Modele, history: Sequence[Promotion]) -> int:
    """Return the champion that a rollback goes to: a rollback takes back the last change that still stands.

    Raises
    ------
    NoEarlierChampion
        When there is none.
    """
    standing: list[int] = []
    for change in history:
        if change.retour:
            # It took back the last change, so its version is what is below.
            standing.pop()
        else:
            standing.append(change.version)
    if len(standing) < 2:
        has = "has no champion" if model.version_courante is None else f"has version {model.version_courante}"
        raise NoEarlierChampion(
            f"Model {model.id} ({model.nom}) {has}, and had no other before: there is none to go back to. "
            "Train it, or promote a version that it lists."
        )
    return standing[-2]
