"""What the outbox asks of a database, whichever library speaks with it; and its two tables.

Texts of SQL name their parameters as ``:name``. Times are whole milliseconds since 1970, which all databases and
drivers mean the same by.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

__all__ = ["EVENTS", "LANES", "Database", "Execute", "Unsupported", "supported"]

EVENTS = "wisebook_ml_outbox"
"""Table of the events that are not published yet."""

LANES = "wisebook_ml_outbox_lane"
"""Table of the companies: whoever has a company's row publishes its events, and nobody else does."""

SUPPORTED = ("postgresql", "sqlite")


class Unsupported(Exception):
    """A database that the outbox does not know how to be exact on."""


class Execute(Protocol):
    """Runs a statement in the transaction that is open, and returns its rows."""

    def __call__(self, sql: str, values: Mapping[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a SELECT; of other statements none."""


class Database(Protocol):
    """A database as the relay uses it."""

    @property
    def dialect(self) -> str:
        """``postgresql`` or ``sqlite``."""

    def transaction(self) -> AbstractContextManager[Execute]:
        """Open a transaction: committed at the end, rolled back on an error."""


def supported(dialect: str) -> str:
    """Return the dialect.

    Raises
    ------
    Unsupported
        For one that is not tested.
    """
    if dialect not in SUPPORTED:
        raise Unsupported(f"the outbox knows {' and '.join(SUPPORTED)}, not {dialect}; keep its tables in one of them")
    return dialect
