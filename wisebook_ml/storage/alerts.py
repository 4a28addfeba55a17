"""Alerts in SQL: what the role that makes them remembers, what it has still to publish, and what people ask."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, RowMapping, Select, Table, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from schemas import EtatAlerte, Severite
from wisebook_ml.alerting.state import Alert, CompanyState, Member
from wisebook_ml.storage.alert_tables import Alerte, AlerteDetection, AlerteEnvoi, AlertePosition, AlerteSociete
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.detections import Societes
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.exceptions import ForeignRow
from wisebook_ml.storage.tables import Base
from wisebook_ml.storage.upsert import upsert

__all__ = ["AlertSession", "AlertStore", "Envelope", "Remembered"]

ALERTS = Base.metadata.tables[Alerte.__tablename__]
MEMBERS = Base.metadata.tables[AlerteDetection.__tablename__]
COMPANIES = Base.metadata.tables[AlerteSociete.__tablename__]
POSITIONS = Base.metadata.tables[AlertePosition.__tablename__]
OUTBOX = Base.metadata.tables[AlerteEnvoi.__tablename__]

ASKED_AT_ONCE = 500
"""Ids that a query names; databases bound them."""

PAGE = 100
"""Alerts that a person reads at once."""

ADVISORY_LOCK = 0x616C_6572
"""First key of PostgreSQL's advisory locks on companies: the letters ``aler``."""

COMPANY_LOCKS = 1024
"""Companies share this many locks: a server has room for some thousands, and waiting for a stranger is short. A row of
the company would do, too, but one that nothing is known of has none."""

DUE_AT_ONCE = 500
"""Companies whose clock is looked after in one transaction: the others wait for the next."""

COLUMNS = tuple(column.name for column in ALERTS.c if column.name not in {"prochaine", "suivi"})


class Envelope(NamedTuple):
    """A record of `alerts` that is to be published."""

    societe_id: int
    value: bytes
    headers: list[list[str]]
    id: int = 0


class Remembered(NamedTuple):
    """What a company's desk starts from."""

    state: CompanyState
    alerts: list[Alert]
    members: list[Member]


