"""Rows of SQL that a lost database had and its backup has not, written again from what the topics tell.

What is there already stays as it is; so it may be done again.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from sqlalchemy import Connection, Engine, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

import schemas
from schemas import AnnonceModele, DomaineApplication, Parametres
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.champions import MODELS, is_model, lock_model, put_in_charge, record, versions
from wisebook_ml.storage.engine import writing
from wisebook_ml.storage.exceptions import VersionConflict
from wisebook_ml.storage.model_tables import ModeleML
from wisebook_ml.storage.models import draft_row
from wisebook_ml.storage.tables import Base, VersionParametres

__all__ = ["MOTIVE", "restore_model", "restore_settings"]

SETTINGS = Base.metadata.tables[VersionParametres.__tablename__]

MOTIVE = "read again from the topics"
"""Why a champion changes that a restored registry did not know of."""


def restore_settings(engine: Engine, found: Sequence[tuple[Parametres, dt.datetime]]) -> int:
    """Record versions of settings whose markers are on the topics; return how many were missing.

    Parameters
    ----------
    engine : Engine
        Of the database.
    found : sequence of (Parametres, datetime)
        The versions, and when each was marked.

    Raises
    ------
    VersionConflict
        Where a version is another in the database: nothing is written.
    """
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    missing = 0
    with writing(engine) as connection:
        for parametres, marked in found:
            key = (
                VersionParametres.societe_id == parametres.societe_id,
                VersionParametres.version == parametres.version,
            )
            row = {
                "societe_id": parametres.societe_id,
                "version": parametres.version,
                "parametres": msgspec.to_builtins(parametres),
                "auteur": parametres.auteur,
                "motif": parametres.motif,
                "origine": f"restored/{parametres.societe_id}/{parametres.version}",
                "enregistree_le": marked,
                "marquee_le": marked,
            }
            recorded = dialect.insert(SETTINGS).values(row).on_conflict_do_nothing().returning(SETTINGS.c.version)
            missing += connection.execute(recorded).one_or_none() is not None
            there = connection.execute(select(SETTINGS.c.parametres).where(*key)).scalar_one()
            if msgspec.convert(there, Parametres) != parametres:
                raise VersionConflict(
                    f"Version {parametres.version} of the settings of company {parametres.societe_id} is one thing in "
                    "the database and another on the topic `entries`: somebody has worked with the database before it "
                    "was restored as a whole. Restore the backup again, and keep all roles stopped until this is done."
                )
            # Recorded before the backup, marked after it: it must not be marked again.
            connection.execute(update(SETTINGS).where(*key, SETTINGS.c.marquee_le.is_(None)).values(marquee_le=marked))
    return missing


def restore_model(
    engine: Engine,
    modele_id: int,
    found: Iterable[tuple[schemas.VersionModele, Mapping[str, object]]],
    announced: AnnonceModele | None,
    domaine: DomaineApplication,
    *,
    clock: Callable[[], dt.datetime] = utc_now,
) -> tuple[int, bool]:
    """Record what the topics tell of a model; return how many versions were missing, and whether the model was.

    Parameters
    ----------
    engine : Engine
        Of the database.
    modele_id : int
        Which model.
    found : iterable of (VersionModele, mapping)
        At least one of its versions, each with the metrics that are known of it.
    announced : AnnonceModele, optional
        Which versions are in charge.
    domaine : DomaineApplication
        What its algorithm is for.
    clock : callable
        Tells the present moment.

    Raises
    ------
    VersionConflict
        Where a version is another in the database: nothing is written.
    """
    known = sorted(found, key=lambda one: one[0].version)
    with writing(engine) as connection:
        now = clock()
        new = connection.execute(select(func.count()).select_from(MODELS).where(is_model(modele_id))).scalar() == 0
        if new:
            _create(connection, known[0][0], domaine, now)
        before = len(versions(connection, modele_id))
        for version, metrics in known:
            record(connection, version, metrics, now)
        missing = len(versions(connection, modele_id)) - before
        model = lock_model(connection, modele_id)
        champion = announced.champion if announced else None
        challenger = announced.challenger if announced else None
        if champion is not None and champion.version != model.version_courante:
            put_in_charge(connection, model, champion.version, now, motif=MOTIVE)
        if announced is not None:
            number = None if challenger is None else challenger.version
            connection.execute(update(MODELS).where(is_model(modele_id)).values(version_challenger=number))
        last = known[-1][0].version
        raised = update(MODELS).where(is_model(modele_id), ModeleML.derniere_version < last)
        connection.execute(raised.values(derniere_version=last))
    return missing, new


def _create(
    connection: Connection, version: schemas.VersionModele, domaine: DomaineApplication, now: dt.datetime
) -> None:
    """Create a model under the number that its artefacts and markers have; its name and parameters are lost."""
    connection.execute(
        insert(MODELS).values(
            id=version.modele_id,
            **draft_row(version.societe_id, f"modele-{version.modele_id}", version.type_modele, domaine, now),
        )
    )
    if connection.dialect.name == "postgresql":
        # The next model must not get a number that is taken.
        statement = "SELECT setval(pg_get_serial_sequence('modele_ml', 'id'), (SELECT max(id) FROM modele_ml))"
        connection.execute(text(statement))
