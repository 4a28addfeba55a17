"""JSON values in a byte buffer: amounts, dates, moments and whole numbers, as numbers; and what is skipped.

Each function takes the position of a value's first byte and returns the position after it, or `FAILED` unless msgspec
surely reads the same. The buffer ends each record with a NUL, and itself with `PADDING` of them: no loop runs past it.
"""

import numpy as np

from wisebook_ml.compiled import Array
from wisebook_ml.ledger.utf8 import FAILED, LOWER, NINE, QUOTE, ZERO, read_text
from wisebook_ml.ledger.words import scanning

__all__ = [
    "PADDING",
    "is_amount",
    "is_fiscal_year",
    "read_amount",
    "read_date",
    "read_int",
    "read_moment",
    "skip_null",
    "skip_scalar",
    "skip_space",
]

PADDING = 64
"""NULs at the end of a buffer: more than the bytes of any date or name that are looked at unconditionally."""

MINUS, PLUS, POINT, COLON, SLASH = ord("-"), ord("+"), ord("."), ord(":"), ord("/")
LOWER_E, UPPER_T, UPPER_Z = ord("e"), ord("T"), ord("Z")

TRUE, FALSE, NULL = (np.frombuffer(word, dtype=np.uint8) for word in (b"true", b"false", b"null"))

MAX_DIGITS = 18
"""Digits that surely fit an int64."""

EUROS, CENTS = 11, 2
"""Most digits of an amount before and after the point (`schemas.Montant`)."""

SPACE = np.array([byte in b" \t\n\r" for byte in range(256)])

MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int64)
DAYS_BEFORE = np.concatenate([[0, 0], np.cumsum(MONTH_DAYS[1:12])])
"""Days of a common year before each month, from 1."""

EPOCH_ORDINAL = 719_163
"""Proleptic ordinal of 1970-01-01."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
MINUTE = 60 * SECOND


@scanning
def skip_space(data: Array, p: int) -> int:
    """Return the position of the first byte from `p` on that is not JSON's white space."""
    while SPACE[data[p]]:
        p += 1
    return p


@scanning
def _digits_end(data: Array, p: int) -> int:
    while ZERO <= data[p] <= NINE:
        p += 1
    return p


@scanning
def _number(data: Array, p: int, size: int) -> int:
    """Return the number that exactly `size` digits at `p` write, or `FAILED`."""
    value = 0
    for k in range(p, p + size):
        if not ZERO <= data[k] <= NINE:
            return FAILED
        value = value * 10 + (data[k] - ZERO)
    return value


@scanning
def read_int(data: Array, p: int) -> tuple[int, int]:
    """Read a whole number without sign; return the position after it and its value."""
    end = _digits_end(data, p)
    if end == p or end - p > MAX_DIGITS or (data[p] == ZERO and end - p > 1):
        return FAILED, 0
    return end, _number(data, p, end - p)


@scanning
def read_amount(data: Array, p: int) -> tuple[int, int]:
    """Read a string by the pattern of `schemas.Montant`; return the position after it and the amount in cents."""
    if data[p] != QUOTE:
        return FAILED, 0
    p += 1
    negative = data[p] == MINUS
    if negative:
        p += 1
    start, cents = p, 0
    while ZERO <= data[p] <= NINE:
        cents = cents * 10 + (data[p] - ZERO)
        p += 1
    if not 1 <= p - start <= EUROS:
        return FAILED, 0
    cents *= 100
    if data[p] == POINT:
        if not ZERO <= data[p + 1] <= NINE:
            return FAILED, 0
        cents += (data[p + 1] - ZERO) * 10
        p += 2
        if ZERO <= data[p] <= NINE:
            cents += data[p] - ZERO
            p += 1
    if data[p] != QUOTE:
        return FAILED, 0
    return p + 1, -cents if negative else cents


@scanning
def is_amount(data: Array, p: int, size: int, whole: int, decimals: int) -> bool:
    """Return whether a text is a decimal number with a dot, of so many digits at most before and after it."""
    end = p + size
    if size > 0 and data[p] == MINUS:
        p += 1
    point = _digits_end(data, p)
    if not (1 <= point - p <= whole and point <= end):
        return False
    if point == end:
        return True
    return data[point] == POINT and _digits_end(data, point + 1) == end and 1 <= end - point - 1 <= decimals


@scanning
def is_fiscal_year(data: Array, p: int, size: int) -> bool:
    """Return whether a text follows the pattern of `schemas.Exercice`: ``2025`` or ``2024-09-01/2025-08-31``."""
    if size == 4:
        return _number(data, p, 4) >= 0
    return size == 21 and data[p + 10] == SLASH and _looks_a_date(data, p) and _looks_a_date(data, p + 11)


