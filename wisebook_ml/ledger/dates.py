"""Dates as proleptic ordinals, in compiled code: as `datetime.date` has them, from the year 1 on."""

from wisebook_ml.compiled import Array, compiled

__all__ = ["civil", "fiscal_year", "ordinal"]

YEAR, INTERVAL = 4, 21
"""Bytes of a fiscal year: ``2025``, ``2024-09-01/2025-08-31``."""


@compiled
def civil(day: int) -> tuple[int, int, int]:
    """Return year, month and day of an ordinal.

    References
    ----------
    Hinnant: chrono-Compatible Low-Level Date Algorithms, 2013 (years that begin in March, eras of 400 years).
    """
    since = day + 305  # days since 1 March of the year 0
    era = since // 146_097
    of_era = since - era * 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    date = of_year - (153 * month + 2) // 5 + 1
    if month < 10:
        return year + era * 400, month + 3, date
    return year + era * 400 + 1, month - 9, date


@compiled
def ordinal(year: int, month: int, day: int) -> int:
    """Return the ordinal of a date; 0 where there is no such date."""
    if not (1 <= year <= 9999 and 1 <= month <= 12 and 1 <= day <= 31):
        return 0
    before = year - (month <= 2)
    days = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    found = before * 365 + before // 4 - before // 100 + before // 400 + days - 305
    return found if civil(found)[2] == day else 0


@compiled
def fiscal_year(data: Array, start: int, end: int) -> tuple[int, int]:
    """Return the first and last day of a fiscal year as text; zeros where they are no calendar dates."""
    if end - start == YEAR:
        year = _number(data, start, end)
        return ordinal(year, 1, 1), ordinal(year, 12, 31)
    if end - start == INTERVAL:
        first, last = _date(data, start), _date(data, start + 11)
        if 0 < first <= last:
            return first, last
    return 0, 0


@compiled
def _date(data: Array, at: int) -> int:
    return ordinal(_number(data, at, at + 4), _number(data, at + 5, at + 7), _number(data, at + 8, at + 10))


@compiled
def _number(data: Array, start: int, end: int) -> int:
    value = 0
    for k in range(start, end):
        value = value * 10 + data[k] - 0x30
    return value
