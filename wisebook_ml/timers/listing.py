"""Timers as programs are told of them: when each is due next, and what became of its last run."""

import datetime as dt

import msgspec

from schemas import ExecutionMinuterie, StatutExecution
from wisebook_ml.french_time import PARIS
from wisebook_ml.timers.catalogue import Timer
from wisebook_ml.timers.plan import due, next_look

__all__ = ["Minuterie", "listed", "next_run"]


class Minuterie(msgspec.Struct, frozen=True, kw_only=True):
    """A timer; `derniere` is its last run, `prochaine` the next due time, in French time."""

    minuterie: str
    cron: str
    prochaine: dt.datetime
    libelle_fr: str
    libelle_en: str
    derniere: ExecutionMinuterie | None


def listed(timer: Timer, last: ExecutionMinuterie | None, now: dt.datetime) -> Minuterie:
    """Return how a timer stands."""
    return Minuterie(
        minuterie=timer.name,
        cron=timer.schedule.cron,
        prochaine=next_run(timer, last, now).astimezone(PARIS),
        libelle_fr=timer.fr,
        libelle_en=timer.en,
        derniere=None if last is None or last.statut is StatutExecution.ARMEE else last,
    )


def next_run(timer: Timer, last: ExecutionMinuterie | None, now: dt.datetime) -> dt.datetime:
    """Return when a timer runs next; what is due already runs as soon as a worker leads."""
    if last is None:
        return timer.schedule.after(now)
    todo = due(timer.schedule, last, now)
    return next_look(timer.schedule, last, now) if todo is None else todo.echeance
