"""The table of the keys that names are pseudonymised with."""

import datetime as dt

from sqlalchemy import BigInteger, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from schemas.pseudonym import KEY_ID_LETTERS
from wisebook_ml.storage.column_types import UtcDateTime
from wisebook_ml.storage.tables import Base

__all__ = ["ClePseudonyme"]

IN_FORCE = text("efface_le IS NULL")


class ClePseudonyme(Base):
    """A key of a company; of one that was erased the row stays, to tell that there was one."""

    __tablename__ = "cle_pseudonyme"
    __table_args__ = (
        Index(
            "ix_cle_pseudonyme_en_vigueur",
            "societe_id",
            unique=True,
            sqlite_where=IN_FORCE,
            postgresql_where=IN_FORCE,
        ),
    )

    cle_id: Mapped[str] = mapped_column(String(KEY_ID_LETTERS), primary_key=True, comment="which each pseudonym names")
    societe_id: Mapped[int] = mapped_column(BigInteger)
    cle: Mapped[bytes | None] = mapped_column(LargeBinary, comment="wrapped by the master key; null: erased")
    cree_le: Mapped[dt.datetime] = mapped_column(UtcDateTime)
    efface_le: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
