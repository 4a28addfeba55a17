"""Pages of stored detections: each filter of the API, in an order that pages can follow, at a bounded cost.

A page of a million rows must not cost more than one of a thousand. So every order has an index that begins with the
company, a page begins after the last row of the one before (`Cursor`), and what matches is counted up to a bound. The
rows of several companies are taken company by company, each in its order, and merged; of too many companies, one walks
the order of all and passes over what is not theirs.
"""

import base64
import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    Uuid,
    and_,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.types import TypeEngine

from schemas import CodeMotif, Etat, Severite, Verdict
from wisebook_ml.storage.column_types import UtcDateTime
from wisebook_ml.storage.detections import DetectionStore, StoredDetection, stored_of
from wisebook_ml.storage.engine import reading
from wisebook_ml.storage.tables import Base, DetectionAnomalie, MotifTrouve

__all__ = ["COUNTED", "Cursor", "DetectionPage", "DetectionPages", "Filter", "Order", "UnknownCursor"]

TABLE = Base.metadata.tables[DetectionAnomalie.__tablename__]
REASONS = Base.metadata.tables[MotifTrouve.__tablename__]

COUNTED = 1_000
"""How many matches are counted: twenty pages. Who wants to know more narrows the filter."""

MERGED = 16
"""Companies whose rows are merged; those of more are picked from the order of all."""


class Order(StrEnum):
    """What comes first."""

    SCORE = "score"
    TIME = "time"


class UnknownCursor(ValueError):
    """A cursor that no page has given."""


class Cursor(NamedTuple):
    """The last row of a page: the next page begins after it."""

    score: float
    ce_time: dt.datetime
    detection_id: uuid.UUID

    def text(self) -> str:
        """Return it as callers carry it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Return the cursor that a caller carries.

        Raises
        ------
        UnknownCursor
            Where it is none.
        """
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            found = msgspec.json.decode(raw, type=cls)
            return found._replace(ce_time=found.ce_time.astimezone(dt.UTC))
        except (ValueError, OverflowError) as error:
            raise UnknownCursor("take it from `next` of the page before, unchanged") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which detections.

    Attributes
    ----------
    societes : frozenset of int, or None
        Whose; None for all companies, an empty set for none.
    etat, severite, code, journal, ecriture_num
        Only those; `code` is that of any of the reasons.
    depuis, jusque : date, optional
        Of the entry's date, both included.
    score_min : float, optional
        Least score.
    montant_min, montant_max : float, optional
        Bounds of the amount at stake, both included.
    verdict : Verdict, optional
        Only those on which this one stands.
    juge : bool, optional
        Only those on which a verdict stands, or none.
    since : datetime, optional
        Only those made since.
    periode : tuple of date, optional
        Only those of these days and between, by the date of the entry, or else by when they were made, in UTC.
    """

    societes: frozenset[int] | None
    etat: Etat | None = None
    severite: Severite | None = None
    code: CodeMotif | None = None
    journal: str | None = None
    ecriture_num: str | None = None
    depuis: dt.date | None = None
    jusque: dt.date | None = None
    score_min: float | None = None
    montant_min: str | None = None
    montant_max: str | None = None
    verdict: Verdict | None = None
    juge: bool | None = None
    since: dt.datetime | None = None
    periode: tuple[dt.date, dt.date] | None = None


@dataclass(frozen=True, slots=True)
class DetectionPage:
    """A page: its rows, how many match (up to `COUNTED`; `counted` tells whether that is all), and what comes next."""

    count: int
    counted: bool
    results: Sequence[StoredDetection]
    next: Cursor | None


class DetectionPages(DetectionStore):
    """The stored detections, with every filter of the API."""

    def page(
        self,
        wanted: Filter,
        order: Order,
        *,
        limit: int,
        offset: int = 0,
        after: Cursor | None = None,
        count: bool = True,
    ) -> DetectionPage:
        """Return a page of detections.

        Parameters
        ----------
        wanted : Filter
            Which.
        order : Order
            Highest score or latest first.
        limit, offset : int
            Size of the page, and how many detections to pass over before it.
        after : Cursor, optional
            The end of the page before, instead of an offset: as quick for the last page as for the first.
        count : bool
            Whether to count what matches; otherwise the page says 0.
        """
        with reading(self._engine) as connection:
            matches = select(func.count()).select_from(_counted(wanted).subquery())
            counted = connection.execute(matches).scalar_one() if count else 0
            ids = connection.execute(_ids(wanted, order, after, limit + 1, offset)).scalars().all()
            rows = connection.execute(select(TABLE).where(TABLE.c.detection_id.in_(ids[:limit]))).mappings()
            there = {row["detection_id"]: stored_of(row) for row in rows}
        found = [there[one] for one in ids[:limit]]
        following = _cursor(found[-1]) if len(ids) > limit else None
        return DetectionPage(min(counted, COUNTED), counted <= COUNTED, found, following)

    def open_by_severity(self, societes: frozenset[int] | None) -> dict[int, dict[Severite, int]]:
        """Return how many open detections of each severity there are, by company; None: of all companies."""
        query = select(TABLE.c.societe_id, TABLE.c.severite, func.count()).where(_is(Etat.OUVERTE, TABLE.c))
        if societes is not None:
            query = query.where(TABLE.c.societe_id.in_(societes))
        found: dict[int, dict[Severite, int]] = defaultdict(dict)
        with reading(self._engine) as connection:
            for societe_id, severite, count in connection.execute(query.group_by(TABLE.c.societe_id, TABLE.c.severite)):
                found[societe_id][severite] = count
        return dict(found)

    def probe(self) -> None:
        """Raise `StorageError` unless the database answers."""
        self._read(select(TABLE).limit(1))


def _cursor(stored: StoredDetection) -> Cursor:
    return Cursor(stored.detection.score, stored.ce_time, stored.detection.detection_id)


def _counted(wanted: Filter) -> Select[Any]:
    branches = [_branch(wanted, one).limit(COUNTED + 1) for one in _companies(wanted)]
    if len(branches) == 1:
        return branches[0]
    each = [select(one.subquery()) for one in branches]
    return select(union_all(*each).subquery()).limit(COUNTED + 1)


def _ids(wanted: Filter, order: Order, after: Cursor | None, limit: int, offset: int) -> Select[Any]:
    """Return the query for the ids of a page, from the companies' own orders where there are few."""
    companies = _companies(wanted)
    if len(companies) == 1:
        return _ordered(_branch(wanted, companies[0]), wanted, order, after).limit(limit).offset(offset)
    each = [
        select(_ordered(_branch(wanted, one), wanted, order, after).limit(limit + offset).subquery())
        for one in companies
    ]
    merged = union_all(*each).subquery()
    keys = [merged.c.score, merged.c.ce_time, merged.c.detection_id][order is Order.TIME :]
    return select(merged.c.detection_id).order_by(*(one.desc() for one in keys)).limit(limit).offset(offset)


