"""Deliveries of alerts: the queue that couriers take them from, and the record of every attempt.

The queue is the table itself. Who takes a delivery has it, and its destination, for a lease that is renewed while the
attempt lasts; whose lease has run out, is dead or was asleep, and it is tried again. So an attempt may be made twice,
and none is forgotten.
"""

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, and_, delete, func, or_, select, update
from sqlalchemy import text as sql
from sqlalchemy.dialects import postgresql, sqlite

from schemas import Alerte, Canal, EtatAlerte, StatutLivraison
from wisebook_ml.delivery.planning import Planned, Told
from wisebook_ml.delivery.schedule import LONGEST_AGE, Answer, Backoff, Kind, Step
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.delivery_rows import TOO_OLD, Issued, as_told, row_of
from wisebook_ml.storage.delivery_tables import DestinationLivraison, Livraison, TentativeLivraison
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.tables import Base

__all__ = ["DeliveryClaim", "DeliveryStore", "Issued"]

DELIVERIES = Base.metadata.tables[Livraison.__tablename__]
ATTEMPTS = Base.metadata.tables[TentativeLivraison.__tablename__]
DESTINATIONS = Base.metadata.tables[DestinationLivraison.__tablename__]

ADVISORY_LOCK = 0x7769_7365_4445_4C49
"""Key of PostgreSQL's advisory lock on the queue: the letters ``wiseDELI``."""

ASKED_AT_ONCE = 500
LOOKED_AT = 20
"""Deliveries of one destination that are looked at at once: replaced ones stand before the one that is sent."""

INTERRUPTED = "the worker ended during this attempt; whether it arrived is not known"
REPLACED = "a later revision of the alert goes there"
OVER = "the alert was over before anybody was told of it here; nothing is sent"

PENDING = Livraison.statut == StatutLivraison.A_REESSAYER


