"""Amounts and dates of a FEC, as found in the wild. Amounts become whole cents; no float takes part.

Both readers remember what they have read: a ledger repeats its dates, and half of its amounts are "0,00".
"""

import datetime as dt
import re
from typing import NamedTuple

from schemas.money import MAX_MINOR, from_minor
from wisebook_ml.fec.findings import Code

__all__ = ["MAX_YEAR", "MIN_YEAR", "Amount", "Amounts", "Dates", "Day", "devise"]

MIN_YEAR = 1950
"""Older dates in a ledger are stand-ins for "none" (1900-01-01, 1899-12-30), not dates of a document."""

MAX_YEAR = 2099
"""Later ones are typing errors; a date of 2202 for 2022 is one of the usual."""

REMEMBERED = 100_000
"""Values remembered before starting anew: bounds the memory where all amounts differ."""

LONGEST = 64
"""Characters of the longest field tried as an amount or date: zero padding goes to 20 or 30, a text further."""

_SIMPLE = re.compile(r"(-?)([0-9]+)(?:,([0-9]{2}))?")
_SPACES = re.compile("[ \u00a0\u2007\u2009\u202f'’]")
_GROUPED = re.compile(r"[0-9]{1,3}(?:[ \u00a0\u2007\u2009\u202f'’.,][0-9]{3})+")
_PLAIN = re.compile(r"([0-9]*)(?:[.,]([0-9]*))?")
_DAY = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_OTHER_DAYS = (
    re.compile(r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?:[T ][0-9:.]*)?"),
    re.compile(r"(?P<d>[0-9]{2})[/.-](?P<m>[0-9]{2})[/.-](?P<y>[0-9]{4})"),
)


class Amount(NamedTuple):
    """An amount read; `remark` says (French, English) what is wrong with it; unreadable where `cents` is None."""

    cents: int | None
    text: str
    remark: tuple[str, str] | None = None


class Day(NamedTuple):
    """A date read: None where empty or impossible; `code` says what is wrong with it."""

    date: dt.date | None
    code: Code | None = None


class Amounts(dict[str, Amount]):
    """Reads amounts: ``Amounts()[text]``, for a stripped field.

    Read without remark: ``12,50``, ``-12,50``, ``0000000012,50``, ``12``, and nothing at all (zero). Read with a
    remark: a dot for the comma, thousands separators (space, no-break spaces, apostrophe, or the other of dot and
    comma), a sign that is ``+`` or trails, one decimal, further decimals that are zeros. ``1.230`` is read as
    1,23 (some programs write three or four decimals), not as a thousand: the finding tells.

    Not read: letters, exponents, decimals beyond the cent (rounding would change the books), and amounts over
    `schemas.money.MAX_MINOR`.

    Examples
    --------
    >>> amounts = Amounts()
    >>> amounts["0000000069,60"].cents, amounts["1 234,5"].cents, amounts[""].cents, amounts["1E+05"].cents
    (6960, 123450, 0, None)
    """

    def __missing__(self, text: str) -> Amount:
        amount = _amount(text)
        if len(self) >= REMEMBERED:
            self.clear()
        if len(text) <= LONGEST:
            self[text] = amount
        return amount


class Dates(dict[str, Day]):
    """Reads dates: ``Dates()[text]``, for a stripped field.

    ``AAAAMMJJ``; with a finding ``AAAA-MM-JJ`` and ``JJ/MM/AAAA`` too.

    Examples
    --------
    >>> dates = Dates()
    >>> dates["20240229"].date, dates["20230229"].code, dates[""].date
    (datetime.date(2024, 2, 29), <Code.DATE_ILLISIBLE: 'DATE_ILLISIBLE'>, None)
    """

    def __missing__(self, text: str) -> Day:
        day = _day(text) if text else Day(None)
        if len(self) >= REMEMBERED:
            self.clear()
        if len(text) <= LONGEST:
            self[text] = day
        return day