def _companies(wanted: Filter) -> list[frozenset[int] | None]:
    """Return whose rows are asked for one after the other; None: those of all."""
    if wanted.societes is None or not wanted.societes or len(wanted.societes) > MERGED:
        return [wanted.societes]
    return [frozenset({one}) for one in sorted(wanted.societes)]


def _source(wanted: Filter) -> Any:
    """Return the table whose index has the order: that of reasons where a reason is asked for."""
    return TABLE if wanted.code is None else REASONS


def _ordered(query: Select[Any], wanted: Filter, order: Order, after: Cursor | None) -> Select[Any]:
    source = _source(wanted).c
    names = ["score", "ce_time", "detection_id"][order is Order.TIME :]
    columns = [source[name] for name in names]
    if after is not None:
        types: dict[str, TypeEngine[Any]] = {"score": Float(), "ce_time": UtcDateTime(), "detection_id": Uuid()}
        last = [literal(getattr(after, name), types[name]) for name in names]
        query = query.where(tuple_(*columns) < tuple_(*last))
    # All of them the same way, so that one comparison of rows tells what comes after, and an index read backwards.
    return query.order_by(*(column.desc() for column in columns))


def _branch(wanted: Filter, societes: frozenset[int] | None) -> Select[Any]:
    source = _source(wanted)
    query = select(source.c.detection_id, source.c.score, source.c.ce_time)
    if societes is not None:
        one = next(iter(societes)) if len(societes) == 1 else None
        whose = source.c.societe_id
        if wanted.ecriture_num is not None and wanted.code is None:
            # As no index has it: SQLite, which does not know how few rows have a number, would rather go through all
            # of the company's in their order.
            whose = whose + 0
        query = query.where(whose.in_(societes) if one is None else whose == one)
    if wanted.code is not None:
        query = query.where(source.c.code == wanted.code)
        if others := _apart(wanted):
            query = query.join(TABLE, TABLE.c.detection_id == source.c.detection_id).where(*others)
    else:
        query = query.where(*_apart(wanted))
    query = query.where(*_beside(wanted, source.c))
    if wanted.score_min is not None:
        query = query.where(source.c.score >= wanted.score_min)
    if wanted.since is not None:
        query = query.where(source.c.ce_time >= wanted.since)
    return query


def _beside(wanted: Filter, row: Any) -> list[ColumnElement[bool]]:
    """Return what is asked of what stands beside reasons as well."""
    found: list[ColumnElement[bool]] = []
    if wanted.etat is not None:
        found.append(_is(wanted.etat, row))
    if wanted.severite is not None:
        found.append(row.severite == wanted.severite)
    if wanted.journal is not None:
        found.append(row.journal_code == wanted.journal)
    return found


def _apart(wanted: Filter) -> list[ColumnElement[bool]]:
    """Return what is asked of the detections alone."""
    row = TABLE.c
    found: list[ColumnElement[bool]] = []
    if wanted.ecriture_num is not None:
        found.append(row.ecriture_num == wanted.ecriture_num)
    if wanted.depuis is not None:
        found.append(row.ecriture_date >= wanted.depuis)
    if wanted.jusque is not None:
        found.append(row.ecriture_date <= wanted.jusque)
    if wanted.periode is not None:
        found.append(_within(*wanted.periode))
    if wanted.montant_min is not None:
        found.append(row.montant >= wanted.montant_min)
    if wanted.montant_max is not None:
        found.append(row.montant <= wanted.montant_max)
    if wanted.verdict is not None:
        found += [row.verdict.is_not(None), row.verdict == wanted.verdict]
    if wanted.juge is not None:
        found.append(row.verdict.is_not(None) if wanted.juge else row.verdict.is_(None))
    return found


def _is(etat: Etat, row: Any) -> ColumnElement[bool]:
    # Written out: a parameter would not tell the database that a partial index has the rows.
    told: ColumnElement[bool] = row.etat == literal_column(f"'{etat.value}'")
    return told


def _within(first: dt.date, last: dt.date) -> ColumnElement[bool]:
    row, day = TABLE.c, dt.timedelta(days=1)
    begin = dt.datetime.combine(first, dt.time(), dt.UTC)
    end = dt.datetime.combine(last, dt.time(), dt.UTC) + day
    made = and_(row.ecriture_date.is_(None), row.ce_time >= begin, row.ce_time < end)
    return or_(row.ecriture_date.between(first, last), made)
