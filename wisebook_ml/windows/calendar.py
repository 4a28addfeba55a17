"""Where windows begin and end: hours of UTC, and days of the French calendar. Moments are whole seconds since 1970."""

import datetime as dt
import sys
from functools import lru_cache

from schemas import Pas
from wisebook_ml.french_time import PARIS

__all__ = ["DAY", "HOUR", "KEPT", "KEPT_AHEAD", "end_of", "floor_of", "is_over", "last_over", "moment", "seconds"]

HOUR = 3_600
DAY = 24 * HOUR

KEPT = {Pas.HEURE: 8 * DAY, Pas.JOUR: 400 * DAY}
"""How far a company's clock may be beyond the beginning of a window that still takes what comes late, by that clock.

Hours: a week, and the day that is not over. Days: a year and more, since the FEC of a year is published journal by
journal, so that a year goes back and forth. A window lives exactly as long as it takes late events: so what a living
window holds does not depend on when, in comparison with others, an event came.
"""

KEPT_AHEAD = 3 * 366 * DAY
"""How far the last window of a company may be beyond one that its clock has not reached: verdicts may be given today on
books of last year, and a company may have a treasury and no entries. Longer, they would be kept for ever."""

REMEMBERED = 1 << 14
"""Hours whose day is remembered: those of two years, nearly."""


def seconds(moment: dt.datetime) -> int:
    """Return a moment in whole seconds."""
    return int(moment.timestamp() // 1)


def moment(at: int) -> dt.datetime:
    """Return seconds as a moment in UTC."""
    return dt.datetime.fromtimestamp(at, dt.UTC)


def floor_of(pas: Pas, at: int) -> int:
    """Return the beginning of the window that a moment is in.

    Examples
    --------
    On 31 March 2024 clocks went from 2:00 to 3:00, so that the day began at 23:00 UTC and ended at 22:00:

    >>> noon = seconds(dt.datetime(2024, 3, 31, 12, 34, tzinfo=dt.UTC))
    >>> moment(floor_of(Pas.HEURE, noon)).isoformat(), moment(floor_of(Pas.JOUR, noon)).isoformat()
    ('2024-03-31T12:00:00+00:00', '2024-03-30T23:00:00+00:00')
    >>> (end_of(Pas.JOUR, floor_of(Pas.JOUR, noon)) - floor_of(Pas.JOUR, noon)) // HOUR
    23
    """
    hour = at - at % HOUR
    return hour if pas is Pas.HEURE else _day(hour)


def end_of(pas: Pas, debut: int) -> int:
    """Return the end of the window that begins at a moment: the beginning of the next one."""
    if pas is Pas.HEURE:
        return debut + HOUR
    day = dt.datetime.fromtimestamp(debut, PARIS).date() + dt.timedelta(days=1)
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=PARIS).timestamp())


def is_over(pas: Pas, debut: int, clock: int | None) -> bool:
    """Tell whether a window is not kept any more when a company's clock is at a moment."""
    return clock is not None and debut + KEPT[pas] <= clock


def last_over(pas: Pas, clock: int | None) -> int:
    """Return the latest beginning of a window that is not kept any more: `is_over`, for many at once."""
    return -sys.maxsize if clock is None else clock - KEPT[pas]


@lru_cache(maxsize=REMEMBERED)
def _day(hour: int) -> int:
    # Paris has been whole hours from UTC since 1911, so that an hour is in one day.
    day = dt.datetime.fromtimestamp(hour, PARIS)
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=PARIS).timestamp())
