"""What a third party's movements say of its behaviour: one number a habit, each a function of its movements alone."""

import datetime as dt
from collections.abc import Sequence
from enum import IntEnum

import numpy as np
import numpy.typing as npt
from msgspec import Struct

__all__ = ["MEASURES", "Kind", "Movement", "behaviour"]

Floats = npt.NDArray[np.float64]

MEASURES = (
    "client",
    "factures",
    "intervalle",
    "irregularite",
    "montant",
    "dispersion",
    "part_ronds",
    "part_avoirs",
    "delai",
    "delai_dispersion",
    "part_regle",
    "concentration_semaine",
    "concentration_mois",
    "part_fin_de_mois",
    "comptes",
)
"""Names of what `behaviour` returns."""

ROUND = 1_000
"""Cents that a round amount is a multiple of. Ten euros, not a hundred: with 20 % of tax, 50 before is 60 after."""

MONTH_END = 3
"""Days at the end of a month that an invoice counts as posted at its end on: the last working day is among them."""

SETTLED_AFTER = 60
"""Days after which an invoice may be expected to be settled: the longest term that French law allows by default
(Code de commerce L441-10)."""

LETTER_SPAN = 400
"""Days that an invoice and its payment lie apart at most: books that start their codes anew each year share them."""


class Kind(IntEnum):
    """What a movement on a third party's account is."""

    INVOICE = 0
    PAYMENT = 1
    CREDIT_NOTE = 2
    OTHER = 3


class Movement(Struct, frozen=True, array_like=True, gc=False):
    """What one entry did to one third party (of one lettering code).

    Attributes
    ----------
    day : int
        Date of the entry as a proleptic ordinal.
    kind : Kind
        What it is.
    client : bool
        Whether it is on a client's account; a supplier's otherwise.
    cents : int
        Its amount, without sign.
    letter : str
        Lettering code, or empty.
    settled : int
        Date of the lettering as an ordinal; 0 where unknown.
    account : str
        Account of the other side with the largest amount.
    """

    day: int
    kind: Kind
    client: bool
    cents: int
    letter: str = ""
    settled: int = 0
    account: str = ""


def behaviour(movements: Sequence[Movement]) -> dict[str, float] | None:
    """Return the measures of one third party, by the names of `MEASURES`; None where it has no invoice.

    Nothing depends on today or on other third parties, so a row is the same live and in training. That is why there
    is no measure of how long ago the last movement was: a row is made by a movement, so live it would always be zero.

    Parameters
    ----------
    movements : sequence of Movement
        In any order.

    Returns
    -------
    dict of str to float
        NaN where the movements do not tell, such as an interval with one invoice. `client` is 0 or 1; `intervalle`
        is the mean number of days between invoices and `irregularite` its coefficient of variation (0: like clockwork,
        1: at random); `montant` is the median invoice in euros and `dispersion` the robust standard deviation of its
        logarithm; `delai` is the median number of days to payment and `delai_dispersion` its median absolute deviation.
        A concentration is 1 where all invoices have the same weekday (or day of the month), and 0 where any does.
    """
    invoices = sorted((m for m in movements if m.kind is Kind.INVOICE), key=lambda m: (m.day, m.cents, m.letter))
    if not invoices:
        return None
    days = np.array([m.day for m in invoices], dtype=np.int64)
    cents = np.array([m.cents for m in invoices], dtype=np.int64)
    notes = sum(m.kind is Kind.CREDIT_NOTE for m in movements)
    delays = _delays(invoices, movements)
    last = max(m.day for m in movements)
    due = [delay is not None for m, delay in zip(invoices, delays, strict=True) if m.day <= last - SETTLED_AFTER]
    paid = np.array([delay for delay in delays if delay is not None], dtype=np.float64)
    logs = np.log(np.maximum(cents, 1) / 100)
    interval, irregularity = _rhythm(days)
    day_of_month, month_length = _in_month(days)
    values = (
        sum(m.client for m in invoices) * 2 > len(invoices),
        len(invoices),
        interval,
        irregularity,
        float(np.exp(np.median(logs))),
        float(1.4826 * np.median(np.abs(logs - np.median(logs)))) if len(logs) > 2 else np.nan,
        float(np.mean(cents % ROUND == 0)),
        notes / (notes + len(invoices)),
        float(np.median(paid)) if len(paid) else np.nan,
        float(np.median(np.abs(paid - np.median(paid)))) if len(paid) > 2 else np.nan,
        float(np.mean(due)) if due else np.nan,
        _concentration(days % 7 / 7),
        _concentration((day_of_month - 1) / month_length),
        float(np.mean(day_of_month > month_length - MONTH_END)),
        len({m.account for m in invoices}),
    )
    return {name: float(value) for name, value in zip(MEASURES, values, strict=True)}


