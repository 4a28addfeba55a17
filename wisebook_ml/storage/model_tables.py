"""The tables of models: the models, their versions, who was in charge when, and their trainings."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from schemas import DomaineApplication, Etape, Motif, Statut, StatutCampagne, TypeModele
from wisebook_ml.storage.column_types import UtcDateTime, closed_list
from wisebook_ml.storage.tables import Base

__all__ = ["CampagneEntrainement", "ModeleML", "PromotionModele", "VersionModele"]

OPEN = text("statut IN ('DEMANDEE', 'EN_COURS')")


class ModeleML(Base):
    """A model of a company (0: a global one), whatever its versions."""

    __tablename__ = "modele_ml"
    __table_args__ = (UniqueConstraint("societe_id", "nom"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    nom: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    type_modele: Mapped[TypeModele] = mapped_column(closed_list(TypeModele))
    domaine_application: Mapped[DomaineApplication] = mapped_column(closed_list(DomaineApplication))
    parametres_modele: Mapped[dict[str, Any]] = mapped_column(JSON)
    reentrainement_auto: Mapped[bool]
    frequence_reentrainement: Mapped[int] = mapped_column(Integer, comment="days")
    statut: Mapped[Statut] = mapped_column(closed_list(Statut))
    accuracy: Mapped[float | None] = mapped_column(Double)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    version_courante: Mapped[int | None] = mapped_column(Integer, comment="the champion")
    version_challenger: Mapped[int | None] = mapped_column(Integer, comment="in shadow")
    derniere_version: Mapped[int] = mapped_column(Integer, comment="last number given out")
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class VersionModele(Base):
    """One version of a model; written once, never changed."""

    __tablename__ = "version_modele"

    modele_id: Mapped[int] = mapped_column(Integer, ForeignKey("modele_ml.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    artefact: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(Text)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime)


class PromotionModele(Base):
    """One change of champion: which version took over from which, when, by whose wish and why."""

    __tablename__ = "promotion_modele"
    __table_args__ = (
        ForeignKeyConstraint(["modele_id", "version"], ["version_modele.modele_id", "version_modele.version"]),
        Index(None, "modele_id"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    modele_id: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    version_avant: Mapped[int | None] = mapped_column(Integer)
    promue_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    par: Mapped[str] = mapped_column(Text, comment="who")
    motif: Mapped[str] = mapped_column(Text, comment="why")
    retour: Mapped[bool] = mapped_column(comment="a rollback")


class CampagneEntrainement(Base):
    """One training, from its request to its end, and who has it in work.

    A request may name a model that there is not; its campaign fails, and is kept. So the model is no foreign key.
    """

    __tablename__ = "campagne_entrainement"
    __table_args__ = (
        UniqueConstraint("demande_id"),
        Index("ix_campagne_entrainement_ouverte", "modele_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index(None, "modele_id", "demandee_le"),
        Index(None, "societe_id", "demandee_le"),
        Index(None, "announced", "statut"),
    )

    campagne_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    demande_id: Mapped[str] = mapped_column(Text)
    modele_id: Mapped[int] = mapped_column(BigInteger)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    motif: Mapped[Motif] = mapped_column(closed_list(Motif))
    demandeur: Mapped[str] = mapped_column(Text)
    du: Mapped[dt.date | None]
    au: Mapped[dt.date | None]
    statut: Mapped[StatutCampagne] = mapped_column(closed_list(StatutCampagne))
    etape: Mapped[Etape | None] = mapped_column(closed_list(Etape))
    tentative: Mapped[int] = mapped_column(Integer)
    avancement: Mapped[float] = mapped_column(Double)
    lignes: Mapped[int] = mapped_column(BigInteger, comment="rows trained on")
    lignes_test: Mapped[int] = mapped_column(BigInteger, comment="rows of the hold-out")
    donnees_du: Mapped[dt.date | None]
    donnees_au: Mapped[dt.date | None]
    offsets: Mapped[dict[str, Any]] = mapped_column(JSON, comment="topic/partition: first, next after last")
    duree_minutes: Mapped[float] = mapped_column(Double)
    metriques: Mapped[dict[str, float]] = mapped_column(JSON)
    metriques_avant: Mapped[dict[str, float]] = mapped_column(JSON, comment="of the champion before")
    amelioration: Mapped[float | None] = mapped_column(Double)
    version: Mapped[int | None] = mapped_column(Integer)
    promue: Mapped[bool | None]
    decision: Mapped[str] = mapped_column(Text)
    rejointe: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    erreur: Mapped[str] = mapped_column(Text)
    demandee_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    commencee_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    terminee_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(Text)
    lease_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    claims: Mapped[int] = mapped_column(Integer, comment="how often it was taken, by whomever")
    attempts: Mapped[int] = mapped_column(Integer, comment="how many there may be")
    cancel_requested: Mapped[bool]
    announced: Mapped[bool] = mapped_column(comment="its end is on the topic")
    statut_avant: Mapped[Statut | None] = mapped_column(closed_list(Statut), comment="the model's, before the training")
