"""Statistics of detections: a copy of the `statistics` topic that can be asked questions."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, extract, func, select

from schemas import Pas, Statistique
from wisebook_ml.storage.engine import reading
from wisebook_ml.storage.tables import Base, StatistiqueDetection
from wisebook_ml.storage.upsert import TopicCopy

__all__ = ["StatisticsStore"]

TABLE = Base.metadata.tables[StatistiqueDetection.__tablename__]
PAGE = 1000
"""Windows that are read at once: six weeks of hours."""

LONGEST_HOUR = 2 * 3600
"""Seconds; what is longer is a day, which has 23 hours at least."""


class StatisticsStore(TopicCopy[Statistique]):
    """Statistics; one that comes again replaces what is there of its company and window."""

    table = TABLE

    def _key(self, record: Statistique) -> tuple[int, dt.datetime, dt.datetime]:
        return record.societe_id, _moment(record.debut), _moment(record.fin)

    def list(
        self,
        societe_id: int | None = None,
        *,
        pas: Pas | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Sequence[Statistique]:
        """Return statistics whose window begins in [`since`, `until`), the latest first, then by company.

        Parameters
        ----------
        societe_id : int, optional
            Whose; by default of all companies.
        pas : Pas, optional
            Only hours, or only days.
        since, until : datetime, optional
            When their windows begin.
        limit, offset : int
            How many at most, and how many to pass over before.
        """
        query = _chosen(select(TABLE), societe_id, pas, since, until).order_by(
            StatistiqueDetection.debut.desc(), StatistiqueDetection.fin.desc(), StatistiqueDetection.societe_id
        )
        with reading(self._engine) as connection:
            return [
                Statistique(**{name: row[name] for name in self._fields})
                for row in connection.execute(query.limit(limit).offset(offset)).mappings()
            ]

    def count(
        self,
        societe_id: int | None = None,
        *,
        pas: Pas | None = None,
        since: dt.datetime | None = None,
        until: dt.datetime | None = None,
    ) -> int:
        """Return how many statistics there are of those that `list` returns."""
        query = _chosen(select(func.count()).select_from(TABLE), societe_id, pas, since, until)
        with reading(self._engine) as connection:
            return int(connection.execute(query).scalar_one())


def _chosen(
    query: Select[Any], societe_id: int | None, pas: Pas | None, since: dt.datetime | None, until: dt.datetime | None
) -> Select[Any]:
    if societe_id is not None:
        query = query.where(StatistiqueDetection.societe_id == societe_id)
    if since is not None:
        query = query.where(StatistiqueDetection.debut >= since)
    if until is not None:
        query = query.where(StatistiqueDetection.debut < until)
    if pas is not None:
        length = extract("epoch", StatistiqueDetection.fin) - extract("epoch", StatistiqueDetection.debut)
        query = query.where(length <= LONGEST_HOUR if pas is Pas.HEURE else length > LONGEST_HOUR)
    return query


def _moment(value: dt.datetime) -> dt.datetime:
    if value.tzinfo is None:
        raise ValueError(f"{value.isoformat()} has no time zone, so that it names no moment")
    return value.astimezone(dt.UTC)
