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
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
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
    Etape,
    Etat,
    EtatAlerte,
    Motif,
    Severite,
    Statut,
    StatutCampagne,
    StatutExecution,
    TypeModele,
    TypeObjet,
    Verdict,
)
from wisebook_ml.storage.column_types import MontantType, UtcDateTime

__all__ = [
    "Alerte",
    "AlerteDetection",
    "AlerteEnvoi",
    "AlertePosition",
    "AlerteSociete",
    "AvisDetection",
    "Base",
    "CampagneEntrainement",
    "DeriveModele",
    "DetectionAnomalie",
    "ExecutionMinuterie",
    "ModeleML",
    "MotifTrouve",
    "PromotionModele",
    "StatistiqueDetection",
    "VersionModele",
    "VersionParametres",
]

ENUM_LENGTH = 32
"""Room for values to come; the longest today has 22 letters."""


OPEN = text("statut IN ('DEMANDEE', 'EN_COURS')")
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
        *(Index(f"ix_detection_anomalie_{name}", *columns) for name, columns in DETECTION_LISTS.items()),
        Index("ix_detection_anomalie_ouverte", "societe_id", "severite", sqlite_where=STANDS, postgresql_where=STANDS),
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
    verdict: Mapped[Verdict | None] = mapped_column(_enum(Verdict), comment="the one that stands, of avis_detection")


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
    code: Mapped[CodeMotif] = mapped_column(_enum(CodeMotif), primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    score: Mapped[float] = mapped_column(Double)
    ce_time: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    etat: Mapped[Etat] = mapped_column(_enum(Etat))
    severite: Mapped[Severite] = mapped_column(_enum(Severite))
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
    verdict: Mapped[Verdict] = mapped_column(_enum(Verdict))
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
    motif: Mapped[Motif] = mapped_column(_enum(Motif))
    demandeur: Mapped[str] = mapped_column(Text)
    du: Mapped[dt.date | None]
    au: Mapped[dt.date | None]
    statut: Mapped[StatutCampagne] = mapped_column(_enum(StatutCampagne))
    etape: Mapped[Etape | None] = mapped_column(_enum(Etape))
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
    statut_avant: Mapped[Statut | None] = mapped_column(_enum(Statut), comment="the model's, before the training")


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
    statut: Mapped[StatutExecution] = mapped_column(_enum(StatutExecution))
    acquise: Mapped[dt.datetime] = mapped_column(UtcDateTime, comment="how far the timer is")
    duree_ms: Mapped[int] = mapped_column(BigInteger)
    sautees: Mapped[int] = mapped_column(BigInteger, comment="due times before it that were missed")
    tentative: Mapped[int] = mapped_column(BigInteger)
    demandeur: Mapped[str] = mapped_column(Text, comment="who ran it by hand")
    publies: Mapped[dict[str, int]] = mapped_column(JSON, comment="records by topic")
    detail: Mapped[str] = mapped_column(Text, comment="why it failed")


class Alerte(Base):
    """One alert as it stands, and what the role that makes alerts remembers of it (`suivi`); rows are never removed."""

    __tablename__ = "alerte"
    __table_args__ = (Index(None, "societe_id", "etat", "ouverte_le"), Index(None, "societe_id", "prochaine"))

    alerte_id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    societe_id: Mapped[int] = mapped_column(BigInteger)
    etat: Mapped[EtatAlerte] = mapped_column(_enum(EtatAlerte))
    severite: Mapped[Severite] = mapped_column(_enum(Severite))
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
    severite: Mapped[Severite] = mapped_column(_enum(Severite))
    montant: Mapped[int] = mapped_column(BigInteger, comment="cents")
    code: Mapped[str] = mapped_column(Text)
    objet: Mapped[TypeObjet] = mapped_column(_enum(TypeObjet))
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
