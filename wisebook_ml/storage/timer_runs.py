"""Runs of timers: a copy of the `timer-runs` topic that keeps them all, and can be asked questions."""

from collections.abc import Sequence

from sqlalchemy import Engine, select

from schemas import ExecutionMinuterie
from wisebook_ml.storage.campaign_rows import text
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.tables import Base
from wisebook_ml.storage.tables import ExecutionMinuterie as Row
from wisebook_ml.storage.upsert import upsert

__all__ = ["TimerRunStore"]

TABLE = Base.metadata.tables[Row.__tablename__]
FIELDS = tuple(column.name for column in TABLE.c)
TEXTS = ("minuterie", "demandeur", "detail")
PAGE = 1000
"""Runs that are read at once: six weeks of hours."""


class TimerRunStore:
    """Writes runs in batches; one that comes again leaves the same row.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._upsert = upsert(engine, TABLE)

    def write(self, batch: Sequence[ExecutionMinuterie]) -> None:
        """Store a batch in one transaction.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer; nothing of the batch is stored, and it may be written again.
        """
        last = {(run.minuterie, run.echeance, run.debut): run for run in batch}
        # In one order for everybody: two writers that share rows wait for each other and do not deadlock.
        rows = [_row(last[key]) for key in sorted(last)]
        if rows:
            with writing(self._engine) as connection:
                connection.execute(self._upsert, rows)

    def list(self, minuterie: str | None = None, *, limit: int = PAGE) -> Sequence[ExecutionMinuterie]:
        """Return the runs, of one timer where given, the latest first."""
        query = select(TABLE).order_by(Row.debut.desc(), Row.echeance.desc(), Row.minuterie)
        if minuterie is not None:
            query = query.where(Row.minuterie == minuterie)
        with reading(self._engine) as connection:
            return [
                ExecutionMinuterie(**{name: row[name] for name in FIELDS})
                for row in connection.execute(query.limit(limit)).mappings()
            ]


def _row(run: ExecutionMinuterie) -> dict[str, object]:
    return {**{name: getattr(run, name) for name in FIELDS}, **{name: text(getattr(run, name)) for name in TEXTS}}
