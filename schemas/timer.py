"""Timers as events: what was due, and what became of it."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import MAX_ID, Identifiant, Nombre, Record
from schemas.enums import StatutExecution

__all__ = ["ExecutionMinuterie"]

Instant = Annotated[dt.datetime, Meta(tz=True)]


class ExecutionMinuterie(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One run of a timer: the value of `timer-runs`, committed together with all that the run has published.

    The last record of a timer says all that its next run needs to know.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.execution-minuterie.v1"

    minuterie: Identifiant
    echeance: Annotated[Instant, Meta(description="The due time; of a run by hand, when it was asked for.")]
    statut: StatutExecution
    acquise: Annotated[Instant, Meta(description="All due times up to this one are done, or were skipped.")]
    debut: Instant
    duree_ms: Annotated[Nombre, Meta(description="How long it took to put together what was published.")] = 0
    sautees: Annotated[Nombre, Meta(description="Due times before it that were missed and are not run.")] = 0
    tentative: Annotated[int, Meta(ge=1, le=MAX_ID, description="Which attempt, after failed ones.")] = 1
    demandeur: Annotated[str, Meta(max_length=200, description="Who ran it by hand; empty: the clock.")] = ""
    publies: Annotated[dict[str, int], Meta(description="How many records it published, by topic.")] = {}
    detail: Annotated[str, Meta(description="What it did, or why it failed, for a person.")] = ""
