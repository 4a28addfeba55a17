"""The tables of access: tokens, browser sessions, what was changed by whom, and requests that may come again."""

import datetime as dt
import uuid
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, LargeBinary, String, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from wisebook_ml.storage.column_types import UtcDateTime
from wisebook_ml.storage.tables import Base

__all__ = ["EntreeAudit", "JetonApi", "RequeteIdempotente", "SessionWeb"]

DIGEST_LENGTH = 64


class JetonApi(Base):
    """A token: what is left of it is its digest. Rows are never removed, since the audit log names them."""

    __tablename__ = "jeton_api"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    empreinte: Mapped[str] = mapped_column(String(DIGEST_LENGTH), unique=True, comment="SHA-256 of the token")
    nom: Mapped[str] = mapped_column(Text, comment="whose it is")
    societes: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True), comment="null: all")
    droits: Mapped[list[str]] = mapped_column(JSON)
    cree_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expire_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    revoque_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)


class SessionWeb(Base):
    """A browser that signed in with a token; it ends with the token."""

    __tablename__ = "session_web"

    empreinte: Mapped[str] = mapped_column(String(DIGEST_LENGTH), primary_key=True, comment="SHA-256 of the cookie")
    jeton_id: Mapped[int] = mapped_column(Integer, ForeignKey("jeton_api.id"))
    cree_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    expire_le: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)


class EntreeAudit(Base):
    """One change that was made through the API or the CLI."""

    __tablename__ = "journal_audit"
    __table_args__ = (Index(None, "societe_id", "id"),)

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    quand: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    jeton_id: Mapped[int | None] = mapped_column(Integer, comment="null: from the command line")
    nom: Mapped[str] = mapped_column(Text, comment="of the token then")
    adresse: Mapped[str] = mapped_column(Text, comment="that it came from")
    source: Mapped[str] = mapped_column(String(16), server_default="API", comment="API or CLI")
    societe_id: Mapped[int | None] = mapped_column(BigInteger, comment="null: of no company in particular")
    action: Mapped[str] = mapped_column(Text, comment="method and path, or the command")
    statut: Mapped[int] = mapped_column(Integer, comment="of the answer; of a command its exit status")
    demande: Mapped[Any] = mapped_column(JSON, comment="what was asked, without secrets; of what is long the beginning")
    correlation: Mapped[str] = mapped_column(Text)


class RequeteIdempotente(Base):
    """A POST with an `Idempotency-Key`, and its answer; removed after a day."""

    __tablename__ = "requete_idempotente"

    jeton_id: Mapped[int] = mapped_column(Integer, ForeignKey("jeton_api.id"), primary_key=True)
    cle: Mapped[str] = mapped_column(String(255), primary_key=True)
    empreinte: Mapped[str] = mapped_column(String(DIGEST_LENGTH), comment="of method, path and body")
    recue_le: Mapped[dt.datetime] = mapped_column(UtcDateTime, index=True)
    operation_id: Mapped[uuid.UUID] = mapped_column(
        Uuid, server_default="0" * 32, comment="of what it brings about, whoever has it in work"
    )
    proprietaire: Mapped[uuid.UUID | None] = mapped_column(Uuid, comment="who has it in work; null: nobody")
    statut: Mapped[int | None] = mapped_column(Integer, comment="null: not answered")
    entetes: Mapped[dict[str, str]] = mapped_column(JSON)
    corps: Mapped[bytes] = mapped_column(LargeBinary)
