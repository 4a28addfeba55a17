"""What is to be done now, given what the topic says was done last; a pure function of both and the clock."""

import datetime as dt
from dataclasses import dataclass

from schemas import ExecutionMinuterie, StatutExecution
from wisebook_ml.timers.schedule import Schedule

__all__ = ["Due", "ahead_of_clock", "due", "next_look", "pause"]

FIRST_PAUSE = dt.timedelta(seconds=30)
LONGEST_PAUSE = dt.timedelta(hours=1)
"""Between two attempts at what failed: a database that restarts is back within the first, one that a person must mend
is not asked every minute of a night."""

DOUBLINGS = 7
"""Until the longest pause is reached; more of them would only make large numbers."""


@dataclass(frozen=True, slots=True)
class Due:
    """A run that is to be done.

    Attributes
    ----------
    echeance : datetime
        The due time; of a run by hand, when it was asked for.
    acquise : datetime
        How far the timer is once this run is done.
    sautees : int
        Due times before it that are skipped.
    tentative : int
        Which attempt, from 1.
    demandeur : str
        Who asked; empty: the clock.
    """

    echeance: dt.datetime
    acquise: dt.datetime
    sautees: int = 0
    tentative: int = 1
    demandeur: str = ""


def due(schedule: Schedule, last: ExecutionMinuterie, now: dt.datetime) -> Due | None:
    """Return what is to be done; None where nothing is, or an attempt has just failed.

    Of several due times that were missed, only the last is run. A clock that goes back makes nothing due again.

    Parameters
    ----------
    schedule : Schedule
        The timer's.
    last : ExecutionMinuterie
        Its last record.
    now : datetime
        The present moment.
    """
    reached = schedule.reached(last.acquise, now)
    if reached is None:
        return None
    tentative = 1
    if _failed_at(last, reached.echeance):
        if last.debut <= now < last.debut + pause(last.tentative):
            return None
        tentative = last.tentative + 1
    return Due(reached.echeance, acquise=reached.echeance, sautees=reached.before, tentative=tentative)


def next_look(schedule: Schedule, last: ExecutionMinuterie, now: dt.datetime) -> dt.datetime:
    """Return when there may be something to do, where there is nothing now."""
    # Of a time that a wrong clock has told, there may be no next one: the calendar has an end.
    later = schedule.after(now if ahead_of_clock(schedule, last, now) else max(now, last.acquise))
    reached = schedule.reached(last.acquise, now)
    if reached is not None and _failed_at(last, reached.echeance):
        return min(later, last.debut + pause(last.tentative))
    return later


def pause(tentative: int) -> dt.timedelta:
    """Return how long to wait after an attempt that failed: twice as long each time, up to `LONGEST_PAUSE`.

    Examples
    --------
    >>> [pause(attempt).total_seconds() for attempt in (1, 2, 3, 50)]
    [30.0, 60.0, 120.0, 3600.0]
    """
    return min(FIRST_PAUSE * (1 << min(tentative - 1, DOUBLINGS)), LONGEST_PAUSE)


def ahead_of_clock(schedule: Schedule, last: ExecutionMinuterie, now: dt.datetime) -> bool:
    """Return whether a timer is done beyond its next due time, where only a wrong clock can have taken it."""
    return last.acquise > schedule.after(now)


def _failed_at(last: ExecutionMinuterie, echeance: dt.datetime) -> bool:
    return last.statut is StatutExecution.ECHEC and last.echeance == echeance and not last.demandeur
