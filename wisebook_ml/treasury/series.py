"""A continuous daily series of one account, or of all accounts of a currency together."""

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from wisebook_ml.controls.texts import count_en, count_fr, date_fr
from wisebook_ml.treasury.books.expected import Attendus
from wisebook_ml.treasury.exceptions import NotEnoughHistory, SeriesRefused
from wisebook_ml.treasury.positions import DayPosition, PositionBook

__all__ = ["ALL_ACCOUNTS", "DailySeries", "series_from_book", "series_from_rows", "usable"]

Cents = npt.NDArray[np.int64]

ALL_ACCOUNTS = "*"
"""Stands for the accounts of a currency together."""

FEWEST_DAYS = 60
"""Days below which nothing is forecast: two of each month day, so that what comes monthly was seen to come again."""

FEWEST_MOVES = 10
"""Days on which something moved, below which nothing is forecast."""

LONGEST_GAP = 31
"""Days without a position after which what lies before is not used: a month without news is not a month of rest."""

MAX_CENTS = 10**15
"""Largest amount of a row: what a sum of thousands of days still has room for."""


@dataclass(frozen=True, slots=True, eq=False)
class DailySeries:
    """Every calendar day once, in minor units.

    Parameters
    ----------
    societe_id : int
        The company.
    compte : str
        The account, or `ALL_ACCOUNTS`.
    devise : str
        Currency of all amounts.
    first : date
        Day of the first row.
    entrees, sorties, solde : int64 array (n,)
        What came in and went out (0 or more), and the balance in the evening.
    observed : bool array (n,)
        Whether a bank reported the day; where not, nothing moved.
    attendus : Attendus, optional
        What the books let expect in past evenings, none after the last day.
    """

    societe_id: int
    compte: str
    devise: str
    first: dt.date
    entrees: Cents
    sorties: Cents
    solde: Cents
    observed: npt.NDArray[np.bool_]
    attendus: Attendus | None = None

    def __len__(self) -> int:
        return len(self.solde)

    @property
    def last(self) -> dt.date:
        """Day of the last row."""
        return self.first + dt.timedelta(days=len(self) - 1)

    @property
    def ordinals(self) -> Cents:
        """Proleptic ordinals of the days, in order."""
        return np.arange(self.first.toordinal(), self.first.toordinal() + len(self), dtype=np.int64)

    @property
    def flux(self) -> Cents:
        """What came in less what went out."""
        return self.entrees - self.sorties

    def until(self, day: dt.date) -> "DailySeries":
        """Return the series as it was in the evening of a day."""
        return self._part(0, max(0, (day - self.first).days + 1))

    def since(self, day: dt.date) -> "DailySeries":
        """Return the series from a day on."""
        return self._part(max(0, (day - self.first).days), len(self))

    def expecting(self, attendus: Attendus | None) -> "DailySeries":
        """Return the series with what was expected in its evenings; what later ones say is left out."""
        known = None if attendus is None else attendus.until(self.last.toordinal())
        return replace(self, attendus=known if known is not None and len(known) else None)

    def _part(self, begin: int, end: int) -> "DailySeries":
        place = slice(begin, end)
        part = DailySeries(
            self.societe_id,
            self.compte,
            self.devise,
            self.first + dt.timedelta(days=begin),
            self.entrees[place],
            self.sorties[place],
            self.solde[place],
            self.observed[place],
        )
        return part.expecting(None if self.attendus is None else self.attendus.since(part.first.toordinal()))


