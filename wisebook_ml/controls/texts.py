"""How figures read to an accountant, in French and in English."""

import datetime as dt

from wisebook_ml.number_texts import NARROW_SPACE, count_en, count_fr, euros_en, euros_fr, number_en, number_fr

__all__ = [
    "NARROW_SPACE",
    "about_en",
    "about_fr",
    "count_en",
    "count_fr",
    "date_en",
    "date_fr",
    "euros_en",
    "euros_fr",
    "few_en",
    "few_fr",
    "number_en",
    "number_fr",
    "weekday_en",
    "weekday_fr",
]

WEEKDAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
WEEKDAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

WHOLE_FROM = 10_00
"""Cents from which a usual amount is told in whole euros: habits are kept in classes that are a third wide."""


def few_fr(count: int, total: int, noun: str) -> str:
    """Return how few of a number have something, as the beginning of a sentence that goes on with what they have.

    Examples
    --------
    >>> few_fr(0, 240, "écritures"), few_fr(1, 240, "écritures"), few_fr(3, 240, "écritures")
    ("aucune des 240 écritures n'a", 'une seule des 240 écritures a', '3 des 240 écritures ont')
    """
    of = f"des {number_fr(total, 0)} {noun}"
    if count == 0:
        return f"aucune {of} n'a"
    return f"une seule {of} a" if count == 1 else f"{number_fr(count, 0)} {of} ont"


def few_en(count: int, total: int, noun: str) -> str:
    """Return the same for an English reader.

    Examples
    --------
    >>> few_en(0, 240, "entries"), few_en(1, 240, "entries"), few_en(3, 240, "entries")
    ('none of the 240 entries has', 'only one of the 240 entries has', '3 of the 240 entries have')
    """
    of = f"of the {number_en(total, 0)} {noun}"
    if count == 0:
        return f"none {of} has"
    return f"only one {of} has" if count == 1 else f"{number_en(count, 0)} {of} have"


def about_fr(cents: int) -> str:
    """Return a usual amount, as roughly as it is known: two figures, without cents from 10 euros on.

    Examples
    --------
    >>> about_fr(1539_93).replace(NARROW_SPACE, " "), about_fr(15_30).replace(NARROW_SPACE, " ")
    ('1 500 €', '15 €')
    """
    if cents < WHOLE_FROM:
        return euros_fr(cents)
    return f"{number_fr(_rough(cents), 0)}{NARROW_SPACE}€"


def about_en(cents: int) -> str:
    """Return a usual amount as `about_fr` does, for an English reader.

    Examples
    --------
    >>> about_en(1539_93)
    '€1,500'
    """
    return euros_en(cents) if cents < WHOLE_FROM else f"€{_rough(cents):,}"


def _rough(cents: int) -> int:
    """Return whole euros with two figures that count."""
    euros = round(cents / 100)
    unit: int = 10 ** max(0, len(str(euros)) - 2)
    return (euros + unit // 2) // unit * unit


def weekday_fr(day: dt.date) -> str:
    """Return a day as "dimanche 24/11/2024"."""
    return f"{WEEKDAYS_FR[day.weekday()]} {date_fr(day)}"


def weekday_en(day: dt.date) -> str:
    """Return a day as "Sunday 2024-11-24"."""
    return f"{WEEKDAYS_EN[day.weekday()]} {date_en(day)}"


def date_fr(day: dt.date) -> str:
    """Return a date as 31/12/2024."""
    return f"{day:%d/%m/%Y}"


def date_en(day: dt.date) -> str:
    """Return a date as 2024-12-31."""
    return day.isoformat()
