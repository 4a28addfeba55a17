"""The tables. Their names are the entities' French names, as the rest of WiseBook calls them."""

import datetime as dt
import uuid
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    Enum,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from schemas import DomaineApplication, Etat, Severite, Statut, TypeModele, TypeObjet
from wisebook_ml.storage.column_types import MontantType, UtcDateTime

__all__ = ["Base", "DetectionAnomalie", "ModeleML", "VersionModele"]

ENUM_LENGTH = 32
"""Room for values to come; the longest today has 22 letters."""


def _enum(values: type[StrEnum]) -> Enum:
    """Return a column type for a closed list: text, so that a new value needs no migration."""
    return Enum(values, native_enum=False, length=ENUM_LENGTH)


class Base(DeclarativeBase):
    """Base of the tables; the names of constraints follow from it, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class DetectionAnomalie(Base):
    """The last record of each detection, and where it stands on the detections topic.

    Text of unlimited length where the contract sets no limit: what the contract accepts must be storable.
    """

    __tablename__ = "detection_anomalie"
    __table_args__ = (
        Index(None, "societe_id", "score"),
        Index(None, "societe_id", "ce_time"),
        Index(None, "severite"),
    )

    detection_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    domaine: Mapped[DomaineApplication] = mapped_column(_enum(DomaineApplication))
    objet_type: Mapped[TypeObjet] = mapped_column(_enum(TypeObjet))
    objet_id: Mapped[str] = mapped_column(Text)
    etat: Mapped[Etat] = mapped_column(_enum(Etat))
    revision: Mapped[int] = mapped_column(BigInteger)
    ecriture_id: Mapped[str | None] = mapped_column(Text)
    journal_code: Mapped[str | None] = mapped_column(Text)
    ecriture_num: Mapped[str | None] = mapped_column(Text)
    ecriture_date: Mapped[dt.date | None]
    montant: Mapped[str] = mapped_column(MontantType)
    score: Mapped[float] = mapped_column(Double)
    severite: Mapped[Severite] = mapped_column(_enum(Severite))
    motifs: Mapped[list[Any]] = mapped_column(JSON)
    contributions: Mapped[dict[str, float]] = mapped_column(JSON)
    modeles: Mapped[list[Any]] = mapped_column(JSON)
    parametres_version: Mapped[int] = mapped_column(BigInteger)
    ce_time: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    record_topic: Mapped[str] = mapped_column(Text)
    record_partition: Mapped[int] = mapped_column(Integer)
    record_offset: Mapped[int] = mapped_column(BigInteger)


class ModeleML(Base):
    """A model of a company (0: a global one), whatever its versions."""

    __tablename__ = "modele_ml"
    __table_args__ = (UniqueConstraint("societe_id", "nom"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    nom: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text)
    type_modele: Mapped[TypeModele] = mapped_column(_enum(TypeModele))
    domaine_application: Mapped[DomaineApplication] = mapped_column(_enum(DomaineApplication))
    parametres_modele: Mapped[dict[str, Any]] = mapped_column(JSON)
    reentrainement_auto: Mapped[bool]
    frequence_reentrainement: Mapped[int] = mapped_column(Integer, comment="days")
    statut: Mapped[Statut] = mapped_column(_enum(Statut))
    accuracy: Mapped[float | None] = mapped_column(Double)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSON)
    version_courante: Mapped[int | None] = mapped_column(Integer, comment="the champion")
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
