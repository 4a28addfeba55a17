"""Runs of timers: a copy of the `timer-runs` topic that keeps them all, and can be asked questions."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from schemas import ExecutionMinuterie
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.engine import reading
from wisebook_ml.storage.tables import Base
from wisebook_ml.storage.tables import ExecutionMinuterie as Row
from wisebook_ml.storage.upsert import TopicCopy

__all__ = ["TimerRunStore"]

TABLE = Base.metadata.tables[Row.__tablename__]
TEXTS = ("minuterie", "demandeur", "detail")
PAGE = 1000
"""Runs that are read at once: six weeks of hours."""


class TimerRunStore(TopicCopy[ExecutionMinuterie]):
    """Runs of timers, each attempt a row of its own."""

    table = TABLE

    def _key(self, record: ExecutionMinuterie) -> tuple[str, dt.datetime, dt.datetime]:
        return record.minuterie, record.echeance, record.debut

    def _row(self, record: ExecutionMinuterie) -> dict[str, object]:
        return {**super()._row(record), **{name: text(getattr(record, name)) for name in TEXTS}}

    def list(self, minuterie: str | None = None, *, limit: int = PAGE) -> Sequence[ExecutionMinuterie]:
        """Return the runs, of one timer where given, the latest first."""
        query = select(TABLE).order_by(Row.debut.desc(), Row.echeance.desc(), Row.minuterie)
        if minuterie is not None:
            query = query.where(Row.minuterie == minuterie)
        with reading(self._engine) as connection:
            return [
                ExecutionMinuterie(**{name: row[name] for name in self._fields})
                for row in connection.execute(query.limit(limit)).mappings()
            ]
