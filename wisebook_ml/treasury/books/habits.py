"""When third parties pay: so many days after the invoice, moved to the day on which payments are made."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from wisebook_ml.ledger.calendar import is_off_day, learn_years, off_days

__all__ = ["UNKNOWN", "Habit", "Kind", "habit_of"]

Ordinals = npt.NDArray[np.int64]

WEEK = 7
FRIDAY = 4

LAST = 31
"""Stands for the last day of the month."""

MONTH_DAYS = (5, 10, 15, 20, 25, LAST)
"""Days of the month on which payments are made in a run, as terms of payment name them ("30 jours fin de mois")."""

FEWEST_RUNS = 5
"""Payments without which no run is believed: any three fall on something."""

RUN_GAIN = 0.6
"""Share of the error without runs that is left where runs explain the days; each rule fits something by chance."""

MOST_READ = 40
"""Payments that are looked at, the latest: habits change."""

REACH = 40
"""Days that a run or holidays move a payment by at most."""


@dataclass(frozen=True, slots=True)
class Habit:
    """When invoices are paid.

    Parameters
    ----------
    jours : int
        Days from the invoice.
    semaine : int, optional
        Weekday of payment runs, Monday is 0; the first one from then on pays.
    mois : int, optional
        Day of the month of payment runs; 31 is its last day.

    Examples
    --------
    >>> Habit(30, semaine=3).day(dt.date(2025, 3, 3)), Habit(30, mois=31).day(dt.date(2025, 3, 3))
    (datetime.date(2025, 4, 3), datetime.date(2025, 4, 30))
    """

    jours: int
    semaine: int | None = None
    mois: int | None = None

    def day(self, invoiced: dt.date) -> dt.date:
        """Return the day on which an invoice will be paid: a business day."""
        day = invoiced + dt.timedelta(days=self.jours)
        if self.semaine is not None:
            day += dt.timedelta(days=(self.semaine - day.weekday()) % WEEK)
        if self.mois is not None:
            while not _is_run(day, self.mois):
                day += dt.timedelta(days=1)
        while is_off_day(day):
            day += dt.timedelta(days=1)
        return day


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of third party (401, 411) pays what is overdue.

    Parameters
    ----------
    hazard : float
        Probability that it is paid on a given day, if ever.
    never : float
        Share of items that are never paid: disputes, errors, letterings that nobody made.
    largest : int
        Cents of the largest item that was settled.
    """

    hazard: float
    never: float
    largest: int

    def comes(self, overdue: int) -> float:
        """Return the probability that what is so many days overdue is paid at all (Bayes)."""
        late = (1 - self.never) * (1 - self.hazard) ** overdue
        return late / (late + self.never)


UNKNOWN = Kind(0.05, 0.05, 0)
"""Where nothing is known: three weeks late on average, one in twenty never."""


def habit_of(invoiced: Sequence[int], paid: Sequence[int]) -> Habit:
    """Return the habit that explains payments best: by the mean distance between the day it names and the real one.

    A median of delays is a day that never comes where payments wait for Thursday, or for Monday.

    Parameters
    ----------
    invoiced, paid : sequence of int
        Ordinals of the days of invoices and of their payments, at least one, by the day of payment.

    Examples
    --------
    >>> days = [dt.date(2025, 1, day).toordinal() for day in (2, 7, 8, 13, 17, 20)]
    >>> thursdays = [day + 15 - (day + 15 - 4) % 7 + 7 for day in days]
    >>> habit_of(days, thursdays)
    Habit(jours=16, semaine=3, mois=None)
    """
    begin = np.asarray(invoiced[-MOST_READ:], dtype=np.int64)
    end = np.asarray(paid[-MOST_READ:], dtype=np.int64)
    plain, error = _best(begin, end, None, None)
    best = Habit(plain)
    if len(begin) < FEWEST_RUNS:
        return best
    allowed = error * RUN_GAIN
    for semaine in range(FRIDAY + 1):
        jours, missed = _best(begin, end, semaine, None)
        if missed < allowed:
            best, allowed = Habit(jours, semaine=semaine), missed
    for mois in MONTH_DAYS:
        jours, missed = _best(begin, end, None, mois)
        if missed < allowed:
            best, allowed = Habit(jours, mois=mois), missed
    return best


def _best(begin: Ordinals, end: Ordinals, semaine: int | None, mois: int | None) -> tuple[int, float]:
    """Return the delay that explains payments best under a rule, and how many days it is off on average."""
    delays = np.unique(np.maximum(end - begin, 0))
    back = 3 if semaine is None and mois is None else WEEK if mois is None else LAST
    tried = np.unique(np.maximum(delays[:, None] - np.arange(back)[None, :], 0))
    first, last = int(begin.min()), int(begin.max() + tried.max()) + REACH
    table = _run_days(first, last, semaine, mois)
    missed = np.abs(table[begin[None, :] + tried[:, None] - first] - end[None, :]).mean(axis=1)
    # Of delays that explain the same, the middle one is farthest from being wrong.
    equal = np.flatnonzero(missed <= missed.min() + 1e-9)
    at = int(equal[(len(equal) - 1) // 2])
    return int(tried[at]), float(missed[at])


def _run_days(first: int, last: int, semaine: int | None, mois: int | None) -> Ordinals:
    """Return for each day of an interval on which day what is due then is paid."""
    year = dt.date.fromordinal(first).year, dt.date.fromordinal(last + REACH).year
    start, table = _runs_of_years(*year, semaine, mois)
    return table[first - start : last + 1 - start]


@lru_cache(maxsize=64)
def _runs_of_years(first: int, last: int, semaine: int | None, mois: int | None) -> tuple[int, Ordinals]:
    start = dt.date(first, 1, 1).toordinal()
    days = np.arange(start, dt.date(last + 1, 3, 1).toordinal(), dtype=np.int64)
    learn_years(days)
    worked = days[off_days()[days] == 0]
    runs = days
    if semaine is not None:
        runs = days[(days - 1) % WEEK == semaine]
    elif mois is not None:
        runs = np.array([day for day in days.tolist() if _is_run(dt.date.fromordinal(day), mois)], dtype=np.int64)
    inside = days[days <= min(runs[-1], worked[-WEEK])]
    due = runs[np.searchsorted(runs, inside)]
    return start, worked[np.minimum(np.searchsorted(worked, due), len(worked) - 1)]


def _is_run(day: dt.date, mois: int) -> bool:
    return (day + dt.timedelta(days=1)).day == 1 if mois == LAST else day.day == mois
