"""The base of all tables, and those of detections, verdicts, settings, timers and statistics.

Their names are the entities' French names, as the rest of WiseBook calls them. Others are in `model_tables`,
`alert_tables`, `delivery_tables`, `access_tables` and `pseudonym_tables`.
"""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from schemas import (
    CodeMotif,
    DomaineApplication,
    Etat,
    Severite,
    StatutExecution,
    TypeObjet,
    Verdict,
)
from wisebook_ml.storage.column_types import MontantType, UtcDateTime, closed_list

__all__ = [
    "AvisDetection",
    "Base",
    "DeriveModele",
    "DetectionAnomalie",
    "ExecutionMinuterie",
    "MotifTrouve",
    "StatistiqueDetection",
    "VersionParametres",
]

UNMARKED = text("marquee_le IS NULL")
STANDS = text("etat = 'OUVERTE'")

IN_ORDER = ("score", "ce_time", "detection_id")
"""As detections are listed."""
OF_COMPANY = ("societe_id", *IN_ORDER)
ASKED = ("etat", "severite", "journal_code", "ecriture_date", "montant", "verdict")
"""What filters ask, kept beside the orders: what does not match is passed over without a look at its row."""
DETECTION_LISTS = {
    "score": (*IN_ORDER, "societe_id", *ASKED),
    "ce_time": (*IN_ORDER[1:], "societe_id", *ASKED),
    "severite": ("severite", *IN_ORDER),
    "societe_score": (*OF_COMPANY, *ASKED),
    "societe_ce_time": ("societe_id", *IN_ORDER[1:], *ASKED),
    "societe_severite": ("societe_id", "severite", *IN_ORDER),
    "societe_journal": ("societe_id", "journal_code", *IN_ORDER),
    "societe_date": ("societe_id", "ecriture_date"),
    "societe_montant": ("societe_id", "montant"),
    "ecriture_num": ("ecriture_num",),
}
"""Indexes that lists of a million detections need."""


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
        *(Index(f"ix_detection_anomalie_{name}", *columns) for name, columns in DETECTION_LISTS.items()),
        Index("ix_detection_anomalie_ouverte", "societe_id", "severite", sqlite_where=STANDS, postgresql_where=STANDS),
    )

    detection_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    domaine: Mapped[DomaineApplication] = mapped_column(closed_list(DomaineApplication))
    objet_type: Mapped[TypeObjet] = mapped_column(closed_list(TypeObjet))
    objet_id: Mapped[str] = mapped_column(Text)
    etat: Mapped[Etat] = mapped_column(closed_list(Etat))
    revision: Mapped[int] = mapped_column(BigInteger)
    ecriture_id: Mapped[str | None] = mapped_column(Text)
    journal_code: Mapped[str | None] = mapped_column(Text)
    ecriture_num: Mapped[str | None] = mapped_column(Text)
    ecriture_date: Mapped[dt.date | None]
    montant: Mapped[str] = mapped_column(MontantType)
    score: Mapped[float] = mapped_column(Double)
    severite: Mapped[Severite] = mapped_column(closed_list(Severite))
    motifs: Mapped[list[Any]] = mapped_column(JSON)
    contributions: Mapped[dict[str, float]] = mapped_column(JSON)
    modeles: Mapped[list[Any]] = mapped_column(JSON)
    parametres_version: Mapped[int] = mapped_column(BigInteger)
    ce_time: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    record_topic: Mapped[str] = mapped_column(Text)
    record_partition: Mapped[int] = mapped_column(Integer)
    record_offset: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[Verdict | None] = mapped_column(
        closed_list(Verdict), comment="the one that stands, of avis_detection"
    )


class MotifTrouve(Base):
    """A control or a model that is among the reasons of a detection, so that one can ask for its detections.

    Beside it stands what is asked for most often together with it, as the detection has it.
    """

    __tablename__ = "motif_trouve"
    __table_args__ = (
        Index("ix_motif_trouve_societe", "societe_id", "code", *IN_ORDER, *ASKED[:3]),
        Index("ix_motif_trouve_code", "code", *IN_ORDER, "societe_id", *ASKED[:3]),
    )

    detection_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    code: Mapped[CodeMotif] = mapped_column(closed_list(CodeMotif), primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float] = mapped_column(Double)
    ce_time: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    etat: Mapped[Etat] = mapped_column(closed_list(Etat))
    severite: Mapped[Severite] = mapped_column(closed_list(Severite))
    journal_code: Mapped[str | None] = mapped_column(Text)


