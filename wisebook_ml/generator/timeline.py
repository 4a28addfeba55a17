"""The business calendar of France, months of a fiscal year and the seasons of a trade."""

from __future__ import annotations

import calendar
import datetime as dt
from functools import lru_cache

import holidays
from msgspec import Struct

__all__ = ["Month", "add_months", "days_of", "fiscal_months", "is_business", "next_business", "shift"]

JOUR = dt.timedelta(days=1)

WEEKDAY_WEIGHT = (1.05, 1.1, 1.0, 1.05, 0.8)
"""Monday to Friday: offices invoice and buy a little less on Fridays."""

MONTH_END_WEIGHT = 1.7
"""The last two business days of a month: invoices that must still go out."""

QUARTER_END_WEIGHT = 2.1
"""The same at the end of a quarter, when targets are counted."""


class Month(Struct, frozen=True):
    """One month of the simulated time and where it stands."""

    index: int
    debut: dt.date
    fin: dt.date
    exercice_debut: dt.date
    exercice_fin: dt.date

    @property
    def exercice(self) -> str:
        """The fiscal year as the entries carry it."""
        return f"{self.exercice_debut.isoformat()}/{self.exercice_fin.isoformat()}"

    @property
    def ouvre_exercice(self) -> bool:
        """Whether the fiscal year starts with this month."""
        return self.debut == self.exercice_debut

    @property
    def clot_exercice(self) -> bool:
        """Whether the fiscal year ends with this month."""
        return self.fin == self.exercice_fin


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[dt.date]:
    return frozenset(holidays.country_holidays("FR", years=year))


@lru_cache(maxsize=20_000)
def is_business(day: dt.date) -> bool:
    """Whether a day is neither on a weekend nor a French public holiday."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@lru_cache(maxsize=20_000)
def next_business(day: dt.date) -> dt.date:
    """Return the day itself or the next business day."""
    while not is_business(day):
        day += JOUR
    return day


def shift(day: dt.date, business_days: int) -> dt.date:
    """Return the day that lies some business days later (zero: the day itself or the next business day)."""
    day = next_business(day)
    for _ in range(business_days):
        day = next_business(day + JOUR)
    return day


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def fiscal_months(start: dt.date, months: int) -> list[Month]:
    """Return the months from `start` on, in fiscal years of twelve months."""
    found = []
    for index in range(months):
        debut = add_months(start, index)
        exercice = add_months(start, index - index % 12)
        found.append(
            Month(
                index=index,
                debut=debut,
                fin=add_months(debut, 1) - JOUR,
                exercice_debut=exercice,
                exercice_fin=add_months(exercice, 12) - JOUR,
            )
        )
    return found


def days_of(month: Month) -> list[dt.date]:
    """Return every calendar day of a month."""
    return [month.debut + JOUR * i for i in range((month.fin - month.debut).days + 1)]


@lru_cache(maxsize=20_000)
def day_weight(day: dt.date) -> float:
    """Return how busy an office day is; zero when the office is closed."""
    if not is_business(day):
        return 0.0
    weight = WEEKDAY_WEIGHT[day.weekday()]
    last = calendar.monthrange(day.year, day.month)[1]
    closing = sum(is_business(day + JOUR * i) for i in range(1, last - day.day + 1))
    if closing < 2:
        weight *= QUARTER_END_WEIGHT if day.month % 3 == 0 else MONTH_END_WEIGHT
    return weight
