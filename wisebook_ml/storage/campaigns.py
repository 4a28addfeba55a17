"""Campaigns: every training from its request to its end, and the queue that trainers take them from.

The queue is the table itself: a trainer claims a campaign for a lease that it renews while it works; whose lease has
run out, is dead or was asleep, and the campaign goes to another. What a trainer that has lost its lease brings is
refused, so a campaign ends once.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, RowMapping, Select, and_, insert, or_, select, update
from sqlalchemy import text as sql

from schemas import Campagne, DemandeEntrainement, Etape, Statut, StatutCampagne, VersionModele, campagne_id
from wisebook_ml.clock import utc_now
from wisebook_ml.storage.campaign_rows import (
    ENDS,
    OPEN,
    TABLE,
    Claim,
    LeaseLost,
    change,
    end,
    find_row,
    held,
    new_row,
    place_version,
    reason_against,
    to_campaign,
    to_request,
    told,
    waiting,
)
from wisebook_ml.storage.champions import MODELS, is_model
from wisebook_ml.storage.column_types import text
from wisebook_ml.storage.engine import reading, writing
from wisebook_ml.storage.model_tables import CampagneEntrainement

__all__ = ["CampaignStore", "Claim", "LeaseLost"]

ATTEMPTS = 2
"""Trainings of one request: what ended the first (a kill, a machine) is often gone at the second, never at a third."""

ADVISORY_LOCK = 0x7769_7365_5155_4555
"""Key of PostgreSQL's advisory lock on the queue: the letters ``wiseQUEU``."""

MAX_BIGINT = 2**63 - 1

CANCELLED = "cancelled before it was finished"