def _rhythm(days: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Return the mean number of days between invoices, and its coefficient of variation."""
    gaps = np.diff(np.unique(days)).astype(np.float64)
    if not len(gaps):
        return np.nan, np.nan
    mean = float(gaps.mean())
    return mean, float(gaps.std(ddof=1)) / mean if len(gaps) > 1 else np.nan


def _in_month(days: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the days of the month, from 1, and the lengths of these months."""
    dates = (days - dt.date(1970, 1, 1).toordinal()).astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    start = months.astype("datetime64[D]")
    length = ((months + 1).astype("datetime64[D]") - start).astype(np.int64)
    return (dates - start).astype(np.int64) + 1, length


def _concentration(turns: Floats) -> float:
    """Return how much angles (in turns) agree: the resultant length, corrected for its bias in small samples.

    The square of the raw length is 1/n on average where n angles are at random (Mardia and Jupp, Directional
    Statistics, 2000, section 4.3).
    """
    count = len(turns)
    if count < 2:
        return float("nan")
    angles = 2 * np.pi * turns
    square = (np.cos(angles).sum() ** 2 + np.sin(angles).sum() ** 2) / count**2
    return float(np.sqrt(max(0.0, (count * square - 1) / (count - 1))))


def _delays(invoices: Sequence[Movement], movements: Sequence[Movement]) -> list[int | None]:
    """Return the days until each invoice was settled; None where it was not.

    Lettering tells which payment settled which invoice. Where a third party has none, payments settle its oldest
    invoices first (Code civil 1342-10).
    """
    payments = sorted((m for m in movements if m.kind is Kind.PAYMENT), key=lambda m: (m.day, m.cents))
    if any(m.letter for m in invoices):
        return _lettered(invoices, payments)
    notes = [m for m in movements if m.kind is Kind.CREDIT_NOTE]
    return _oldest_first(invoices, payments, sum(m.cents for m in notes))


def _lettered(invoices: Sequence[Movement], payments: Sequence[Movement]) -> list[int | None]:
    by_letter: dict[str, list[int]] = {}
    for payment in payments:
        if payment.letter:
            by_letter.setdefault(payment.letter, []).append(payment.day)
    delays: list[int | None] = []
    for invoice in invoices:
        if not invoice.letter:
            delays.append(None)
            continue
        after = [
            day
            for day in by_letter.get(invoice.letter, ())
            if invoice.day - SETTLED_AFTER <= day <= invoice.day + LETTER_SPAN
        ]
        if after:
            delays.append(max(0, max(after) - invoice.day))
        elif invoice.settled:
            delays.append(max(0, invoice.settled - invoice.day))
        else:
            delays.append(None)
    return delays


def _oldest_first(invoices: Sequence[Movement], payments: Sequence[Movement], credit: int) -> list[int | None]:
    delays: list[int | None] = []
    owed, paid, place = 0, credit, 0
    day = 0
    for invoice in invoices:
        owed += invoice.cents
        while paid < owed and place < len(payments):
            paid += payments[place].cents
            day = payments[place].day
            place += 1
        delays.append(max(0, day - invoice.day) if paid >= owed and place else None)
    return delays
