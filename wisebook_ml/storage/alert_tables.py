"""The tables of alerts: what was told of which detections, what is to be told, and how far the detections were read."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from schemas import EtatAlerte, Severite, TypeObjet
from wisebook_ml.storage.column_types import UtcDateTime, closed_list
from wisebook_ml.storage.tables import Base

__all__ = ["Alerte", "AlerteDetection", "AlerteEnvoi", "AlertePosition", "AlerteSociete"]


class Alerte(Base):
    """One alert as it stands, and what the role that makes alerts remembers of it (`suivi`); rows are never removed."""

    __tablename__ = "alerte"
    __table_args__ = (Index(None, "societe_id", "etat", "ouverte_le"), Index(None, "societe_id", "prochaine"))

    alerte_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    etat: Mapped[EtatAlerte] = mapped_column(closed_list(EtatAlerte))
    severite: Mapped[Severite] = mapped_column(closed_list(Severite))
    cause: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(BigInteger, comment="told last")
    ouverte_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    derniere_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    prochaine: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="when something is due about it")
    suivi: Mapped[dict[str, Any]] = mapped_column(JSON, comment="all of it")


class AlerteDetection(Base):
    """Which alert a detection went into."""

    __tablename__ = "alerte_detection"
    __table_args__ = (Index(None, "alerte_id"),)

    detection_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    alerte_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(BigInteger)
    severite: Mapped[Severite] = mapped_column(closed_list(Severite))
    montant: Mapped[int] = mapped_column(BigInteger, comment="cents")
    code: Mapped[str] = mapped_column(Text)
    objet: Mapped[TypeObjet] = mapped_column(closed_list(TypeObjet))
    journal: Mapped[str] = mapped_column(Text)
    ouverte: Mapped[bool]


class AlerteSociete(Base):
    """What the next alert of a company depends on, and when something is due."""

    __tablename__ = "alerte_societe"
    __table_args__ = (Index(None, "record_partition", "prochaine"),)

    societe_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    record_partition: Mapped[int] = mapped_column(Integer)
    prochaine: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    etat: Mapped[dict[str, Any]] = mapped_column(JSON)


class AlertePosition(Base):
    """Up to which record of a partition of the detections the other tables include what follows."""

    __tablename__ = "alerte_position"

    record_partition: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    topic_id: Mapped[str] = mapped_column(Text, comment="Kafka's own id of the topic")
    prochain: Mapped[int] = mapped_column(BigInteger, comment="offset of the next record")


class AlerteEnvoi(Base):
    """A record of an alert that is to be published; a row goes when the brokers have it."""

    __tablename__ = "alerte_envoi"
    __table_args__ = (Index(None, "record_partition"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="in their order")
    record_partition: Mapped[int] = mapped_column(Integer)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    valeur: Mapped[bytes] = mapped_column(LargeBinary)
    entetes: Mapped[list[list[str]]] = mapped_column(JSON)