class CampaignStore:
    """Campaigns in SQL; any number of processes may use it at once.

    Changes are made one after the other (on PostgreSQL under an advisory lock): each takes milliseconds, and trainings
    take minutes.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for leases and dates. Those of different machines may differ by much less than a
        lease.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def submit(self, request: DemandeEntrainement) -> Campagne:
        """Queue a request; return its campaign as it stands.

        To submit it again changes nothing. While another campaign of the model is open (DEMANDEE, EN_COURS), the new
        one ends at once as REJOINTE and names that one (`rejointe`). A request for a model that there is not, that is
        another company's, or that is archived, ends as ECHEC with the reason. One that SQL cannot hold (a number beyond
        64 bits, an id with U+0000) does so too, but is not kept, and so never announced.
        """
        wanted = campagne_id(request.demande_id)
        if request.modele_id > MAX_BIGINT or "\0" in request.demande_id:
            return Campagne(
                campagne_id=wanted,
                demande_id=request.demande_id,
                modele_id=request.modele_id,
                societe_id=request.societe_id,
                statut=StatutCampagne.ECHEC,
                erreur=f"there is no model {request.modele_id}, or the id of the request has an unprintable character",
            )
        with self._changing() as connection:
            if find_row(connection, wanted) is None:
                connection.execute(insert(TABLE).values(self._requested(connection, request)))
            return _found(connection, wanted)

    def claim(self, worker: str, lease: dt.timedelta, *, attempts: int = ATTEMPTS) -> Claim | None:
        """Take the oldest campaign that waits, or whose lease has run out; None where there is none.

        At most one campaign of a model is in work. One that has been lost `attempts` times ends as ECHEC instead
        (and is to be announced, see `unannounced`). The model is EN_ENTRAINEMENT from then on.
        """
        with reading(self._engine) as connection:
            # Trainers that wait look often, and should not keep those from writing that work.
            if connection.execute(self._claimable()).first() is None:
                return None
        with self._changing() as connection:
            while (row := connection.execute(self._claimable()).mappings().first()) is not None:
                if not self._is_over(connection, row, attempts):
                    return self._take(connection, row, worker, lease, attempts)
        return None

    def renew(self, claim: Claim, lease: dt.timedelta, *, etape: Etape | None = None, avancement: float = 0.0) -> bool:
        """Renew a lease and note the progress; return whether somebody wants the campaign cancelled.

        Without `etape`, the step stays as it is; progress never goes back.

        Raises
        ------
        LeaseLost
            Where the campaign is not this claim's any more.
        """
        with self._changing() as connection:
            row = held(connection, claim)
            change(
                connection,
                row,
                lease_until=self._clock() + lease,
                etape=row["etape"] if etape is None else etape,
                avancement=max(row["avancement"], min(avancement, 1.0)),
            )
            return bool(row["cancel_requested"])

    def release(self, claim: Claim) -> None:
        """Give a campaign back unfinished (the trainer shuts down): it waits again, and the attempt does not count.

        Raises
        ------
        LeaseLost
            Where the campaign is not this claim's any more.
        """
        with self._changing() as connection:
            row = held(connection, claim)
            change(connection, row, **waiting(), tentative=row["tentative"] - 1)

    def retry(self, claim: Claim, erreur: str) -> bool:
        """Give a campaign back after an error that may pass; return False where its attempts are used up.

        In that case nothing is changed, and the caller ends it.

        Raises
        ------
        LeaseLost
            Where the campaign is not this claim's any more.
        """
        with self._changing() as connection:
            row = held(connection, claim)
            if row["tentative"] >= row["attempts"]:
                return False
            change(connection, row, **waiting(), erreur=text(erreur))
            return True

    def finish(self, claim: Claim, campagne: Campagne, version: VersionModele | None = None) -> None:
        """End a campaign, with all that follows from it in one transaction.

        `campagne` tells the rest: where `version` is given, it is recorded with `campagne.metriques`, and is the
        model's champion (`campagne.promue`) or its challenger; the challenger, too, where somebody has changed the
        champion since the attempt began, since that is not the one it was compared with. The model's statut follows:
        PRET with a new champion, what it was before the training (PRET, OBSOLETE) with the old one, ECHEC where there
        is none and the campaign failed, BROUILLON where there is none and it was cancelled. The campaign is to be
        announced, see `unannounced`. Metrics that are no finite numbers are left out.

        Raises
        ------
        LeaseLost
            Where the campaign is not this claim's any more; nothing is changed.
        VersionConflict
            Where the version is not one of the campaign's model, or another has its number; nothing is changed.
        ValueError
            Where `campagne.statut` is no end, or a version is given of a campaign that has not succeeded.
        """
        if campagne.statut not in ENDS:
            raise ValueError(f"a campaign cannot end as {campagne.statut.value}")
        if version is not None and campagne.statut is not StatutCampagne.REUSSIE:
            raise ValueError(f"a campaign that ends as {campagne.statut.value} has no version")
        now = self._clock()
        with self._changing() as connection:
            row = held(connection, claim)
            if version is not None:
                campagne = place_version(connection, row, campagne, version, now)
            number = None if version is None else version.version
            end(connection, row, campagne.statut, now, version=number, **told(campagne))

    def cancel(self, demande_id: str, *, societe_id: int | None = None) -> Campagne | None:
        """Have the campaign of a request end: at once where it waits, soon where it is in work.

        Returns it as it stands; None where there is none (of this company). One that has ended stays as it is; the one
        that a duplicate request joined goes on.
        """
        wanted = campagne_id(demande_id)
        with self._changing() as connection:
            row = find_row(connection, wanted)
            if row is None or societe_id not in {None, row["societe_id"]}:
                return None
            if row["statut"] is StatutCampagne.DEMANDEE:
                end(connection, row, StatutCampagne.ANNULEE, self._clock(), erreur=CANCELLED)
            elif row["statut"] is StatutCampagne.EN_COURS:
                change(connection, row, cancel_requested=True)
            return _found(connection, wanted)

    def unannounced(self) -> Sequence[Campagne]:
        """Return the campaigns whose end (and version in force) was not announced yet, oldest first."""
        query = select(TABLE).where(CampagneEntrainement.announced.is_(False), CampagneEntrainement.statut.not_in(OPEN))
        query = query.order_by(CampagneEntrainement.terminee_le, CampagneEntrainement.demandee_le)
        with reading(self._engine) as connection:
            return [to_campaign(connection, row) for row in connection.execute(query).mappings().all()]

    def announced(self, campagne_id: uuid.UUID) -> None:
        """Note that a campaign's end was announced."""
        ended = and_(CampagneEntrainement.campagne_id == campagne_id, CampagneEntrainement.statut.not_in(OPEN))
        with writing(self._engine) as connection:
            connection.execute(update(TABLE).where(ended).values(announced=True))

    def get(self, campagne_id: uuid.UUID) -> Campagne | None:
        """Return a campaign."""
        with reading(self._engine) as connection:
            row = find_row(connection, campagne_id)
            return None if row is None else to_campaign(connection, row)

    def list(
        self, *, societe_id: int | None = None, modele_id: int | None = None, limit: int = 100
    ) -> Sequence[Mapping[str, object]]:
        """Return campaigns, the latest request first: all columns by name."""
        query = select(TABLE).order_by(CampagneEntrainement.demandee_le.desc(), CampagneEntrainement.demande_id.desc())
        if societe_id is not None:
            query = query.where(CampagneEntrainement.societe_id == societe_id)
        if modele_id is not None:
            query = query.where(CampagneEntrainement.modele_id == modele_id)
        with reading(self._engine) as connection:
            return [dict(row) for row in connection.execute(query.limit(limit)).mappings()]

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """Change the queue in one transaction, while nobody else does."""
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                # SQLite needs none: `writing` has taken its only write lock.
                connection.execute(sql("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
            yield connection

    def _requested(self, connection: Connection, request: DemandeEntrainement) -> dict[str, object]:
        """Return the row of a new request."""
        now = self._clock()
        values = new_row(request, now)
        reason = reason_against(connection, request.modele_id, request.societe_id)
        if reason:
            return {**values, "statut": StatutCampagne.ECHEC, "erreur": reason, "terminee_le": now}
        of_model = and_(CampagneEntrainement.modele_id == request.modele_id, CampagneEntrainement.statut.in_(OPEN))
        open_one = connection.execute(select(CampagneEntrainement.campagne_id).where(of_model)).scalar_one_or_none()
        if open_one is not None:
            return {**values, "statut": StatutCampagne.REJOINTE, "rejointe": open_one, "terminee_le": now}
        return values

    def _claimable(self) -> Select[Any]:
        run_out: ColumnElement[bool] = CampagneEntrainement.lease_until <= self._clock()
        return (
            select(TABLE)
            .where(
                or_(
                    CampagneEntrainement.statut == StatutCampagne.DEMANDEE,
                    and_(CampagneEntrainement.statut == StatutCampagne.EN_COURS, run_out),
                )
            )
            .order_by(CampagneEntrainement.demandee_le, CampagneEntrainement.demande_id)
            .limit(1)
        )

    def _is_over(self, connection: Connection, row: RowMapping, attempts: int) -> bool:
        """End a campaign that nobody is to work on any more; return whether it is one."""
        now = self._clock()
        reason = reason_against(connection, row["modele_id"], row["societe_id"])
        if row["cancel_requested"]:
            end(connection, row, StatutCampagne.ANNULEE, now, erreur=CANCELLED)
        elif reason:
            end(connection, row, StatutCampagne.ECHEC, now, erreur=reason)
        elif row["tentative"] >= attempts:
            end(connection, row, StatutCampagne.ECHEC, now, erreur=_lost(row))
        else:
            return False
        return True

    def _take(self, connection: Connection, row: RowMapping, worker: str, lease: dt.timedelta, attempts: int) -> Claim:
        now = self._clock()
        tentative, claims = row["tentative"] + 1, row["claims"] + 1
        stands = connection.execute(select(MODELS.c.statut).where(is_model(row["modele_id"]))).scalar_one_or_none()
        change(
            connection,
            row,
            # A campaign that was lost or given back has left its model in training.
            statut_avant=row["statut_avant"] if stands is Statut.EN_ENTRAINEMENT else stands,
            statut=StatutCampagne.EN_COURS,
            etape=None,
            avancement=0.0,
            tentative=tentative,
            claims=claims,
            attempts=attempts,
            worker=worker,
            lease_until=now + lease,
            commencee_le=now,
        )
        connection.execute(
            update(MODELS).where(is_model(row["modele_id"])).values(statut=Statut.EN_ENTRAINEMENT, updated_at=now)
        )
        return Claim(
            campagne_id=row["campagne_id"],
            request=to_request(row),
            tentative=tentative,
            worker=worker,
            claims=claims,
        )


def _found(connection: Connection, campagne_id: uuid.UUID) -> Campagne:
    row = find_row(connection, campagne_id)
    assert row is not None
    return to_campaign(connection, row)


def _lost(row: RowMapping) -> str:
    return (
        f"its trainer was lost {row['tentative']} times, at last {row['worker']}: killed, out of memory, or cut off "
        "from the database. See the trainer's log; give it more memory, or ask for fewer dates"
    )
