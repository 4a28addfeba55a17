"""Statistics of detections: a copy of the `statistics` topic that can be asked questions."""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from schemas import Statistique
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.tables import Base, StatistiqueDetection

__all__ = ["StatisticsStore"]

TABLE = Base.metadata.tables[StatistiqueDetection.__tablename__]
FIELDS = tuple(column.name for column in TABLE.c)
PAGE = 1000
"""Windows that are read at once: six weeks of hours."""


class StatisticsStore:
    """Writes statistics in batches; one that comes again replaces what is there of its company and window.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        insert = (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(TABLE)
        self._upsert = insert.on_conflict_do_update(
            index_elements=[column for column in TABLE.c if column.primary_key],
            set_={column.name: insert.excluded[column.name] for column in TABLE.c if not column.primary_key},
        )

    def write(self, batch: Sequence[Statistique]) -> None:
        """Store a batch in one transaction; of several of one window, the last holds.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer; nothing of the batch is stored, and it may be written again.
        ValueError
            When a window's moment has no time zone.
        """
        last = {(one.societe_id, _moment(one.debut), _moment(one.fin)): one for one in batch}
        # In one order for everybody: two writers that share rows wait for each other and do not deadlock.
        rows = [{name: getattr(last[key], name) for name in FIELDS} for key in sorted(last)]
        if rows:
            with writing(self._engine) as connection:
                connection.execute(self._upsert, rows)

    def list(
        self,
        societe_id: int | None = None,
        *,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        limit: int = PAGE,
    ) -> Sequence[Statistique]:
        """Return statistics whose window begins in [`since`, `until`), the latest first, then by company."""
        query = select(TABLE).order_by(
            StatistiqueDetection.debut.desc(), StatistiqueDetection.fin.desc(), StatistiqueDetection.societe_id
        )
        if societe_id is not None:
            query = query.where(StatistiqueDetection.societe_id == societe_id)
        if since is not None:
            query = query.where(StatistiqueDetection.debut >= since)
        if until is not None:
            query = query.where(StatistiqueDetection.debut < until)
        with reading(self._engine) as connection:
            return [
                Statistique(**{name: row[name] for name in FIELDS})
                for row in connection.execute(query.limit(limit)).mappings()
            ]


def _moment(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone, so that it names no moment")
    return value.astimezone(dt.UTC)