def series_from_book(book: PositionBook, *, devise: str = "EUR", compte: str = ALL_ACCOUNTS) -> DailySeries:
    """Return the series of an account, or of all accounts of a currency together.

    On a day without a position nothing moved, and the balance stays. Where the balance of the next position differs
    from what it should be by its flows (a bank sends balances only, or days were lost), the difference is booked on
    that position's day, net: no cash appears from nowhere. An account that comes later than others starts with its
    balance, which is no inflow.

    Raises
    ------
    NotEnoughHistory
        Where the book has no such account.
    """
    accounts = book.accounts_of(devise) if compte == ALL_ACCOUNTS else (compte,)
    known = [book.accounts[name] for name in accounts if name in book.accounts and book.currencies[name] == devise]
    if not known:
        there = ", ".join(f"{name} ({kept_in})" for name, kept_in in sorted(book.currencies.items())) or "none at all"
        raise NotEnoughHistory(
            f"company {book.societe_id} has no positions in {devise}"
            + (f" of account {compte}" if compte != ALL_ACCOUNTS else "")
            + f"; there are: {there}",
            f"la société {book.societe_id} n'a pas de position en {devise}"
            + (f" du compte {compte}" if compte != ALL_ACCOUNTS else "")
            + f" ; comptes connus : {'aucun' if there == 'none at all' else there}",
        )
    ordinals = [np.fromiter(map(dt.date.toordinal, days), dtype=np.int64, count=len(days)) for days in known]
    first = min(int(one.min()) for one in ordinals)
    size = max(int(one.max()) for one in ordinals) - first + 1
    entrees, sorties, solde = (np.zeros(size, dtype=np.int64) for _ in range(3))
    observed = np.zeros(size, dtype=np.bool_)
    for days, at in zip(known, ordinals, strict=True):
        _add(days, at - first, entrees, sorties, solde, observed)
    return DailySeries(book.societe_id, compte, devise, dt.date.fromordinal(first), entrees, sorties, solde, observed)


def _add(
    days: Mapping[dt.date, DayPosition],
    place: Cents,
    entrees: Cents,
    sorties: Cents,
    solde: Cents,
    observed: npt.NDArray[np.bool_],
) -> None:
    """Add one account to the sums: its days, in any order, and their places in the series.

    All days at once: each position of a stream has its series made anew, and five years of days are many.
    """
    order = np.argsort(place)
    place = place[order]
    amounts = np.array([(one.solde, one.entrees, one.sorties) for one in days.values()], dtype=np.int64)[order]
    balance, came, went = amounts.T
    steps = np.diff(balance, prepend=0)
    unexplained = steps - (came - went)
    unexplained[0] = 0
    entrees[place] += came + np.maximum(unexplained, 0)
    sorties[place] += went + np.maximum(-unexplained, 0)
    observed[place] = True
    moved = np.zeros_like(solde)
    moved[place] = steps
    solde += np.cumsum(moved)  # a balance holds from its day on


def series_from_rows(
    days: Sequence[dt.date],
    entrees: npt.ArrayLike,
    sorties: npt.ArrayLike,
    *,
    solde: npt.ArrayLike | None = None,
    societe_id: int = 1,
    compte: str = ALL_ACCOUNTS,
    devise: str = "EUR",
) -> DailySeries:
    """Return the series of a table, such as a CSV file: amounts in euros, days in any order.

    Raises
    ------
    SeriesRefused
        Where a day is there twice, or an amount is infinite, missing, negative or beyond what money is.

    Examples
    --------
    >>> series = series_from_rows([dt.date(2025, 1, 2), dt.date(2025, 1, 4)], [10.0, 5.0], [0.0, 20.0])
    >>> series.flux.tolist(), series.solde.tolist()
    ([1000, 0, -1500], [1000, 1000, -500])
    """
    if not days:
        raise SeriesRefused("the table has no rows; a series needs a row a day with what came in and went out")
    order = sorted(range(len(days)), key=lambda at: days[at])
    for before, after in itertools.pairwise(order):
        if days[before] == days[after]:
            raise SeriesRefused(f"the day {days[after].isoformat()} is there twice; a series has one row a day")
    came = _cents("entrees", entrees, days, signed=False)[order]
    went = _cents("sorties", sorties, days, signed=False)[order]
    size = (days[order[-1]] - days[order[0]]).days + 1
    at = np.array([(days[one] - days[order[0]]).days for one in order])
    full = [np.zeros(size, dtype=np.int64) for _ in range(2)]
    full[0][at], full[1][at] = came, went
    observed = np.zeros(size, dtype=np.bool_)
    observed[at] = True
    balance = np.cumsum(full[0] - full[1])
    if solde is not None:
        given = _cents("solde", solde, days, signed=True)[order]
        balance = given[np.searchsorted(at, np.arange(size), side="right") - 1]
    return DailySeries(societe_id, compte, devise, days[order[0]], full[0], full[1], balance, observed)


