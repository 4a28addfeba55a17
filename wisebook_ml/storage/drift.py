"""Reports of drift: a copy of the `drift` topic that can be asked questions, and what follows for the models."""

import datetime as dt
from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, select, update

from schemas import Derive, DeriveVariable, Statut, StatutCampagne
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.campaign_rows import TABLE as CAMPAIGNS
from wisebook_ml.storage.champions import MODELS, is_model
from wisebook_ml.storage.engine import reading
from wisebook_ml.storage.model_tables import CampagneEntrainement, ModeleML
from wisebook_ml.storage.tables import Base, DeriveModele, DetectionAnomalie
from wisebook_ml.storage.upsert import TopicCopy

__all__ = ["DriftStore", "flagged_scores"]

TABLE = Base.metadata.tables[DeriveModele.__tablename__]

PAGE = 100
"""Reports that are read at once: three months of one model."""

MOST_FLAGGED = 5_000
"""Detections of a stretch of time whose scores are read: more say the same."""


class DriftStore(TopicCopy[Derive]):
    """Reports, and what they say of models: one whose champion has drifted becomes OBSOLETE.

    Only from PRET. While it is being trained, it is noted for the case that the training makes no new champion.
    A report that is stored already says nothing new: a model that a person has declared ready since stays so.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for `updated_at` of models.
    """

    table = TABLE

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        super().__init__(engine)
        self._clock = clock

    def _key(self, record: Derive) -> tuple[int, int, dt.datetime]:
        return record.modele_id, record.version, _due(record)

    def _before(self, connection: Connection, records: Sequence[Derive]) -> None:
        for report in records:
            if report.derive and not _is_known(connection, report):
                self._mark(connection, report)

    def _mark(self, connection: Connection, report: Derive) -> None:
        champion = and_(is_model(report.modele_id), ModeleML.version_courante == report.version)
        ready = and_(champion, ModeleML.statut == Statut.PRET)
        connection.execute(update(MODELS).where(ready).values(statut=Statut.OBSOLETE, updated_at=self._clock()))
        in_training = select(ModeleML.id).where(champion, ModeleML.statut == Statut.EN_ENTRAINEMENT)
        open_ones = and_(
            CampagneEntrainement.modele_id.in_(in_training),
            CampagneEntrainement.statut.in_((StatutCampagne.DEMANDEE, StatutCampagne.EN_COURS)),
            CampagneEntrainement.statut_avant == Statut.PRET,
        )
        connection.execute(update(CAMPAIGNS).where(open_ones).values(statut_avant=Statut.OBSOLETE))

    def last(self, modele_id: int, version: int | None = None) -> Derive | None:
        """Return the last report of a model, or of a version of it."""
        found = self.list(modele_id, version=version, limit=1)
        return found[0] if found else None

    def list(
        self,
        modele_id: int | None = None,
        *,
        societe_id: int | None = None,
        version: int | None = None,
        limit: int = PAGE,
    ) -> Sequence[Derive]:
        """Return reports, the latest first, of a model, a company, a version where given."""
        query = select(TABLE).order_by(
            DeriveModele.echeance.desc(), DeriveModele.modele_id, DeriveModele.version.desc()
        )
        if modele_id is not None:
            query = query.where(DeriveModele.modele_id == modele_id)
        if societe_id is not None:
            query = query.where(DeriveModele.societe_id == societe_id)
        if version is not None:
            query = query.where(DeriveModele.version == version)
        with reading(self._engine) as connection:
            return [_derive(dict(row)) for row in connection.execute(query.limit(limit)).mappings()]

    def page(
        self,
        companies: frozenset[int] | None,
        *,
        modele_id: int | None = None,
        derive: bool | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> tuple[int, Sequence[Derive]]:
        """Return how many reports there are of companies (None: all), and a page of them, the latest first."""
        wanted: list[ColumnElement[bool]] = []
        if companies is not None:
            wanted.append(DeriveModele.societe_id.in_(companies))
        if modele_id is not None:
            wanted.append(DeriveModele.modele_id == modele_id)
        if derive is not None:
            wanted.append(DeriveModele.derive.is_(derive))
        query = (
            select(TABLE)
            .where(*wanted)
            .order_by(DeriveModele.echeance.desc(), DeriveModele.modele_id, DeriveModele.version.desc())
        )
        with reading(self._engine) as connection:
            count = connection.execute(select(func.count()).select_from(TABLE).where(*wanted)).scalar_one()
            found = connection.execute(query.limit(limit).offset(offset)).mappings()
            return count, [_derive(dict(row)) for row in found]

    def latest(self, societe_id: int | None = None) -> Sequence[Derive]:
        """Return the last report of each model (of a company), by model."""
        newest = select(TABLE.c.modele_id, func.max(TABLE.c.echeance).label("echeance")).group_by(TABLE.c.modele_id)
        if societe_id is not None:
            newest = newest.where(TABLE.c.societe_id == societe_id)
        of = newest.subquery()
        query = (
            select(TABLE)
            .join(of, and_(TABLE.c.modele_id == of.c.modele_id, TABLE.c.echeance == of.c.echeance))
            .order_by(TABLE.c.modele_id, TABLE.c.version)
        )
        with reading(self._engine) as connection:
            found = [_derive(dict(row)) for row in connection.execute(query).mappings()]
        return list({one.modele_id: one for one in found}.values())


def flagged_scores(
    engine: Engine, modele_id: int, societe_id: int, since: dt.datetime, until: dt.datetime
) -> list[float]:
    """Return the scores of what was flagged in [`since`, `until`) with the help of a model, the latest first.

    Of its company, or of all for a global model (company 0); `MOST_FLAGGED` are looked at.
    """
    query = (
        select(DetectionAnomalie.score, DetectionAnomalie.modeles)
        .where(DetectionAnomalie.ce_time >= since, DetectionAnomalie.ce_time < until)
        .order_by(DetectionAnomalie.ce_time.desc(), DetectionAnomalie.detection_id)
        .limit(MOST_FLAGGED)
    )
    if societe_id:
        query = query.where(DetectionAnomalie.societe_id == societe_id)
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    return [score for score, used in rows if any(one.get("modele_id") == modele_id for one in used)]


def _due(report: Derive) -> dt.datetime:
    if report.echeance is None:
        raise ValueError(f"a report of model {report.modele_id} without `echeance`: it is not known when it was due")
    return report.echeance.astimezone(dt.UTC)


def _is_known(connection: Connection, report: Derive) -> bool:
    query = select(TABLE.c.derive).where(
        TABLE.c.modele_id == report.modele_id, TABLE.c.version == report.version, TABLE.c.echeance == _due(report)
    )
    return bool(connection.execute(query).scalar_one_or_none())


def _derive(row: dict[str, object]) -> Derive:
    return Derive(**{**row, "variables": msgspec.convert(row["variables"], list[DeriveVariable])})  # type: ignore[arg-type]
