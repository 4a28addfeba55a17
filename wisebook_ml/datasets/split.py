"""Splits by time: what is tested lies later than all that was learnt from."""

import datetime as dt

import pandas as pd

__all__ = ["HOLD_OUT", "split_by_date"]

HOLD_OUT = 0.3
"""Share of the rows, the latest, that a version is tested on."""


def split_by_date(frame: pd.DataFrame, hold_out: float = HOLD_OUT) -> tuple[pd.DataFrame, pd.DataFrame, dt.date | None]:
    """Split rows into earlier and later ones; rows of one date stay together.

    Parameters
    ----------
    frame : DataFrame
        With a column `date` (datetime64).
    hold_out : float
        Share of the rows that the later part has at most, in (0, 1).

    Returns
    -------
    (DataFrame, DataFrame, date or None)
        The earlier rows, the later ones, and the first date of those; None without any.

    Examples
    --------
    >>> days = pd.to_datetime(["2024-01-03", "2024-01-01", "2024-01-02", "2024-01-03"])
    >>> before, after, since = split_by_date(pd.DataFrame({"date": days}), 0.5)
    >>> len(before), len(after), since.isoformat()
    (2, 2, '2024-01-03')
    """
    ordered = frame.sort_values("date", kind="stable")
    place = len(ordered) - int(len(ordered) * hold_out)
    dates = ordered["date"]
    while 0 < place < len(ordered) and dates.iloc[place] == dates.iloc[place - 1]:
        place += 1
    since = dates.iloc[place].date() if place < len(ordered) else None
    return ordered.iloc[:place], ordered.iloc[place:], since