class AvisDetection(Base):
    """One accepted verdict, and the detection as it was when it was judged; rows are never removed.

    One on a missed entry has no detection: then `detection_id` is the id that it would have, and `revision` 0.
    """

    __tablename__ = "avis_detection"
    __table_args__ = (
        UniqueConstraint("empreinte"),
        Index(None, "detection_id"),
        Index(None, "societe_id", "donne_le"),
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, comment="in the order of acceptance")
    empreinte: Mapped[str] = mapped_column(String(32), comment="of the record, so that it counts once")
    detection_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    revision: Mapped[int] = mapped_column(BigInteger, comment="of the detection")
    societe_id: Mapped[int] = mapped_column(BigInteger)
    verdict: Mapped[Verdict] = mapped_column(closed_list(Verdict))
    compte_num: Mapped[str | None] = mapped_column(Text, comment="the right account")
    auteur: Mapped[str] = mapped_column(Text)
    commentaire: Mapped[str] = mapped_column(Text)
    remplace: Mapped[bool] = mapped_column(comment="given in the place of the one before")
    en_vigueur: Mapped[bool] = mapped_column(comment="the one that stands")
    donne_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    ecriture_id: Mapped[str | None] = mapped_column(Text)
    journal_code: Mapped[str | None] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Double)
    motifs: Mapped[dict[str, float]] = mapped_column(JSON, comment="points of each reason")
    contributions: Mapped[dict[str, float]] = mapped_column(JSON)
    modeles: Mapped[list[Any]] = mapped_column(JSON)
    parametres_version: Mapped[int | None] = mapped_column(BigInteger)


class VersionParametres(Base):
    """One version of a company's settings (0: the default of all); written once, but for when its marker was placed."""

    __tablename__ = "version_parametres"
    __table_args__ = (
        UniqueConstraint("origine"),
        Index("ix_version_parametres_sans_marqueur", "societe_id", sqlite_where=UNMARKED, postgresql_where=UNMARKED),
    )

    societe_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    parametres: Mapped[dict[str, Any]] = mapped_column(JSON, comment="the whole record")
    auteur: Mapped[str] = mapped_column(Text, comment="who")
    motif: Mapped[str] = mapped_column(Text, comment="why")
    origine: Mapped[str] = mapped_column(Text, comment="the record that asked for it")
    enregistree_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    marquee_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime, comment="its marker is on the entries topic")


class ExecutionMinuterie(Base):
    """One run of a timer, or one attempt at it that failed; rows are never removed."""

    __tablename__ = "execution_minuterie"
    __table_args__ = (Index(None, "debut"),)

    minuterie: Mapped[str] = mapped_column(String(200), primary_key=True)
    echeance: Mapped[dt.datetime] = mapped_column(
        UtcDateTime, primary_key=True, comment="when it was due, or asked for"
    )
    debut: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    statut: Mapped[StatutExecution] = mapped_column(closed_list(StatutExecution))
    acquise: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="how far the timer is")
    duree_ms: Mapped[int] = mapped_column(BigInteger)
    sautees: Mapped[int] = mapped_column(BigInteger, comment="due times before it that were missed")
    tentative: Mapped[int] = mapped_column(BigInteger)
    demandeur: Mapped[str] = mapped_column(Text, comment="who ran it by hand")
    publies: Mapped[dict[str, int]] = mapped_column(JSON, comment="records by topic")
    detail: Mapped[str] = mapped_column(Text, comment="why it failed")


class StatistiqueDetection(Base):
    """Counts of one company over one window."""

    __tablename__ = "statistique_detection"

    societe_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    debut: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    fin: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True)
    ecritures: Mapped[int] = mapped_column(BigInteger)
    detections: Mapped[dict[str, int]] = mapped_column(JSON, comment="by control and by model")
    avis: Mapped[dict[str, int]] = mapped_column(JSON, comment="by verdict")
    taux_faux_positifs: Mapped[float | None] = mapped_column(Double)
    precision: Mapped[float | None] = mapped_column(Double)
    taux_controles: Mapped[dict[str, float]] = mapped_column(JSON, comment="of all verdicts that stand, by control")
    taux_modeles: Mapped[dict[str, float]] = mapped_column(JSON, comment="the same, by id of the model")
    severites: Mapped[dict[str, int]] = mapped_column(JSON, comment="detections by severity")
    journaux: Mapped[dict[str, int]] = mapped_column(JSON, comment="entries by journal")
    lignes: Mapped[int] = mapped_column(BigInteger)
    montant: Mapped[str] = mapped_column(MontantType)
    scores: Mapped[list[int]] = mapped_column(JSON, comment="composites in bars of equal width")
    latence_mediane_ms: Mapped[float | None] = mapped_column(Double)
    latence_p99_ms: Mapped[float | None] = mapped_column(Double)
    tardives: Mapped[int] = mapped_column(BigInteger, comment="entries that were too late for any window")
    en_avance: Mapped[int] = mapped_column(BigInteger, comment="entries that are dated in the future")


class DeriveModele(Base):
    """The report of one check of a version of a model."""

    __tablename__ = "derive"
    __table_args__ = (Index(None, "modele_id", "echeance"), Index(None, "societe_id", "echeance"))

    modele_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    echeance: Mapped[dt.datetime] = mapped_column(UtcDateTime, primary_key=True, comment="when the check was due")
    societe_id: Mapped[int] = mapped_column(BigInteger)
    derive: Mapped[bool] = mapped_column(comment="whether there is drift")
    variables: Mapped[list[Any]] = mapped_column(JSON, comment="what moved")
    du: Mapped[dt.date | None]
    au: Mapped[dt.date | None]
    lignes: Mapped[int | None] = mapped_column(BigInteger)
    remarques_fr: Mapped[list[str]] = mapped_column(JSON)
    remarques_en: Mapped[list[str]] = mapped_column(JSON)
