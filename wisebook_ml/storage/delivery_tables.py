"""The tables of deliveries: what is to reach whom, what was tried, and which destinations are to be left in peace."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from schemas import Canal, StatutLivraison
from wisebook_ml.storage.column_types import UtcDateTime, closed_list
from wisebook_ml.storage.tables import Base

__all__ = ["DestinationLivraison", "Livraison", "TentativeLivraison"]

UNPUBLISHED = text("NOT publiee")


class DestinationLivraison(Base):
    """A webhook or a mailbox of a company: who has it in work, and how long it is left in peace after failures."""

    __tablename__ = "destination_livraison"

    destination: Mapped[str] = mapped_column(
        String(32), primary_key=True, comment="digest of company, channel and address"
    )
    echecs: Mapped[int] = mapped_column(Integer, comment="in a row")
    pause: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="nothing is sent before")
    bail: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="until when an attempt has it")


class Livraison(Base):
    """One revision of an alert that is to reach one destination; removed after some months."""

    __tablename__ = "livraison"
    __table_args__ = (
        Index(None, "statut", "prochaine"),
        Index(None, "alerte_id"),
        Index(None, "societe_id", "prevue_le"),
        Index(None, "destination"),
        Index(None, "prevue_le"),
    )

    livraison_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    alerte_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(BigInteger)
    canal: Mapped[Canal] = mapped_column(closed_list(Canal))
    adresse: Mapped[str] = mapped_column(Text, comment="may hold a secret")
    destination: Mapped[str] = mapped_column(String(32), ForeignKey("destination_livraison.destination"))
    langue: Mapped[str] = mapped_column(String(2))
    alerte: Mapped[dict[str, Any]] = mapped_column(JSON, comment="the whole record")
    statut: Mapped[StatutLivraison] = mapped_column(closed_list(StatutLivraison))
    tentatives: Mapped[int] = mapped_column(Integer)
    emise_le: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="when the alert was published")
    prevue_le: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="when this row was made")
    prochaine: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="when it is looked at again")
    commencee_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="of the attempt in work")
    terminee_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    code: Mapped[int | None] = mapped_column(Integer, comment="the last answer")
    detail: Mapped[str] = mapped_column(Text)
    correlation: Mapped[str | None] = mapped_column(Text, comment="of the alert, as its header tells it")


class TentativeLivraison(Base):
    """One attempt at a delivery, or its end without one, as it is on the topic, or is to come there (`publiee`)."""

    __tablename__ = "tentative_livraison"
    __table_args__ = (
        Index("ix_tentative_livraison_a_publier", "quand", sqlite_where=UNPUBLISHED, postgresql_where=UNPUBLISHED),
    )

    livraison_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("livraison.livraison_id"), primary_key=True)
    tentative: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    statut: Mapped[StatutLivraison] = mapped_column(closed_list(StatutLivraison), primary_key=True)
    quand: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    duree_ms: Mapped[int] = mapped_column(BigInteger)
    code: Mapped[int | None] = mapped_column(Integer)
    detail: Mapped[str] = mapped_column(Text)
    prochaine: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    publiee: Mapped[bool] = mapped_column(comment="it is on the topic")
