"""When something counts as having happened: publishers' clocks may be wrong, and a worker may have been away."""

import datetime as dt

__all__ = ["HOUR", "TOLERANCE", "hour_of", "moment"]

TOLERANCE = dt.timedelta(minutes=10)
"""How late something may come and still count as of its own time.

A restarted worker makes the same alerts as one that never died. What is older (a worker was away for longer, a topic is
read for the first time, a clock is years behind) counts as of now: so budget and quiet hours hold for those who are
told now.
"""

HOUR = dt.timedelta(hours=1)


def moment(told: dt.datetime, now: dt.datetime, reached: dt.datetime | None) -> dt.datetime:
    """Return as of when something counts.

    Parameters
    ----------
    told : datetime
        When it happened, as its publisher says.
    now : datetime
        The present moment.
    reached : datetime or None
        As of when the last thing of the company counted: its time never goes back.

    Examples
    --------
    >>> now = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
    >>> moment(now - dt.timedelta(seconds=2), now, None).isoformat()
    '2026-03-02T08:59:58+00:00'
    >>> moment(now.replace(year=1999), now, None) == moment(now.replace(year=2099), now, None) == now
    True
    """
    at = told if now - TOLERANCE <= told <= now else now
    return at if reached is None else max(at, reached)


def hour_of(at: dt.datetime) -> dt.datetime:
    """Return the beginning of the hour: the same by every clock that is set in whole hours, the French one too."""
    return at.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
