"""A forecast under stated changes: a client pays late, a loan, an investment, a flow that comes or goes."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt

from wisebook_ml.controls.texts import date_fr
from wisebook_ml.treasury.books.open_items import ExpectedPayment
from wisebook_ml.treasury.exceptions import ScenarioRefused
from wisebook_ml.treasury.forecasting.forecast import Expected, Forecast

__all__ = ["Change", "Investment", "LatePayment", "Loan", "Movement", "apply"]

Floats = npt.NDArray[np.float64]

Moved = tuple[dt.date, float]
"""A day, and what moves on it besides: above 0 comes in, below goes out."""

MONTHS = 12

NEVER = dt.date.max
"""The last day of the calendar: stands for all later ones, which lie beyond every horizon as well."""


class Change(Protocol):
    """What is stated; `movements` says what it moves, in the order of time."""

    def movements(self) -> Iterator[Moved]:
        """Yield days and amounts; a payment that is not made then is one of the other sign."""


@dataclass(frozen=True, slots=True)
class Movement:
    """An amount on a day, and on the same day of following months: `fois` times in all."""

    date: dt.date
    montant: float
    fois: int = 1

    def movements(self) -> Iterator[Moved]:
        """Yield each of them."""
        for month in range(self.fois):
            yield _months_later(self.date, month), self.montant


@dataclass(frozen=True, slots=True)
class LatePayment:
    """Payments that are expected come `jours` later, such as those of one client.

    They are part of the forecast, so each is taken from it and put on the later day: nothing counts twice. What is
    overdue counts as far as it is likely to be paid at all, which is as far as the forecast has it.

    Examples
    --------
    >>> due = ExpectedPayment(dt.date(2025, 5, 2), 120_000, "DUPONT", "Dupont SA", "F12", False)
    >>> [(day.isoformat(), amount) for day, amount in LatePayment((due,), 30).movements()]
    [('2025-05-02', -1200.0), ('2025-06-01', 1200.0)]
    """

    payments: Sequence[ExpectedPayment]
    jours: int = 30

    def movements(self) -> Iterator[Moved]:
        """Yield each payment twice: taken from its day, and put on the later one."""
        for one in self.payments:
            amount = round(one.montant * one.part) / 100
            yield one.date, -amount
            yield min(one.date, NEVER - dt.timedelta(days=self.jours)) + dt.timedelta(days=self.jours), amount


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan that is paid out on a day, and paid back in constant monthly instalments from the next month on.

    Parameters
    ----------
    date : date
        Of payment.
    montant : float
        What is lent.
    mois : int
        Instalments.
    taux : float
        Yearly nominal rate: 0.04 is 4 %.
    """

    date: dt.date
    montant: float
    mois: int
    taux: float = 0.0

    def movements(self) -> Iterator[Moved]:
        """Yield the loan and its instalments."""
        yield self.date, self.montant
        rate = self.taux / MONTHS
        instalment = self.montant / self.mois if rate == 0 else self.montant * rate / (1 - (1 + rate) ** -self.mois)
        for month in range(1, self.mois + 1):
            yield _months_later(self.date, month), -instalment


@dataclass(frozen=True, slots=True)
class Investment:
    """Something is bought; `retours` is what it brings each month from the next one on, `mois` times."""

    date: dt.date
    montant: float
    retours: float = 0.0
    mois: int = 0

    def movements(self) -> Iterator[Moved]:
        """Yield the price and what it brings."""
        yield self.date, -self.montant
        for month in range(1, self.mois + 1):
            yield _months_later(self.date, month), self.retours


def apply(forecast: Forecast, changes: Sequence[Change]) -> Forecast:
    """Return the forecast as it would be under some changes.

    What is stated is taken as certain: means, intervals and trajectories move by it, their widths stay. What falls on a
    day of rest moves on the next active day; what lies beyond the horizon is left out.

    Raises
    ------
    ScenarioRefused
        Where a day lies before the forecast, or an amount is not finite.
    """
    came, went = np.zeros(len(forecast)), np.zeros(len(forecast))
    for change in changes:
        for day, amount in change.movements():
            if not math.isfinite(amount):
                raise ScenarioRefused(f"{type(change).__name__} of {day.isoformat()}: {amount} is no amount")
            if day <= forecast.origin:
                raise ScenarioRefused(
                    f"{type(change).__name__}: {day.isoformat()} is not after {forecast.origin.isoformat()}, the last "
                    "day that is known; a scenario changes days to come",
                    f"{date_fr(day)} n'est pas après le {date_fr(forecast.origin)}, dernier jour connu ; un scénario "
                    "porte sur les jours à venir",
                )
            if (place := _active_place(forecast, day)) is not None:
                _move(change, amount, place, came, went)
    # A payment that is not made cannot take away more than was expected of all payments of that day; the rest of it
    # is missing from the balance all the same, which the net flow keeps.
    net = came - went
    balance = np.cumsum(net)
    return replace(
        forecast,
        entrees=_shifted(forecast.entrees, came, floor=0.0),
        sorties=_shifted(forecast.sorties, went, floor=0.0),
        flux=_shifted(forecast.flux, net),
        solde=_shifted(forecast.solde, balance),
        trajectories=forecast.trajectories + balance,
    )


def _move(change: Change, amount: float, place: int, came: Floats, went: Floats) -> None:
    """Enter a movement: a late payment is less of its own flow, anything else more of the one its sign names."""
    if isinstance(change, LatePayment):
        of_clients = sum(one.montant for one in change.payments) >= 0
        if of_clients:
            came[place] += amount
        else:
            went[place] -= amount
    elif amount >= 0:
        came[place] += amount
    else:
        went[place] -= amount


def _active_place(forecast: Forecast, day: dt.date) -> int | None:
    place = forecast.place(day)
    while place is not None and place < len(forecast):
        if forecast.active[place]:
            return place
        place += 1
    return None


def _shifted(expected: Expected, by: Floats, floor: float = -math.inf) -> Expected:
    return Expected(
        np.maximum(expected.typical + by, floor),
        np.maximum(expected.mean + by, floor),
        {
            coverage: (np.maximum(low + by, floor), np.maximum(high + by, floor))
            for coverage, (low, high) in expected.bounds.items()
        },
        expected.scale,
    )


def _months_later(day: dt.date, months: int) -> dt.date:
    """Return the same day of a later month, or its last day."""
    index = day.year * MONTHS + day.month - 1 + months
    year, month = index // MONTHS, index % MONTHS + 1
    if year >= NEVER.year:
        return max(day, dt.date(NEVER.year, 1, 1))
    following = dt.date(year + month // MONTHS, month % MONTHS + 1, 1)
    return min(dt.date(year, month, 1) + dt.timedelta(days=day.day - 1), following - dt.timedelta(days=1))
