"""When each model was trained last, for those who ask which ones are due."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from sqlalchemy import Engine, Subquery, case, func, select

from schemas import Statut, StatutCampagne
from wisebook_ml.storage.campaign_rows import OPEN
from wisebook_ml.storage.engine import reading
from wisebook_ml.storage.model_tables import CampagneEntrainement, ModeleML, PromotionModele, VersionModele

__all__ = ["Entrainement", "last_trainings"]

ENDED = (StatutCampagne.REUSSIE, StatutCampagne.ECHEC)
"""Ends of a training that was in work; one that a person cancelled says nothing of the model."""


class Entrainement(msgspec.Struct, frozen=True, kw_only=True):
    """A model that may be trained by itself, and when that was done last.

    Attributes
    ----------
    essaye_le : datetime or None
        When its last training ended, well or not; not where a person cancelled it.
    reussi_le : datetime or None
        When its last version was made.
    promu_le : datetime or None
        When its champion was put in charge.
    en_cours : bool
        Whether a training waits or is in work.
    """

    modele_id: int
    societe_id: int
    statut: Statut
    frequence: int
    essaye_le: dt.datetime | None
    reussi_le: dt.datetime | None
    promu_le: dt.datetime | None
    en_cours: bool


def last_trainings(engine: Engine) -> Sequence[Entrainement]:
    """Return the models that are trained by themselves (`reentrainement_auto`) and not archived, by id.

    Raises
    ------
    DatabaseUnreachable
        When the database does not answer.
    """
    tried, made, promoted = _campaigns(), _versions(), _promotions()
    query = (
        select(
            ModeleML.id,
            ModeleML.societe_id,
            ModeleML.statut,
            ModeleML.frequence_reentrainement,
            tried.c.essaye_le,
            made.c.reussi_le,
            promoted.c.promu_le,
            func.coalesce(tried.c.en_cours, 0),
        )
        .join(tried, tried.c.modele_id == ModeleML.id, isouter=True)
        .join(made, made.c.modele_id == ModeleML.id, isouter=True)
        .join(promoted, promoted.c.modele_id == ModeleML.id, isouter=True)
        .where(ModeleML.reentrainement_auto, ModeleML.statut != Statut.ARCHIVE)
        .order_by(ModeleML.id)
    )
    with reading(engine) as connection:
        return [
            Entrainement(
                modele_id=number,
                societe_id=societe_id,
                statut=statut,
                frequence=frequence,
                essaye_le=essaye_le,
                reussi_le=reussi_le,
                promu_le=promu_le,
                en_cours=bool(en_cours) or statut is Statut.EN_ENTRAINEMENT,
            )
            for number, societe_id, statut, frequence, essaye_le, reussi_le, promu_le, en_cours in connection.execute(
                query
            )
        ]


def _campaigns() -> Subquery:
    """When a training of each model was last tried, and whether one is wanted or in work."""
    ended = case((CampagneEntrainement.statut.in_(ENDED), CampagneEntrainement.terminee_le))
    return (
        select(
            CampagneEntrainement.modele_id,
            func.max(ended, type_=CampagneEntrainement.terminee_le.type).label("essaye_le"),
            func.max(case((CampagneEntrainement.statut.in_(OPEN), 1), else_=0)).label("en_cours"),
        )
        .group_by(CampagneEntrainement.modele_id)
        .subquery()
    )


def _versions() -> Subquery:
    """When the latest version of each model was made."""
    latest = func.max(VersionModele.created_at, type_=VersionModele.created_at.type).label("reussi_le")
    return select(VersionModele.modele_id, latest).group_by(VersionModele.modele_id).subquery()


def _promotions() -> Subquery:
    """When a version of each model was last put in charge."""
    latest = func.max(PromotionModele.promue_le, type_=PromotionModele.promue_le.type).label("promu_le")
    return select(PromotionModele.modele_id, latest).group_by(PromotionModele.modele_id).subquery()