def devise(text: str) -> str | None:
    """Return a foreign amount as the events want it (`schemas.money.MontantDevise`), None where unreadable.

    Examples
    --------
    >>> devise("0012,500"), devise("1,23456"), devise("1,23000")
    ('12.500', None, '1.2300')
    """
    sign, _, body = _signed(text)
    if _GROUPED.match(body):
        body = _ungrouped(body)
    match = _PLAIN.fullmatch(body)
    if match is None or not (match[1] or match[2]):
        return None
    whole, decimals = match[1].lstrip("0") or "0", match[2] or ""
    if len(whole) > 15 or decimals[4:].strip("0"):  # the limits of MontantDevise
        return None
    value = f"{whole}.{decimals[:4]}" if decimals else whole
    return f"-{value}" if sign < 0 and value.strip("0.") else value


def _amount(text: str) -> Amount:
    if len(text) > LONGEST:
        return Amount(None, text[:LONGEST], ("pas un nombre", "not a number"))
    match = _SIMPLE.fullmatch(text)
    if match is not None:
        return _bounded(int(match[2] + (match[3] or "00")), -1 if match[1] else 1, None)
    if not text:
        return Amount(0, "0.00")
    remarks: list[tuple[str, str]] = []
    sign, usual, body = _signed(text)
    if not usual:
        remarks.append(("signe inhabituel", "unusual sign"))
    if _GROUPED.match(body):
        plain = _ungrouped(body)
        if plain != body:
            remarks.append(("séparateur de milliers", "thousands separator"))
        body = plain
    match = _PLAIN.fullmatch(body)
    if match is None or not (match[1] or match[2]):
        return Amount(None, text, ("pas un nombre", "not a number"))
    whole, decimals = match[1] or "0", match[2] or ""
    if decimals[2:].strip("0"):
        return Amount(None, text, ("plus de deux décimales", "more than two decimals"))
    if "." in body:
        remarks.append(("point décimal", "decimal dot"))
    if len(decimals) != 2:
        remarks.append((f"{len(decimals)} décimale(s)", f"{len(decimals)} decimal(s)"))
    remark = (
        (", ".join(french for french, _ in remarks), ", ".join(english for _, english in remarks)) if remarks else None
    )
    return _bounded(int(whole + (decimals + "00")[:2]), sign, remark)


def _bounded(cents: int, sign: int, remark: tuple[str, str] | None) -> Amount:
    if cents > MAX_MINOR:
        return Amount(None, str(cents), ("montant trop grand", "amount too large"))
    return Amount(sign * cents, from_minor(sign * cents), remark)


def _signed(text: str) -> tuple[int, bool, str]:
    """Return the sign, whether it is written as usual (a leading minus or none), and the rest."""
    if text.startswith(("-", "\u2212")):
        return -1, text[0] == "-", text[1:].lstrip()
    if text.startswith("+"):
        return 1, False, text[1:].lstrip()
    if text.endswith("-"):
        return -1, False, text[:-1].rstrip()
    return 1, True, text


def _ungrouped(body: str) -> str:
    """Return the number without thousands separators; one dot or comma alone stays, as the decimal one."""
    spaced = _SPACES.sub("", body)
    marks = [mark for mark in spaced if mark in ".,"]
    if len(set(marks)) == 2:  # 1.234,56 and 1,234.56: the last one is the decimal
        return spaced.replace("," if marks[-1] == "." else ".", "") if marks.count(marks[-1]) == 1 else body
    if len(marks) > 1:  # 1.234.567
        return spaced.replace(marks[0], "")
    return spaced


def _day(text: str) -> Day:
    match = _DAY.fullmatch(text)
    code = None
    if match is not None:
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    else:
        match = next((found for known in _OTHER_DAYS if (found := known.fullmatch(text))), None)
        if match is None:
            return Day(None, Code.DATE_ILLISIBLE)
        year, month, day = int(match["y"]), int(match["m"]), int(match["d"])
        code = Code.DATE_FORMAT
    try:
        date = dt.date(year, month, day)
    except ValueError:
        return Day(None, Code.DATE_ILLISIBLE)
    return Day(date, code if MIN_YEAR <= year <= MAX_YEAR else Code.ANNEE)