class DeliveryClaim(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery that somebody has in work: the attempt that began at `commencee_le`.

    `echecs` is how often its destination has failed in a row, `dite` what has arrived there of the alert before.
    """

    livraison_id: uuid.UUID
    alerte: Alerte
    canal: Canal
    adresse: str
    destination: str
    langue: str
    tentative: int
    emise_le: dt.datetime
    commencee_le: dt.datetime
    echecs: int
    dite: Alerte | None = None
    correlation: str | None = None


OfCompany = tuple[int, uuid.UUID]
"""A company and an alert of it: one of another company with the same id, which somebody forged, is another alert."""

Choose = Callable[[Alerte, Mapping[str, Sequence[Told]]], Sequence[Planned]]


class DeliveryStore:
    """Records deliveries; any number of processes may use it at once.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert

    # What is to be delivered

    def plan(self, alerts: Sequence[Issued], choose: Choose, now: dt.datetime) -> int:
        """Record the deliveries that follow from alerts, in one transaction; return how many there are.

        Parameters
        ----------
        alerts : sequence of Issued
            In the order of the topic. Those that come again change nothing.
        choose : callable
            Given an alert, and what each destination has been told of it, returns where it goes.
        now : datetime
            The present moment.
        """
        with self._alone() as connection:  # a purge between must not take a destination away that was there
            told = self._told(connection, {one.alerte.alerte_id for one in alerts})
            deliveries: list[dict[str, object]] = []
            for issued in alerts:
                of_alert = told[issued.alerte.societe_id, issued.alerte.alerte_id]
                for planned in choose(issued.alerte, of_alert):
                    row = row_of(planned, issued, now)
                    of_alert[planned.destination].append(as_told(issued.alerte, row["statut"]))
                    deliveries.append(row)
            if deliveries:
                new = [
                    {"destination": key, "echecs": 0} for key in sorted({str(row["destination"]) for row in deliveries})
                ]
                connection.execute(self._insert(DESTINATIONS).on_conflict_do_nothing(), new)
                connection.execute(self._insert(DELIVERIES).on_conflict_do_nothing(), deliveries)
                for row in deliveries:
                    if row["statut"] is StatutLivraison.ABANDONNEE:
                        self._record(
                            connection, row["livraison_id"], 0, Step(StatutLivraison.ABANDONNEE, None, TOO_OLD), now
                        )
        return len(deliveries)

    def _told(self, connection: Connection, alerts: Collection[uuid.UUID]) -> dict[OfCompany, dict[str, list[Told]]]:
        told: dict[OfCompany, dict[str, list[Told]]] = defaultdict(lambda: defaultdict(list))
        columns = (
            Livraison.societe_id, Livraison.alerte_id, Livraison.destination, Livraison.statut, Livraison.alerte
        )  # fmt: skip
        wanted = sorted(alerts)
        for start in range(0, len(wanted), ASKED_AT_ONCE):
            query = select(*columns).where(Livraison.alerte_id.in_(wanted[start : start + ASKED_AT_ONCE]))
            for societe_id, alerte_id, destination, statut, alerte in connection.execute(query):
                told[societe_id, alerte_id][destination].append(as_told(msgspec.convert(alerte, Alerte), statut))
        return told

    # The queue

    def claim(
        self, room: Mapping[Canal, int], backoff: Backoff, now: dt.datetime, lease: dt.timedelta
    ) -> list[DeliveryClaim]:
        """Take deliveries that are due: one of each destination that is not in work, and not to be left in peace.

        Those that somebody left unfinished are recorded as such an attempt, those that a later revision replaces as
        replaced, those of alerts that are a day old, or that were over before anybody was told, as given up.

        Parameters
        ----------
        room : mapping
            How many of each channel at most.
        backoff : Backoff
            When unfinished ones are tried again.
        now : datetime
            The present moment.
        lease : timedelta
            How long they are the caller's, unless `renew` is called.
        """
        with reading(self._engine) as connection:
            if connection.execute(self._due(now).limit(1)).first() is None:
                return []
        claims: dict[str, DeliveryClaim] = {}
        with self._alone() as connection:
            left = dict(room)
            again = True
            while again:
                again = False
                rows = connection.execute(self._due(now).limit(ASKED_AT_ONCE)).mappings().all()
                known = self._of_alerts(connection, rows)
                for row in rows:
                    if self._settled(connection, row, known[row["alerte_id"], row["destination"]], backoff, now):
                        again = True
                    elif row["destination"] not in claims and left.get(row["canal"], 0):
                        left[row["canal"]] -= 1
                        claims[row["destination"]] = self._take(connection, row, now, lease)
        return list(claims.values())

    def _due(self, now: dt.datetime) -> Select[Any]:
        free = and_(
            or_(DestinationLivraison.bail.is_(None), DestinationLivraison.bail <= now),
            or_(DestinationLivraison.pause.is_(None), DestinationLivraison.pause <= now),
        )
        old = Livraison.emise_le <= now - LONGEST_AGE
        place = (
            func.row_number()
            .over(partition_by=Livraison.destination, order_by=(Livraison.prochaine, Livraison.revision))
            .label("place")
        )
        due = (
            select(DELIVERIES, DestinationLivraison.echecs, place)
            .join(DESTINATIONS, Livraison.destination == DestinationLivraison.destination)
            .where(PENDING, Livraison.prochaine <= now, or_(free, old))
            .subquery()
        )
        return select(due).where(due.c.place <= LOOKED_AT).order_by(due.c.prochaine, due.c.revision)

    def _of_alerts(
        self, connection: Connection, rows: Sequence[RowMapping]
    ) -> dict[tuple[uuid.UUID, str], tuple[int, int]]:
        """Return what each destination has of each alert of these rows: the last revision, and attempts at all."""
        columns = (Livraison.alerte_id, Livraison.destination)
        query = select(*columns, func.max(Livraison.revision), func.sum(Livraison.tentatives)).group_by(*columns)
        found = connection.execute(query.where(Livraison.alerte_id.in_({row["alerte_id"] for row in rows})))
        return {(alerte_id, destination): (last, tried) for alerte_id, destination, last, tried in found}

    def _settled(
        self,
        connection: Connection,
        row: RowMapping,
        known: tuple[int, int],
        backoff: Backoff,
        now: dt.datetime,
    ) -> bool:
        """Record what became of a delivery that is not to be tried now; return whether it is so."""
        began, number = row["commencee_le"], row["tentatives"]
        last, tried = known
        if began is not None:
            answer, key = Answer(Kind.RETRY, INTERRUPTED), str(row["livraison_id"])
            step = backoff.step(answer, key=key, attempt=number, now=now, issued=row["emise_le"])
        elif last > row["revision"]:
            step = Step(StatutLivraison.REMPLACEE, None, REPLACED)
        elif not tried and row["alerte"].get("etat") == EtatAlerte.RESOLUE.value:
            step = Step(StatutLivraison.ABANDONNEE, None, OVER)
        elif row["emise_le"] <= now - LONGEST_AGE:
            step = Step(StatutLivraison.ABANDONNEE, None, f"{row['detail']} (given up: the alert is a day old)".strip())
        else:
            return False
        self._record(connection, row["livraison_id"], number, step, began or now)
        self._move(connection, row["livraison_id"], began, step, now)
        return True

    def _take(self, connection: Connection, row: RowMapping, now: dt.datetime, lease: dt.timedelta) -> DeliveryClaim:
        claim = DeliveryClaim(
            livraison_id=row["livraison_id"],
            alerte=msgspec.convert(row["alerte"], Alerte),
            canal=row["canal"],
            adresse=row["adresse"],
            destination=row["destination"],
            langue=row["langue"],
            tentative=row["tentatives"] + 1,
            emise_le=row["emise_le"],
            commencee_le=now,
            echecs=row["echecs"],
            dite=self._arrived(connection, row),
            correlation=row["correlation"],
        )
        connection.execute(
            update(DELIVERIES)
            .where(Livraison.livraison_id == claim.livraison_id)
            .values(tentatives=claim.tentative, commencee_le=now, prochaine=now + lease)
        )
        self._touch(connection, claim.destination, bail=now + lease)
        return claim

    def _arrived(self, connection: Connection, row: RowMapping) -> Alerte | None:
        """Return the last revision before that of a delivery which has arrived where it goes."""
        same = and_(Livraison.alerte_id == row["alerte_id"], Livraison.destination == row["destination"])
        before = and_(same, Livraison.statut == StatutLivraison.LIVREE, Livraison.revision < row["revision"])
        query = select(Livraison.alerte).where(before).order_by(Livraison.revision.desc()).limit(1)
        found = connection.execute(query).scalar_one_or_none()
        return None if found is None else msgspec.convert(found, Alerte)

    def renew(self, claims: Collection[DeliveryClaim], until: dt.datetime) -> None:
        """Keep deliveries in work; one that another has taken meanwhile stays with him."""
        with writing(self._engine) as connection:
            for claim in sorted(claims, key=lambda one: one.livraison_id):
                held = connection.execute(update(DELIVERIES).where(_held(claim)).values(prochaine=until)).rowcount
                if held:
                    self._touch(connection, claim.destination, bail=until)

    def finish(
        self, claim: DeliveryClaim, step: Step, *, code: int | None, ended: dt.datetime, pause: dt.timedelta | None
    ) -> None:
        """Record what came of an attempt.

        Parameters
        ----------
        claim : DeliveryClaim
            What was attempted. Where another has taken it meanwhile, the attempt is recorded, and an arrival counts.
        step : Step
            Where the delivery stands now.
        code : int or None
            What the server answered.
        ended : datetime
            When the attempt ended.
        pause : timedelta or None
            How long the destination is to be left in peace; None where it took what it was sent.
        """
        duration = max(round((ended - claim.commencee_le).total_seconds() * 1000), 0)
        with self._alone() as connection:
            self._record(connection, claim.livraison_id, claim.tentative, step, claim.commencee_le, duration, code)
            held = self._move(connection, claim.livraison_id, claim.commencee_le, step, ended, code)
            if held and pause is None:
                self._touch(connection, claim.destination, bail=None, pause=None, echecs=0)
            elif held and pause is not None:
                self._touch(connection, claim.destination, bail=None, pause=ended + pause, echecs=claim.echecs + 1)
            elif step.statut is StatutLivraison.LIVREE:
                self._move(connection, claim.livraison_id, None, step, ended, code)

    def _move(
        self,
        connection: Connection,
        livraison_id: uuid.UUID,
        began: dt.datetime | None,
        step: Step,
        now: dt.datetime,
        code: int | None = None,
    ) -> bool:
        """Bring a delivery, in work since `began`, to where it stands; return whether it was in work so."""
        going_on = step.statut is StatutLivraison.A_REESSAYER
        values: dict[str, object] = {
            "statut": step.statut,
            "prochaine": step.prochaine,
            "commencee_le": None,
            "terminee_le": None if going_on else now,
            "detail": text(step.detail),
        }
        if code is not None or began is not None:
            values["code"] = code
        since = Livraison.commencee_le.is_(None) if began is None else Livraison.commencee_le == began
        one = Livraison.livraison_id == livraison_id
        return bool(connection.execute(update(DELIVERIES).where(one, PENDING, since).values(values)).rowcount)

    def _touch(self, connection: Connection, destination: str, **values: object) -> None:
        one = DestinationLivraison.destination == destination
        connection.execute(update(DESTINATIONS).where(one).values(**values))

    def _record(
        self,
        connection: Connection,
        livraison_id: object,
        number: int,
        step: Step,
        began: dt.datetime,
        duration: int = 0,
        code: int | None = None,
    ) -> None:
        values = {
            "livraison_id": livraison_id,
            "tentative": number,
            "statut": step.statut,
            "quand": began,
            "duree_ms": duration,
            "code": code,
            "detail": text(step.detail),
            "prochaine": step.prochaine,
            "publiee": False,
        }
        connection.execute(self._insert(ATTEMPTS).values(values).on_conflict_do_nothing())

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """Change the queue while nobody else does."""
        with writing(self._engine) as connection:
            if self._engine.dialect.name == "postgresql":
                # SQLite needs none: `writing` has taken its only write lock.
                connection.execute(sql("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            yield connection

    def purge(self, before: dt.datetime) -> int:
        """Remove what has ended and was recorded before a moment; return how many deliveries that were."""
        old = and_(Livraison.prevue_le < before, ~PENDING)
        with self._alone() as connection:
            connection.execute(
                delete(ATTEMPTS).where(TentativeLivraison.livraison_id.in_(select(Livraison.livraison_id).where(old)))
            )
            removed = connection.execute(delete(DELIVERIES).where(old)).rowcount
            used = select(Livraison.livraison_id).where(Livraison.destination == DESTINATIONS.c.destination)
            connection.execute(delete(DESTINATIONS).where(~used.exists()))
        return removed


def _held(claim: DeliveryClaim) -> ColumnElement[bool]:
    return and_(Livraison.livraison_id == claim.livraison_id, PENDING, Livraison.commencee_le == claim.commencee_le)
