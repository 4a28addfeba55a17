"""Who changed what: one row a change, never removed by the program."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import Engine, insert, select

from wisebook_ml.access import masked
from wisebook_ml.storage.access_tables import EntreeAudit
from wisebook_ml.storage.engine import reading, writing

__all__ = ["AuditEntry", "AuditLog", "Source", "noted"]

COLUMNS = ("quand", "jeton_id", "nom", "adresse", "societe_id", "action", "statut", "demande", "correlation", "source")

NOTED_BYTES = 4_096
"""Of what was asked, as compact JSON; of what is longer, the beginning is kept."""


class Source(StrEnum):
    """Where a change was made."""

    API = "API"
    CLI = "CLI"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One change.

    `jeton_id` is None for what the command line did, whose `nom` is the operating system's user; `societe_id` is None
    for what concerns no company. `statut` is that of the answer, or the command's exit status.
    """

    quand: dt.datetime
    jeton_id: int | None
    nom: str
    adresse: str
    societe_id: int | None
    action: str
    statut: int
    demande: Any
    correlation: str
    source: Source = Source.API


def noted(asked: object) -> object:
    """Return what is kept of what was asked: without secrets, and of what is long the beginning and its size.

    It is measured as compact JSON, so that blanks hide nothing.

    Examples
    --------
    >>> noted({"motif": "x" * 5000})["octets"]
    5012
    """
    told = masked(asked)
    written = msgspec.json.encode(told)
    if len(written) <= NOTED_BYTES:
        return told
    return {"extrait": written[:NOTED_BYTES].decode(errors="ignore"), "octets": len(written)}


class AuditLog:
    """Takes down changes, and tells them.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, entry: AuditEntry) -> None:
        """Take down a change, as far as `noted` keeps it."""
        with writing(self._engine) as connection:
            connection.execute(insert(EntreeAudit).values(asdict(entry) | {"demande": noted(entry.demande)}))

    def list(
        self, companies: frozenset[int] | None, *, limit: int, before: int | None = None
    ) -> Sequence[tuple[int, AuditEntry]]:
        """Return the latest changes with their numbers, the latest first.

        Parameters
        ----------
        companies : frozenset of int, or None
            Whose; None: all, and those that concern none.
        limit : int
            How many.
        before : int, optional
            Only changes with smaller numbers: the next page.
        """
        query = select(EntreeAudit.id, *(getattr(EntreeAudit, name) for name in COLUMNS))
        if companies is not None:
            query = query.where(EntreeAudit.societe_id.in_(companies))
        if before is not None:
            query = query.where(EntreeAudit.id < before)
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(EntreeAudit.id.desc()).limit(limit)).mappings()
            return [
                (row["id"], AuditEntry(**{name: row[name] for name in COLUMNS} | {"source": Source(row["source"])}))
                for row in rows
            ]
