"""The French business calendar."""

import datetime as dt
from functools import lru_cache

import holidays
import numpy as np
import numpy.typing as npt

__all__ = ["UNKNOWN_DAY", "is_off_day", "learn_years", "off_days"]

SATURDAY = 5

UNKNOWN_DAY = 2
"""In `off_days`: of a year that nobody has asked for yet."""


@lru_cache(maxsize=256)
def _holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("FR", years=year))


def is_off_day(day: dt.date) -> bool:
    """Return whether a day is a Saturday, a Sunday or a public holiday in France (Code du travail L3133-1).

    Examples
    --------
    >>> is_off_day(dt.date(2024, 7, 14)), is_off_day(dt.date(2024, 5, 1)), is_off_day(dt.date(2024, 5, 2))
    (True, True, False)
    """
    return day.weekday() >= SATURDAY or day in _holidays(day.year)


@lru_cache(maxsize=1)
def off_days() -> npt.NDArray[np.uint8]:
    """Return the table of days off by proleptic ordinal: 1 off, 0 worked, `UNKNOWN_DAY` until `learn_years`."""
    return np.full(dt.date.max.toordinal() + 1, UNKNOWN_DAY, dtype=np.uint8)


def learn_years(ordinals: npt.NDArray[np.int64]) -> None:
    """Enter the years of some days (proleptic ordinals) into `off_days`, half a millisecond each."""
    table = off_days()
    for ordinal in ordinals[table[ordinals] == UNKNOWN_DAY].tolist():
        if table[ordinal] != UNKNOWN_DAY:
            continue
        year = dt.date.fromordinal(ordinal).year
        first, last = dt.date(year, 1, 1).toordinal(), dt.date(year, 12, 31).toordinal()
        days = np.arange(first, last + 1)
        off = (days - 1) % 7 >= SATURDAY  # ordinal 1 is a Monday
        off[[day.toordinal() - first for day in _holidays(year)]] = True
        table[first : last + 1] = off