class AlertSession:
    """One transaction about one partition; nobody else has one about it meanwhile.

    Nor about a company that was recalled: publishers may have put records of one company into several partitions, each
    of which has a worker of its own.
    """

    def __init__(self, connection: Connection, partition: int, topic_id: str, engine: Engine) -> None:
        self._connection = connection
        self._partition = partition
        self._topic_id = topic_id
        self._engine = engine
        self.position = self._lock()
        """Offset of the first record that nothing here follows from yet."""

    def _lock(self) -> int:
        begin = (postgresql.insert if self._engine.dialect.name == "postgresql" else sqlite.insert)(POSITIONS)
        row = {"record_partition": self._partition, "topic_id": self._topic_id, "prochain": 0}
        self._connection.execute(begin.values(row).on_conflict_do_nothing())
        query = select(POSITIONS).where(AlertePosition.record_partition == self._partition).with_for_update()
        found = self._connection.execute(query).mappings().one()
        # Of a topic that was created again, other records stand at the same offsets.
        return int(found["prochain"]) if found["topic_id"] == self._topic_id else 0

    def recall(
        self, companies: Collection[int], detections: Collection[uuid.UUID] = (), alerts: Collection[uuid.UUID] = ()
    ) -> dict[int, Remembered]:
        """Return what is known of companies, of some detections and alerts; of alerts, all with something due, too.

        The companies are nobody else's from here on; so a session recalls them once, all together.
        """
        found = {one: Remembered(CompanyState(societe_id=one), [], []) for one in companies}
        self._lock_companies(companies)
        for some in _parts(companies):
            for row in self._connection.execute(select(COMPANIES).where(AlerteSociete.societe_id.in_(some))).mappings():
                found[row["societe_id"]] = Remembered(msgspec.convert(row["etat"], CompanyState), [], [])
        wanted = set(alerts)
        for some in _parts(detections):
            for row in self._connection.execute(
                select(MEMBERS).where(AlerteDetection.detection_id.in_(some))
            ).mappings():
                member = Member(**row)
                if member.societe_id in found:
                    found[member.societe_id].members.append(member)
                    wanted.add(member.alerte_id)
        rows: dict[uuid.UUID, RowMapping] = {}
        due = select(ALERTS).where(Alerte.prochaine.is_not(None))
        for some in _parts(companies):
            rows |= _by_id(self._connection, due.where(Alerte.societe_id.in_(some)))
        for some in _parts(wanted - rows.keys()):
            rows |= _by_id(self._connection, select(ALERTS).where(Alerte.alerte_id.in_(some)))
        for row in rows.values():
            if row["societe_id"] in found:
                found[row["societe_id"]].alerts.append(_alert(row))
        return found

    def _lock_companies(self, companies: Collection[int]) -> None:
        """Wait for whoever has one of these companies. SQLite has one writer at a time anyway.

        Always in the same order, so that nobody waits for one who waits for him.
        """
        if self._engine.dialect.name == "postgresql":
            lock = select(func.pg_advisory_xact_lock(ADVISORY_LOCK, bindparam("company")))
            for key in sorted({one % COMPANY_LOCKS for one in companies}):
                self._connection.execute(lock, {"company": key})

    def owners(self, detections: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
        """Return the companies of those of some detections that went into an alert."""
        found: dict[uuid.UUID, int] = {}
        for some in _parts(detections):
            query = select(AlerteDetection.detection_id, AlerteDetection.societe_id)
            rows = self._connection.execute(query.where(AlerteDetection.detection_id.in_(some)))
            found.update((detection_id, societe_id) for detection_id, societe_id in rows)
        return found

    def keep(
        self,
        state: CompanyState,
        due: dt.datetime | None,
        alerts: Iterable[Alert],
        members: Iterable[Member],
        envelopes: Sequence[Envelope],
    ) -> None:
        """Keep what has become of a company; `due` is when its clock is to be looked after.

        Raises
        ------
        ForeignRow
            Where an alert or a detection is another company's meanwhile; nothing is kept.
        """
        row = {
            "societe_id": state.societe_id,
            "record_partition": self._partition,
            "prochaine": due,
            "etat": state,
        }
        self._connection.execute(upsert(self._engine, COMPANIES), [row])
        self._keep_own(ALERTS, state.societe_id, [_alert_row(one) for one in alerts])
        kept = [{**msgspec.structs.asdict(one), "journal": text(one.journal)} for one in members]
        self._keep_own(MEMBERS, state.societe_id, kept)
        sent = [
            {
                "record_partition": self._partition,
                "societe_id": one.societe_id,
                "valeur": one.value,
                "entetes": one.headers,
            }
            for one in envelopes
        ]
        if sent:
            self._connection.execute(insert(OUTBOX), sent)

    def _keep_own(self, table: Table, societe_id: int, rows: Sequence[dict[str, object]]) -> None:
        """Write rows of a company, none of which replaces another company's."""
        if not rows:
            return
        own = upsert(self._engine, table, where=lambda new, old: new.societe_id == old.societe_id)
        self._connection.execute(own, rows)
        (key,) = table.primary_key
        for some in _parts(row[key.name] for row in rows):
            foreign = select(key).where(key.in_(some), table.c.societe_id != societe_id)
            taken = self._connection.execute(foreign).scalars().first()
            if taken is not None:  # in another partition, since this transaction began
                raise ForeignRow(f"{key.name} {taken} has become another company's; the records are to be taken again")

    def reach(self, position: int) -> None:
        """Note up to which offset everything is done."""
        row = {"record_partition": self._partition, "topic_id": self._topic_id, "prochain": position}
        self._connection.execute(upsert(self._engine, POSITIONS), [row])


class AlertStore:
    """Keeps alerts, and answers what people ask about them.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        """The engine it was given."""
        return self._engine

    # What makes alerts

    @contextmanager
    def session(self, partition: int, topic_id: str) -> Iterator[AlertSession]:
        """Change what belongs to a partition of the detections, in one transaction.

        Raises
        ------
        DatabaseUnreachable
            When the database does not answer; nothing is changed.
        """
        with writing(self._engine) as connection:
            yield AlertSession(connection, partition, topic_id, self._engine)

    def knows(self, detections: Collection[uuid.UUID]) -> bool:
        """Tell whether any of these detections went into an alert."""
        with reading(self._engine) as connection:
            return any(
                connection.execute(
                    select(AlerteDetection.detection_id).where(AlerteDetection.detection_id.in_(some)).limit(1)
                ).first()
                for some in _parts(detections)
            )

    def companies_due(self, partitions: Collection[int], now: dt.datetime) -> dict[int, list[int]]:
        """Return the companies whose clock is to be looked after, by partition; the longest overdue, where many."""
        query = (
            select(AlerteSociete.record_partition, AlerteSociete.societe_id)
            .where(AlerteSociete.record_partition.in_(sorted(partitions)), AlerteSociete.prochaine <= now)
            .order_by(AlerteSociete.prochaine, AlerteSociete.societe_id)
            .limit(DUE_AT_ONCE)
        )
        found: dict[int, list[int]] = {}
        with reading(self._engine) as connection:
            for partition, societe_id in connection.execute(query):
                found.setdefault(partition, []).append(societe_id)
        return found

    def pending(self, partitions: Collection[int]) -> list[Envelope]:
        """Return what is still to be published of some partitions, in order."""
        query = select(OUTBOX).where(AlerteEnvoi.record_partition.in_(sorted(partitions))).order_by(AlerteEnvoi.id)
        with reading(self._engine) as connection:
            return [
                Envelope(row["societe_id"], bytes(row["valeur"]), row["entetes"], row["id"])
                for row in connection.execute(query).mappings()
            ]

    def published(self, envelopes: Sequence[Envelope]) -> None:
        """Forget what the brokers have."""
        with writing(self._engine) as connection:
            for some in _parts([one.id for one in envelopes]):
                connection.execute(delete(OUTBOX).where(AlerteEnvoi.id.in_(some)))

    # What people ask

    def list(
        self,
        societe_id: Societes = None,
        *,
        everything: bool = False,
        etat: EtatAlerte | None = None,
        severite: Severite | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Sequence[Alert]:
        """Return alerts, the latest first.

        Parameters
        ----------
        societe_id : int, collection of int, or None
            Whose; None: of all companies.
        everything : bool
            The resolved ones, too.
        etat, severite
            Only those.
        limit, offset : int
            How many at most, and how many to pass over before them.
        """
        query = _of(select(ALERTS), societe_id, everything, etat, severite)
        query = query.order_by(Alerte.ouverte_le.desc(), Alerte.alerte_id).limit(limit).offset(offset)
        with reading(self._engine) as connection:
            return [_alert(row) for row in connection.execute(query).mappings()]

    def count(
        self,
        societe_id: Societes = None,
        *,
        everything: bool = False,
        etat: EtatAlerte | None = None,
        severite: Severite | None = None,
    ) -> int:
        """Return how many alerts there are."""
        with reading(self._engine) as connection:
            query = _of(select(func.count()).select_from(ALERTS), societe_id, everything, etat, severite)
            return int(connection.execute(query).scalar_one())

    def get(self, alerte_id: uuid.UUID, societe_id: Societes = None) -> Alert | None:
        """Return an alert; None where there is none, or none of these companies."""
        query = _of(select(ALERTS), societe_id, everything=True).where(Alerte.alerte_id == alerte_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).mappings().one_or_none()
        return None if row is None else _alert(row)

    def members(self, alerte_id: uuid.UUID, *, limit: int = PAGE) -> Sequence[Member]:
        """Return detections that went into an alert."""
        query = select(MEMBERS).where(AlerteDetection.alerte_id == alerte_id).order_by(AlerteDetection.detection_id)
        with reading(self._engine) as connection:
            return [Member(**row) for row in connection.execute(query.limit(limit)).mappings()]


def _of(
    query: Select[Any],
    societe_id: Societes,
    everything: bool,
    etat: EtatAlerte | None = None,
    severite: Severite | None = None,
) -> Select[Any]:
    if isinstance(societe_id, int):
        query = query.where(Alerte.societe_id == societe_id)
    elif societe_id is not None:
        query = query.where(Alerte.societe_id.in_(societe_id))
    if etat is not None:
        query = query.where(Alerte.etat == etat)
    if severite is not None:
        query = query.where(Alerte.severite == severite)
    return query if everything else query.where(Alerte.etat != EtatAlerte.RESOLUE)


def _parts(wanted: Iterable[Any]) -> Iterator[list[Any]]:
    ordered = sorted(wanted)
    for start in range(0, len(ordered), ASKED_AT_ONCE):
        yield ordered[start : start + ASKED_AT_ONCE]


def _by_id(connection: Connection, query: Select[Any]) -> dict[uuid.UUID, RowMapping]:
    return {row["alerte_id"]: row for row in connection.execute(query).mappings()}


def _alert(row: RowMapping) -> Alert:
    return msgspec.convert(row["suivi"], Alert)


def _alert_row(alert: Alert) -> dict[str, object]:
    told = {name: getattr(alert, name) for name in COLUMNS}
    return {**told, "cause": text(alert.cause), "prochaine": alert.due, "suivi": alert}
