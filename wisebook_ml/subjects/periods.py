"""The periods that findings are about: fiscal years and months."""

import datetime as dt

from wisebook_ml.compiled import compiled
from wisebook_ml.ledger.dates import civil, ordinal

__all__ = ["month_id", "month_of", "month_text", "year_id", "year_of", "year_text"]

MONTHS_FR = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)
MONTHS_EN = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@compiled
def year_of(day: int, first: int, last: int) -> tuple[int, int]:
    """Return first and last day of an entry's fiscal year; the calendar year of its date where none is given (0)."""
    if first > 0:
        return first, last
    year = civil(day)[0]
    return ordinal(year, 1, 1), ordinal(year, 12, 31)


@compiled
def month_of(day: int) -> int:
    """Return the number of a date's month, counted from the year 0."""
    year, month, _ = civil(day)
    return year * 12 + month - 1


def year_id(first: int, last: int) -> str:
    """Return how ids name a fiscal year, given as ordinals of its first and last day.

    Examples
    --------
    >>> year_id(dt.date(2024, 1, 1).toordinal(), dt.date(2024, 12, 31).toordinal())
    '2024'
    >>> year_id(dt.date(2023, 9, 1).toordinal(), dt.date(2024, 8, 31).toordinal())
    '2023-09-01/2024-08-31'
    """
    start, end = dt.date.fromordinal(first), dt.date.fromordinal(last)
    if start.year == end.year and (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return f"{start.year:04d}"
    return f"{start.isoformat()}/{end.isoformat()}"


def year_text(first: int, last: int) -> tuple[str, str]:
    """Return how a French and an English text name a fiscal year."""
    start, end = dt.date.fromordinal(first), dt.date.fromordinal(last)
    if start.year == end.year and (start.month, start.day, end.month, end.day) == (1, 1, 12, 31):
        return f"l'exercice {start.year}", f"fiscal year {start.year}"
    return (
        f"l'exercice du {start:%d/%m/%Y} au {end:%d/%m/%Y}",
        f"the fiscal year from {start.isoformat()} to {end.isoformat()}",
    )


def month_id(month: int) -> str:
    """Return how ids name a month.

    Examples
    --------
    >>> month_id(2024 * 12 + 4)
    '2024-05'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def month_text(month: int) -> tuple[str, str]:
    """Return how a French and an English text name a month.

    Examples
    --------
    >>> month_text(2024 * 12 + 4)
    ('mai 2024', 'May 2024')
    """
    year, place = divmod(month, 12)
    return f"{MONTHS_FR[place]} {year}", f"{MONTHS_EN[place]} {year}"