def _cents(name: str, values: npt.ArrayLike, days: Sequence[dt.date], *, signed: bool) -> Cents:
    """Return amounts as whole minor units, each rounded by itself."""
    amounts = np.asarray(values, dtype=np.float64)
    if len(amounts) != len(days):
        raise SeriesRefused(f"{name} has {len(amounts)} amounts for {len(days)} days; each day has one")
    wrong = ~np.isfinite(amounts) | (np.abs(amounts) > MAX_CENTS / 100)
    if not signed:
        wrong |= amounts < 0
    if wrong.any():
        at = int(np.argmax(wrong))
        kind = "is no finite amount" if not np.isfinite(amounts[at]) else "is negative or too large to be an amount"
        raise SeriesRefused(f"{name} of {days[at].isoformat()} is {amounts[at]}, which {kind}; correct that row")
    return np.rint(amounts * 100).astype(np.int64)


def usable(series: DailySeries) -> DailySeries:
    """Return the part of a series that can be learnt from: what follows its last long gap.

    Raises
    ------
    NotEnoughHistory
        Where that is too short, or nothing moves in it; the message says what is missing. A forecast without data
        behind it is never made.
    """
    every = series.compte == ALL_ACCOUNTS
    where = f"company {series.societe_id}, {'all accounts' if every else series.compte} in {series.devise}"
    where_fr = f"société {series.societe_id}, {'tous les comptes' if every else series.compte} en {series.devise}"
    at = np.flatnonzero(series.observed)
    if not len(at):
        raise NotEnoughHistory(f"{where}: no day was reported", f"{where_fr} : aucun jour n'est connu")
    gaps = np.flatnonzero(np.diff(at) > LONGEST_GAP)
    part, why, why_fr = series, "", ""
    if len(gaps):
        before, after = at[gaps[-1]], at[gaps[-1] + 1]
        day = series.first + dt.timedelta(days=int(after))
        why = (
            f" since the gap of {after - before - 1} days that ended on {day.isoformat()} "
            "(publish the days that are missing to use what lies before)"
        )
        why_fr = (
            f" depuis l'interruption de {after - before - 1} jours qui finit le {date_fr(day)} "
            "(publier les jours manquants pour que ce qui précède serve)"
        )
        # The first day after the gap holds all that went on within: its flows are not those of a day.
        part = series.since(day + dt.timedelta(days=1))
    length, length_fr = count_en(len(part), "day", "days"), count_fr(len(part), "jour", "jours")
    if len(part) < FEWEST_DAYS:
        raise NotEnoughHistory(
            f"{where}: {length}{why}; a forecast needs {FEWEST_DAYS}: publish earlier days, or wait for more",
            f"{where_fr} : {length_fr}{why_fr} ; une prévision en demande {FEWEST_DAYS} : publier des jours "
            "antérieurs, ou attendre",
        )
    moves = int(np.count_nonzero(part.entrees | part.sorties))
    if moves == 0:
        raise NotEnoughHistory(
            f"{where}: nothing moved in {length}{why}; there is nothing to forecast",
            f"{where_fr} : rien n'a bougé en {length_fr}{why_fr} ; il n'y a rien à prévoir",
        )
    if moves < FEWEST_MOVES:
        raise NotEnoughHistory(
            f"{where}: something moved on {moves} of {length}{why}; a forecast needs {FEWEST_MOVES} such days",
            f"{where_fr} : des mouvements sur {moves} de {length_fr}{why_fr} ; une prévision en demande {FEWEST_MOVES}",
        )
    return part
