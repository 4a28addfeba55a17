"""The French business calendar."""

import datetime as dt
from functools import lru_cache

import holidays

__all__ = ["is_off_day"]

SATURDAY = 5


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
