"""The fiscal year of a file: from the closing date in its name and the dates of its entries.

Source: article A47 A-1 LPF, X: the file is named SIREN, FEC and the closing date of the fiscal year.
"""

import datetime as dt
import re
from collections import Counter
from typing import NamedTuple

from wisebook_ml.fec.values import MAX_YEAR, MIN_YEAR

__all__ = ["FILE_NAME", "Fiscal", "fiscal_year", "is_opening"]

FILE_NAME = re.compile(r"[0-9]{9}FEC[0-9]{8}(?:\.txt)?", re.IGNORECASE)
"""A compliant file name."""

LONGEST_YEAR = dt.timedelta(days=731)
"""A first fiscal year may last until the end of the year after the foundation, hence below two years."""

STRAY = 0.01
"""Share of lines outside the fiscal year that are mistakes; more are a year longer (or other) than thought."""

_CLOSING = re.compile(r"FEC_?([0-9]{4})([0-9]{2})([0-9]{2})", re.IGNORECASE)
_OPENING_JOURNALS = re.compile(r"^(?:A[. ]?N[.O]?|RAN|A ?NOUV.*)$|NOUVEAU", re.IGNORECASE)


class Fiscal(NamedTuple):
    """The fiscal year found; without bounds, each entry belongs to the calendar year of its date."""

    first: dt.date | None
    last: dt.date | None
    closing: dt.date | None
    """The closing date of the file's name."""
    agrees: bool
    """Whether that date fits the dates of the entries."""

    def exercice(self, date: dt.date) -> str:
        """Return the `Exercice` of an entry of this date."""
        if self.first is None or self.last is None or self._is_calendar_year():
            return f"{(self.last or date).year:04d}"
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    def label(self, date: dt.date) -> str:
        """Return what the ids of entries begin with: the calendar year, or the closing date as AAAAMMJJ."""
        if self.first is None or self.last is None or self._is_calendar_year():
            return f"{(self.last or date).year:04d}"
        return f"{self.last.year:04d}{self.last.month:02d}{self.last.day:02d}"

    @classmethod
    def parse(cls, exercice: str) -> "Fiscal":
        """Return the fiscal year of an `Exercice` that the user gave.

        Examples
        --------
        >>> Fiscal.parse("2024").contains(dt.date(2024, 2, 29))
        True
        """
        wrong = f"a fiscal year is AAAA or AAAA-MM-JJ/AAAA-MM-JJ: {exercice!r}"
        first, slash, last = exercice.partition("/")
        if not slash and len(first) != 4:
            raise ValueError(wrong)
        try:
            if slash:
                bounds = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
            else:
                bounds = dt.date(int(first), 1, 1), dt.date(int(first), 12, 31)
        except ValueError as error:
            raise ValueError(wrong) from error
        if bounds[0] > bounds[1]:
            raise ValueError(wrong)
        return cls(*bounds, None, True)

    def _is_calendar_year(self) -> bool:
        return (
            self.first is not None
            and self.last is not None
            and self.first.year == self.last.year
            and (self.first.month, self.first.day, self.last.month, self.last.day) == (1, 1, 12, 31)
        )

    def contains(self, date: dt.date) -> bool:
        """Say whether a date lies in the fiscal year."""
        return self.first is None or self.last is None or self.first <= date <= self.last


def fiscal_year(name: str, dates: Counter[dt.date], openings: set[dt.date]) -> Fiscal:
    """Infer the fiscal year.

    With a closing date in the name that fits (all but `STRAY` of the lines within the two years before it): twelve
    months up to it; longer, from the first date, when more than `STRAY` of the lines are before these twelve months
    (a long first year); shorter, from the first date, when the file opens later with carried-forward balances, which
    are posted on the first day of a year (the year after a change of the closing date).

    Without one: the calendar year, if all dates are in it; twelve months from the first date, if that is the first of
    a month and the last date is in the twelfth; else each entry has its own calendar year.

    Parameters
    ----------
    name : str
        Name of the file.
    dates : Counter
        Number of lines by `EcritureDate`.
    openings : set of datetime.date
        Dates of the lines in journals of opening balances (see `is_opening`).

    Examples
    --------
    >>> sales = Counter([dt.date(2021, 9, 1), dt.date(2022, 8, 31)])
    >>> fiscal_year("732829320FEC20220831.txt", sales, set()).exercice(dt.date(2022, 8, 31))
    '2021-09-01/2022-08-31'
    >>> fiscal_year("export.txt", sales, set()).exercice(dt.date(2022, 8, 31))
    '2021-09-01/2022-08-31'
    """
    closing = _closing(name)
    if not dates:
        return Fiscal(None, None, closing, True)
    if closing is not None:
        first = _year_before(closing)
        total = dates.total()
        outside = sum(n for day, n in dates.items() if not closing - LONGEST_YEAR < day <= closing)
        if outside <= STRAY * total or outside == 0:
            inside = [day for day in dates if closing - LONGEST_YEAR < day <= closing]
            early = sum(n for day, n in dates.items() if closing - LONGEST_YEAR < day < first)
            if early > STRAY * total or (min(inside) > first and min(inside) in openings):
                first = min(inside)
            return Fiscal(first, closing, closing, True)
    return Fiscal(*_from_dates(dates), closing, closing is None)


def is_opening(journal: str, journal_lib: str) -> bool:
    """Say whether a journal is one of opening balances ("à nouveaux").

    Examples
    --------
    >>> is_opening("AN", ""), is_opening("OD", "A nouveaux"), is_opening("ACH", "Achats")
    (True, True, False)
    """
    return any(_OPENING_JOURNALS.search(text) is not None for text in (journal, journal_lib))


def _from_dates(dates: Counter[dt.date]) -> tuple[dt.date | None, dt.date | None]:
    first, last = min(dates), max(dates)
    if first.year == last.year:
        return dt.date(first.year, 1, 1), dt.date(first.year, 12, 31)
    if first.day == 1 and first.year + 1 == last.year and first.month > 1:
        end = dt.date(last.year, first.month, 1) - dt.timedelta(days=1)
        if (last.year, last.month) == (end.year, end.month):
            return first, end
    return None, None


def _closing(name: str) -> dt.date | None:
    match = _CLOSING.search(name)
    if match is None or not MIN_YEAR <= int(match[1]) <= MAX_YEAR:
        return None
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _year_before(closing: dt.date) -> dt.date:
    """Return the first day of the twelve months that end on a closing date."""
    after = closing + dt.timedelta(days=1)
    if (after.month, after.day) == (2, 29):
        return dt.date(after.year - 1, 3, 1)
    return after.replace(year=after.year - 1)
