"""Verdicts that were accepted, each with the detection as it was judged, and what they say of controls and models."""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, Insert, RowMapping, Select, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from schemas import Avis, CodeMotif, ModeleUtilise, Verdict
from wisebook_ml.feedback.judgement import Judgement
from wisebook_ml.feedback.reliability import Reliability, reliability
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.reasons import note_verdicts
from wisebook_ml.storage.tables import AvisDetection, Base

__all__ = ["VerdictStore"]

PAGE = 100
"""Verdicts that a person reads at once."""

MOST_JUDGED = 5_000
"""A company's last verdicts that are counted: some years of them, and read in a quarter of a second."""

AT_ONCE = 500
"""Values that a query names; databases bound them."""

TABLE = Base.metadata.tables[AvisDetection.__tablename__]

OF_AVIS = tuple(name for name in Avis.__struct_fields__ if name in TABLE.c)
OF_JUDGEMENT = ("empreinte", "score", "contributions", "parametres_version", "journal_code", "en_vigueur", "donne_le")
"""Fields that are stored as they are."""

T = TypeVar("T")


class VerdictStore:
    """Writes accepted verdicts, and answers what they are, which stand, and what they say of controls and models.

    Writing is idempotent: a record that comes again is known by its `empreinte`.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = _insert(engine.dialect.name)

    def write(self, batch: Sequence[Judgement]) -> None:
        """Store a batch in one transaction, in its order; of each subject, the last of its latest revision stands.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer; nothing of the batch is stored, and it may be written again.
        """
        if not batch:
            return
        with writing(self._engine) as connection:
            for one in batch:  # one by one: their numbers tell their order
                connection.execute(self._insert, _row(one))
            for ids in _cut(sorted({one.detection_id for one in batch})):
                _let_the_last_stand(connection, ids)
                note_verdicts(connection, ids)

    def known(self, prints: Collection[str]) -> set[str]:
        """Return those of some `empreinte` that are stored."""
        found: set[str] = set()
        with reading(self._engine) as connection:
            for some in _cut(sorted(set(prints))):
                query = select(AvisDetection.empreinte).where(AvisDetection.empreinte.in_(some))
                found.update(connection.execute(query).scalars())
        return found

    def told(self, detection_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, list[Judgement]]:
        """Return the verdicts on each of some detections, in the order of their acceptance."""
        found: dict[uuid.UUID, list[Judgement]] = defaultdict(list)
        for ids in _cut(sorted(set(detection_ids))):
            query = select(TABLE).where(AvisDetection.detection_id.in_(ids)).order_by(AvisDetection.id)
            for one in self._read(query):
                found[one.detection_id].append(one)
        return dict(found)

    def standing(self, detection_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Judgement]:
        """Return the verdict that stands on each of some detections, where there is one."""
        told = self.told(detection_ids)
        return {subject: one for subject, said in told.items() for one in said if one.en_vigueur}

    def list(
        self,
        societe_id: int | None = None,
        *,
        verdict: Verdict | None = None,
        standing: bool = True,
        limit: int = PAGE,
    ) -> Sequence[Judgement]:
        """Return verdicts, the latest accepted first.

        Parameters
        ----------
        societe_id : int, optional
            Whose; by default of all companies.
        verdict : Verdict, optional
            Only these.
        standing : bool
            Only those that stand; otherwise those that were replaced, too.
        limit : int
            How many at most.
        """
        query = _of(select(TABLE), societe_id, standing)
        if verdict is not None:
            query = query.where(AvisDetection.verdict == verdict)
        return self._read(query.order_by(AvisDetection.id.desc()).limit(limit))

    def judged(self, societe_id: int) -> Sequence[Judgement]:
        """Return a company's last `MOST_JUDGED` verdicts that stand, in the order of their acceptance."""
        return self.list(societe_id, limit=MOST_JUDGED)[::-1]

    def reliability(self, societe_id: int) -> Sequence[Reliability]:
        """Return the false-positive rates of a company's controls and models (see `feedback.reliability`)."""
        return reliability(self.judged(societe_id))

    def given(self, societe_id: int, since: dt.datetime, until: dt.datetime) -> Sequence[tuple[dt.datetime, Verdict]]:
        """Return the verdicts of a company that were given in ``[since, until)`` and stand, the earliest first."""
        query = select(AvisDetection.donne_le, AvisDetection.verdict).where(
            AvisDetection.societe_id == societe_id,
            AvisDetection.en_vigueur,
            AvisDetection.donne_le >= since,
            AvisDetection.donne_le < until,
        )
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(AvisDetection.donne_le))
            return [(row.donne_le, row.verdict) for row in rows]

    def counts(self, societe_id: int | None = None) -> dict[int, dict[Verdict, int]]:
        """Return how many verdicts of each kind stand, by company."""
        query = select(AvisDetection.societe_id, AvisDetection.verdict, func.count()).where(AvisDetection.en_vigueur)
        if societe_id is not None:
            query = query.where(AvisDetection.societe_id == societe_id)
        query = query.group_by(AvisDetection.societe_id, AvisDetection.verdict)
        found: dict[int, dict[Verdict, int]] = defaultdict(dict)
        with reading(self._engine) as connection:
            for societe, verdict, number in sorted(connection.execute(query).all()):
                found[societe][verdict] = number
        return dict(found)

    def _read(self, query: Select[Any]) -> Sequence[Judgement]:
        with reading(self._engine) as connection:
            return [_judgement(row) for row in connection.execute(query).mappings()]


def _insert(dialect: str) -> Insert:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(TABLE)
    return insert.on_conflict_do_nothing(index_elements=[TABLE.c.empreinte])


def _let_the_last_stand(connection: Connection, ids: Sequence[uuid.UUID]) -> None:
    others = TABLE.alias()
    last = (
        select(others.c.id)
        .where(others.c.detection_id == TABLE.c.detection_id)
        .order_by(others.c.revision.desc(), others.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    stands: ColumnElement[bool] = TABLE.c.id == last
    connection.execute(update(TABLE).where(TABLE.c.detection_id.in_(ids)).values(en_vigueur=stands))


def _of(query: Select[Any], societe_id: int | None, standing: bool) -> Select[Any]:
    if societe_id is not None:
        query = query.where(AvisDetection.societe_id == societe_id)
    return query.where(AvisDetection.en_vigueur) if standing else query


def _cut(values: Sequence[T]) -> Iterator[Sequence[T]]:
    rest = iter(values)
    while some := list(islice(rest, AT_ONCE)):
        yield some


def _row(one: Judgement) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(one.avis, name) for name in OF_AVIS}
    row.update({name: getattr(one, name) for name in OF_JUDGEMENT})
    row.update(
        detection_id=one.detection_id,
        revision=one.revision,
        ecriture_id=one.ecriture_id,
        motifs={code.value: points for code, points in one.motifs.items()},
        modeles=list(one.modeles),
    )
    return {name: text(value) if isinstance(value, str) else value for name, value in row.items()}


def _judgement(row: RowMapping) -> Judgement:
    told = {name: row[name] for name in OF_AVIS}
    missed = row["verdict"] is Verdict.MANQUEE
    told.update(detection_id=None if missed else row["detection_id"], revision=row["revision"] or None)
    return Judgement(
        avis=Avis(**told),
        detection_id=row["detection_id"],
        revision=row["revision"],
        ecriture_id=row["ecriture_id"],
        motifs={CodeMotif(code): points for code, points in row["motifs"].items()},
        modeles=msgspec.convert(row["modeles"], list[ModeleUtilise]),
        **{name: row[name] for name in OF_JUDGEMENT},
    )
