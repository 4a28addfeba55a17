"""When a timer is due: cron expressions by the French clock, on the two nights when it is set as well.

The moments themselves come from cronsim, which does as Debian's cron does (croniter, which Faust brings along, is an
hour off on the days after both nights). Everything that is given and returned here is a moment in UTC.
"""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

from cronsim import CronSim, CronSimError

from wisebook_ml.french_time import PARIS

__all__ = ["Reached", "Schedule"]

AMBIGUOUS = dt.timedelta(hours=3)
"""How far from a moment the search begins: more than clocks are ever set by, so that a repeated hour hides nothing."""

COUNTED = 10_000
"""Due times that are counted at most: more than a year of hours, as far back as runs are kept."""


class Reached(NamedTuple):
    """The last due time of a stretch of time, and how many there were before it (at most `COUNTED` in all)."""

    echeance: dt.datetime
    before: int


class Schedule:
    """The due times of a timer.

    A timer of a fixed time of day is due once a day: where clocks skip its time, at the moment they are set; where they
    show it twice, the first time. One of every hour, or part of an hour (a star in the first or the second field), is
    due at every real one: 23 times in the night of March, 25 times in that of October.

    Parameters
    ----------
    cron : str
        Five fields: minute, hour, day of the month, month, day of the week (0 is Sunday).

    Raises
    ------
    ValueError
        Where it is none, or has no due times.

    Examples
    --------
    In the night of 29 March 2026 clocks go from 2:00 to 3:00:

    >>> night = dt.datetime(2026, 3, 28, 12, tzinfo=dt.UTC)
    >>> due = Schedule("0 2 * * *").after(night)
    >>> due.isoformat(), due.astimezone(PARIS).isoformat()
    ('2026-03-29T01:00:00+00:00', '2026-03-29T03:00:00+02:00')
    """

    def __init__(self, cron: str) -> None:
        self.cron = cron
        try:
            if len(cron.split()) != 5:
                raise CronSimError("it has not five fields")  # noqa: TRY301
            next(CronSim(cron, dt.datetime(2000, 1, 1)))
        except CronSimError as error:
            raise ValueError(f"{cron!r} is no cron expression: {error}") from error
        except StopIteration:
            raise ValueError(f"{cron!r} is never due") from None

    def __repr__(self) -> str:
        return f"Schedule({self.cron!r})"

    def after(self, moment: dt.datetime) -> dt.datetime:
        """Return the first due time after a moment."""
        start = (moment - AMBIGUOUS).astimezone(PARIS)
        return next(due for due in _moments(CronSim(self.cron, start)) if due > moment)

    def reached(self, after: dt.datetime, until: dt.datetime) -> Reached | None:
        """Return the last due time in ``(after, until]``, and how many are before it; None where there is none."""
        if until <= after:
            return None
        start = (until + AMBIGUOUS).astimezone(PARIS)
        last, count = None, 0
        for due in _moments(CronSim(self.cron, start, reverse=True)):
            if due <= after or count == COUNTED:
                break
            if due <= until:
                last = last or due
                count += 1
        return None if last is None else Reached(last, count - 1)


def _moments(times: CronSim) -> Iterator[dt.datetime]:
    for time in times:
        yield time.astimezone(dt.UTC)
