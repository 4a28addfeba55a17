"""Changes of a scenario as they are stated on the command line."""

import datetime as dt
import math
from collections.abc import Callable
from typing import Generic, TypeVar

import click

from wisebook_ml.treasury.scenarios import Investment, Loan, Movement

__all__ = ["FLOW", "INVEST", "LATE", "LOAN", "Late"]

T = TypeVar("T")

Late = tuple[str, int]
"""A client (auxiliary account or name; `late.EVERYONE`), and the days by which it pays later."""

MOST_MONTHS = 600
"""Instalments of a loan: fifty years."""

MOST_DAYS = 3650


class _Stated(click.ParamType, Generic[T]):
    """An option whose value has parts; what is wrong with one is told with the form of the whole."""

    def __init__(self, form: str, example: str, read: Callable[[str], T]) -> None:
        self.name, self._example, self._read = form, example, read

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> T:
        """Return what was stated."""
        try:
            return self._read(value)
        except ValueError as error:
            self.fail(f"{value!r}: {error}; its form is {self.name}, such as {self._example}", param, ctx)


def _parts(value: str, least: int, most: int) -> list[str]:
    parts = value.split(":")
    if not least <= len(parts) <= most:
        raise ValueError(f"has {len(parts)} parts between colons, not {least} to {most}")
    return parts


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no date (AAAA-MM-JJ)") from None


def _amount(text: str, *, signed: bool = False) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not math.isfinite(amount) or abs(amount) > 1e11:
        raise ValueError(f"{text!r} is no amount (50000 or 50000.50)")
    if amount == 0 or (amount < 0 and not signed):
        raise ValueError(f"the amount {text} is not above 0")
    return amount


def _count(text: str, what: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ValueError(f"{text!r} is no number of {what} (1 to {most})")
    return int(text)


def _loan(value: str) -> Loan | Movement:
    parts = _parts(value, 2, 4)
    day, amount = _date(parts[0]), _amount(parts[1])
    if len(parts) == 2:
        return Movement(day, amount)  # what is paid back later than anyone looks
    rate = 0.0
    if len(parts) == 4:
        try:
            rate = float(parts[3].removesuffix("%")) / 100
        except ValueError:
            rate = math.nan
        if not 0 <= rate < 1:
            raise ValueError(f"{parts[3]!r} is no yearly rate in percent (0 to 100)")
    return Loan(day, amount, _count(parts[2], "months", MOST_MONTHS), rate)


def _investment(value: str) -> Investment:
    parts = _parts(value, 2, 4)
    if len(parts) == 3:
        raise ValueError("says what it brings a month, but not for how many")
    day, amount = _date(parts[0]), _amount(parts[1])
    if len(parts) == 2:
        return Investment(day, amount)
    return Investment(day, amount, _amount(parts[2]), _count(parts[3], "months", MOST_MONTHS))


def _movement(value: str) -> Movement:
    parts = _parts(value, 2, 3)
    day, amount = _date(parts[0]), _amount(parts[1], signed=True)
    return Movement(day, amount, _count(parts[2], "times", MOST_MONTHS) if len(parts) == 3 else 1)


def _late(value: str) -> Late:
    client, equals, days = value.rpartition("=")
    if not equals or not client.strip():
        raise ValueError("names no client, or no days")
    return client.strip(), _count(days, "days", MOST_DAYS)


LATE = _Stated("CLIENT=DAYS", "DUPONT=30", _late)
LOAN = _Stated("DATE:AMOUNT[:MONTHS[:RATE]]", "2025-05-02:50000:36:4.2", _loan)
INVEST = _Stated("DATE:AMOUNT[:MONTHLY:MONTHS]", "2025-05-02:20000:900:24", _investment)
FLOW = _Stated("DATE:AMOUNT[:TIMES]", "2025-05-02:-1500:6", _movement)