@scanning
def _looks_a_date(data: Array, p: int) -> bool:
    dashes = data[p + 4] == MINUS and data[p + 7] == MINUS
    return dashes and _number(data, p, 4) >= 0 and _number(data, p + 5, 2) >= 0 and _number(data, p + 8, 2) >= 0


@scanning
def _date(data: Array, p: int) -> int:
    """Return the proleptic ordinal of the ten bytes at `p`, or `FAILED`."""
    year, month, day = _number(data, p, 4), _number(data, p + 5, 2), _number(data, p + 8, 2)
    if year < 1 or not 1 <= month <= 12 or data[p + 4] != MINUS or data[p + 7] != MINUS:
        return FAILED
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= MONTH_DAYS[month] + (leap and month == 2):
        return FAILED
    past = year - 1
    ordinal: int = past * 365 + past // 4 - past // 100 + past // 400 + DAYS_BEFORE[month] + (leap and month > 2) + day
    return ordinal


@scanning
def read_date(data: Array, p: int) -> tuple[int, int]:
    """Read a string ``YYYY-MM-DD``; return the position after it and the proleptic ordinal."""
    if data[p] != QUOTE:
        return FAILED, 0
    ordinal = _date(data, p + 1)
    if ordinal < 0 or data[p + 11] != QUOTE:
        return FAILED, 0
    return p + 12, ordinal


@scanning
def read_moment(data: Array, p: int) -> tuple[int, int]:
    """Read an RFC 3339 moment as publishers write it; return the position after it and microseconds since 1970.

    Upper case, an offset, at most six decimals of a second: msgspec reads more, which is left to it.
    """
    if data[p] != QUOTE:
        return FAILED, 0
    ordinal = _date(data, p + 1)
    hour, minute, second = _number(data, p + 12, 2), _number(data, p + 15, 2), _number(data, p + 18, 2)
    if ordinal < 0 or not 0 <= hour <= 23 or not 0 <= minute <= 59 or not 0 <= second <= 59:
        return FAILED, 0
    if data[p + 11] != UPPER_T or data[p + 14] != COLON or data[p + 17] != COLON:
        return FAILED, 0
    micros = (ordinal - EPOCH_ORDINAL) * DAY + (hour * 60 + minute) * MINUTE + second * SECOND
    p += 20
    if data[p] == POINT:
        p += 1
        unit, start = SECOND, p
        while ZERO <= data[p] <= NINE and unit > 1:
            unit //= 10
            micros += (data[p] - ZERO) * unit
            p += 1
        if p == start:
            return FAILED, 0
    if data[p] == UPPER_Z:
        p += 1
    else:
        hour, minute = _number(data, p + 1, 2), _number(data, p + 4, 2)
        if not 0 <= hour <= 23 or not 0 <= minute <= 59 or data[p + 3] != COLON:
            return FAILED, 0
        offset = (hour * 60 + minute) * MINUTE
        if data[p] == PLUS:
            micros -= offset
        elif data[p] == MINUS:
            micros += offset
        else:
            return FAILED, 0
        p += 6
    if data[p] != QUOTE:
        return FAILED, 0
    return p + 1, micros


@scanning
def _skip_word(data: Array, p: int, word: Array) -> int:
    for k in range(len(word)):
        if data[p + k] != word[k]:
            return FAILED
    return p + len(word)


@scanning
def skip_null(data: Array, p: int) -> int:
    """Return the position after ``null``."""
    return _skip_word(data, p, NULL)


@scanning
def skip_scalar(data: Array, p: int) -> int:
    """Return the position after a string, a number, true, false or null."""
    if data[p] == QUOTE:
        return read_text(data, p)[0]
    for word in (TRUE, FALSE, NULL):
        if data[p] == word[0]:
            return _skip_word(data, p, word)
    return _skip_number(data, p)


@scanning
def _skip_number(data: Array, p: int) -> int:
    if data[p] == MINUS:
        p += 1
    end = _digits_end(data, p)
    if end == p or (data[p] == ZERO and end - p > 1):
        return FAILED
    if data[end] == POINT:
        p = end + 1
        end = _digits_end(data, p)
        if end == p:
            return FAILED
    if data[end] | LOWER == LOWER_E:
        p = end + 1
        if data[p] == PLUS or data[p] == MINUS:
            p += 1
        end = _digits_end(data, p)
        if end == p:
            return FAILED
    return end
