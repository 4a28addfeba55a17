"""Campaigns: every training from its request to its end, and the queue that trainers take them from.

The queue is the table itself: a trainer claims a campaign for a lease that it renews while it works; whose lease has
run out, is dead or was asleep, and the campaign goes to another. What a trainer that has lost its lease brings is
refused, so a campaign ends once.
"""

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence

import msgspec
from sqlalchemy import Engine

from schemas import Campagne, DemandeEntrainement, Etape, VersionModele
from wisebook_ml.clock import utc_now

__all__ = ["CampaignStore", "Claim", "LeaseLost"]


class LeaseLost(Exception):
    """A campaign that was given to another trainer, or has ended, meanwhile."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign that a trainer has, its request, and which attempt it is (from 1)."""

    campagne_id: uuid.UUID
    request: DemandeEntrainement
    tentative: int
    worker: str


class CampaignStore:
    """Campaigns in SQL; any number of processes may use it at once.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    clock : callable
        Tells the present moment, for leases and dates.
    """

    def __init__(self, engine: Engine, *, clock: Callable[[], dt.datetime] = utc_now) -> None:
        self._engine = engine
        self._clock = clock

    def submit(self, request: DemandeEntrainement) -> Campagne:
        """Queue a request; return its campaign as it stands.

        To submit it again changes nothing. While another campaign of the model is open (DEMANDEE, EN_COURS), the new
        one ends at once as REJOINTE and names that one (`rejointe`). A request for a model that there is not, or that is
        another company's, ends as ECHEC with the reason.
        """
        raise NotImplementedError

    def claim(self, worker: str, lease: dt.timedelta, *, attempts: int = 2) -> Claim | None:
        """Take the oldest campaign that waits, or whose lease has run out; None where there is none.

        At most one campaign of a model is in work. One that has been lost `attempts` times ends as ECHEC instead
        (and is to be announced, see `unannounced`). The model is EN_ENTRAINEMENT from then on.
        """
        raise NotImplementedError

    def renew(self, claim: Claim, lease: dt.timedelta, *, etape: Etape | None = None, avancement: float = 0.0) -> bool:
        """Renew a lease and note the progress; return whether somebody wants the campaign cancelled.

        Raises
        ------
        LeaseLost
            Where the campaign is not this claim's any more.
        """
        raise NotImplementedError

    def release(self, claim: Claim) -> None:
        """Give a campaign back unfinished (the trainer shuts down): it waits again, and the attempt does not count."""
        raise NotImplementedError

    def retry(self, claim: Claim, erreur: str) -> bool:
        """Give a campaign back after an error that may pass; return False where its attempts are used up.

        In that case nothing is changed, and the caller ends it.
        """
        raise NotImplementedError

    def finish(self, claim: Claim, campagne: Campagne, version: VersionModele | None = None) -> None:
        """End a campaign, with all that follows from it in one transaction.

        `campagne` tells the rest: where `version` is given, it is recorded with `campagne.metriques`, and is the
        model's champion (`campagne.promue`) or its challenger. The model's statut follows: PRET with a champion, ECHEC
        where there is none and the campaign failed, BROUILLON where there is none and it was cancelled. The campaign is
        to be announced, see `unannounced`.

        Raises
        ------
        LeaseLost
            Where the campaign is not this claim's any more; nothing is changed.
        """
        raise NotImplementedError

    def cancel(self, demande_id: str) -> Campagne | None:
        """Have the campaign of a request end: at once where it waits, soon where it is in work.

        Returns it as it stands; None where there is none. One that has ended stays as it is; the one that a duplicate
        request joined goes on.
        """
        raise NotImplementedError

    def unannounced(self) -> Sequence[Campagne]:
        """Return the campaigns that have ended and whose end (and version in force) was not announced yet, oldest first."""
        raise NotImplementedError

    def announced(self, campagne_id: uuid.UUID) -> None:
        """Note that a campaign's end was announced."""
        raise NotImplementedError

    def get(self, campagne_id: uuid.UUID) -> Campagne | None:
        """Return a campaign."""
        raise NotImplementedError

    def list(
        self, *, societe_id: int | None = None, modele_id: int | None = None, limit: int = 100
    ) -> Sequence[Mapping[str, object]]:
        """Return campaigns, the latest request first: all columns by name."""
        raise NotImplementedError
