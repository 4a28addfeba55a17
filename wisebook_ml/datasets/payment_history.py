"""How a company's clients have paid, as it was known on a day: the variables of client risk.

One code path for everything: ledgers, tables of invoices, training and live predictions all end here. The variables of
an invoice use nothing that came on the day `until` or later, whatever else is stored: an earlier invoice's outcome
counts once it was settled before that day, or was still open past due on it.
"""

import datetime as dt
from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["VARIABLES", "WINDOW", "CompanyTally", "Facture", "Passe", "variables", "width"]

WINDOW = 256
"""Invoices of a client that its history looks back on, the latest by date: what a live fold has to keep of it."""

COMPANY_DAYS = 365
"""Days of due dates that the company's own rates are taken over."""

KEPT_DAYS = 3 * COMPANY_DAYS
"""Days before the latest due date that the company's tally keeps: rows of late entries may look back from earlier."""

HALF_LIFE = 120.0
"""Days after which an outcome counts half in the recent rates: about a quarter and a month of terms."""

LONGEST = 90.0
"""Days late, or early, beyond which it makes no difference: an invoice that is never paid is one late payment, and not
the client's mean."""

NEVER = 10**7
"""Ordinal of a day that never comes: an open invoice's settlement."""

# How many invoices the company's rate counts for in a client's, and a guess in the company's: fewer follow chance.
CLIENT_PRIOR = 4.0
COMPANY_PRIOR = 20.0
GUESSED_RATE = 0.3
SPREAD_PRIOR = 1.0
"""Clients differ far more from one another than their own payments do: one payment says as much as the company."""

VARIABLES = (
    "montant_log",
    "montant_relatif",
    "delai",
    "mois_echeance",
    "jour_echeance",
    "factures",
    "issues",
    "confiance",
    "anciennete",
    "intervalle",
    "taux_retard",
    "taux_retard_recent",
    "derniers_retards",
    "ecart_moyen",
    "ecart_recent",
    "ecart_dernier",
    "ecart_max",
    "ecart_dispersion",
    "tendance",
    "delai_reglement",
    "part_litiges",
    "jours_sans_reglement",
    "encours",
    "encours_factures",
    "echu",
    "echu_factures",
    "taux_societe",
)
"""The variables of an invoice; those of further attributes follow them (see `variables`)."""


class Facture(msgspec.Struct):
    """One invoice: days are proleptic ordinals, amounts in cents.

    Attributes
    ----------
    reglement : int, optional
        The day it was settled; None while it is open.
    sure : bool
        Whether that day is known. It is not where money came that nobody lettered: then the invoice is no longer
        counted as open from the day on that it may have been settled, and says nothing of the client's habits.
    litige : bool
        Disputed, or moved to the doubtful clients (416).
    attributs : tuple of float
        Further attributes with the values 0 and 1, such as paper or electronic; NaN where unknown.
    """

    date: int
    echeance: int
    montant: int
    reglement: int | None = None
    sure: bool = True
    litige: bool = False
    attributs: tuple[float, ...] = ()


class CompanyTally(msgspec.Struct):
    """What became of all the company's invoices, by due date: the rates that a new client starts from.

    Parameters
    ----------
    tolerance : int
        Days after the due date that are not late yet: the bank's, and those of a weekend.
    """

    tolerance: int
    days: dict[int, tuple[int, int, int]] = msgspec.field(default_factory=dict)
    """Due date to invoices, those settled in time, and the sum of days late, cut at `tolerance` + 1."""
    order: list[int] = msgspec.field(default_factory=list)
    """The due dates, in order."""

    def change(self, facture: Facture, sign: int) -> None:
        """Count an invoice in (1) or out (-1)."""
        if facture.reglement is not None and not facture.sure:
            return
        day = facture.echeance
        late = self.tolerance + 1
        gap = late if facture.reglement is None else min(facture.reglement - day, late)
        n, on_time, total = self.days.get(day, (0, 0, 0))
        if day not in self.days:
            insort(self.order, day)
        self.days[day] = (n + sign, on_time + sign * (gap < late), total + sign * gap)

    def forget(self) -> None:
        """Drop due dates that no row looks back to any more."""
        place = bisect_left(self.order, self.order[-1] - KEPT_DAYS) if self.order else 0
        for day in self.order[:place]:
            del self.days[day]
        del self.order[:place]

    def rates(self, until: int) -> tuple[float, float]:
        """Return the share settled late and the mean days late, of invoices whose time was over before a day."""
        last = until - self.tolerance
        first, end = bisect_left(self.order, last - COMPANY_DAYS), bisect_left(self.order, last)
        n = on_time = total = 0
        for day in self.order[first:end]:
            one = self.days[day]
            n, on_time, total = n + one[0], on_time + one[1], total + one[2]
        rate = (n - on_time + COMPANY_PRIOR * GUESSED_RATE) / (n + COMPANY_PRIOR)
        return rate, total / (n + COMPANY_PRIOR)


class Passe:
    """The invoices of one client in the order of their dates, as columns.

    Parameters
    ----------
    factures : iterable of Facture
        In any order.
    since : int, optional
        Day of the client's first invoice, where that one is no longer among them.
    """

    def __init__(self, factures: Iterable[Facture], since: int | None = None) -> None:
        found = sorted(factures, key=lambda one: one.date)
        self.factures = found
        self.date = np.array([one.date for one in found], dtype=np.int64)
        self.echeance = np.array([one.echeance for one in found], dtype=np.int64)
        self.montant = np.array([one.montant for one in found], dtype=np.float64) / 100
        self.reglement = np.array([NEVER if one.reglement is None else one.reglement for one in found], dtype=np.int64)
        self.sure = np.array([one.sure for one in found], dtype=np.bool_)
        self.litige = np.array([one.litige for one in found], dtype=np.float64)
        self.attributs = np.array([one.attributs for one in found], dtype=np.float64).reshape(
            len(found), len(found[0].attributs) if found else 0
        )
        self.since = found[0].date if since is None and found else since


Floats = NDArray[np.float64]


def width(attributs: int) -> int:
    """Return how many values `variables` returns for a number of further attributes."""
    return len(VARIABLES) + attributs


def variables(
    passe: Passe, facture: Facture, tally: CompanyTally, until: int | None = None, *, place: int | None = None
) -> list[float]:
    """Return the variables of an invoice, as they were known before a day.

    Parameters
    ----------
    passe : Passe
        The client's invoices, this one among them or not.
    facture : Facture
        The invoice; of itself only what it says on its date counts.
    tally : CompanyTally
        The company's rates.
    until : int, optional
        First day of which nothing is known: the invoice's date in training; live, the day after today.
    place : int, optional
        Where the invoice is in `passe`: while nothing is known of how it ends, it is none of its own earlier ones.

    Returns
    -------
    list of float
        One for each of `VARIABLES`, then for each further attribute how far the client's earlier invoices differ in it
        from this one, in [-1, 1]. Days are signed: negative is before the due date. NaN where there is no history.
    """
    until = facture.date if until is None else until
    end = int(np.searchsorted(passe.date, until))
    begin = max(0, end - WINDOW)
    earlier = slice(begin, end)
    due, paid, amounts = passe.echeance[earlier], passe.reglement[earlier], passe.montant[earlier]
    settled = paid < until
    overdue = ~settled & (due + tally.tolerance < until)
    other = np.ones(end - begin, dtype=np.bool_)
    if place is not None and begin <= place < end and not (settled | overdue)[place - begin]:
        other[place - begin] = False
    known = ((settled & passe.sure[earlier]) | overdue) & other
    still = ~settled & other
    typical = float(np.median(amounts[other])) if other.any() else np.nan
    usual = typical if typical > 0 else np.nan
    amount = max(facture.montant / 100, 0.01)
    due_date = dt.date.fromordinal(facture.echeance)
    dates = passe.date[earlier][other]
    usually = tally.rates(until)
    confidence = int(known.sum()) / (int(known.sum()) + SPREAD_PRIOR)
    row = [
        float(np.log(amount)),
        float(np.log(amount / usual)),
        float(facture.echeance - facture.date),
        float(due_date.month),
        float(due_date.weekday()),
        float(np.log1p(len(dates))),
        float(np.log1p(known.sum())),
        confidence,
        float(until - passe.since) if passe.since is not None and len(dates) else 0.0,
        float(until - dates[-1]) if len(dates) else np.nan,
        *_outcomes(
            np.where(settled, paid, until)[known],
            due[known],
            passe.date[earlier][known],
            until,
            usually,
            tally.tolerance,
        ),
        confidence * float(passe.litige[earlier][known].mean()) if known.any() else 0.0,
        float(until - paid[settled].max()) if settled.any() else np.nan,
        *_open(amounts, still, overdue & other, usual),
        usually[0],
    ]
    return row + _differences(passe.attributs[earlier][known], facture.attributs, confidence)


def _outcomes(paid: NDArray[np.int64], due: NDArray[np.int64], date: NDArray[np.int64], until: int,
              usually: tuple[float, float], tolerance: int) -> list[float]:  # fmt: skip
    """Return what the known outcomes say: rates, days late, their spread and direction."""
    rate, mean = usually
    n = len(paid)
    if not n:
        return [rate, rate, np.nan, mean, mean, *[np.nan] * 5]
    gap = np.clip((paid - due).astype(np.float64), -LONGEST, LONGEST)
    late = (paid - due > tolerance).astype(np.float64)
    weight = np.exp2(-np.maximum(until - due, 0) / HALF_LIFE)
    total = float(weight.sum())
    order = np.argsort(due, kind="stable")
    return [
        (float(late.sum()) + CLIENT_PRIOR * rate) / (n + CLIENT_PRIOR),
        (float(late @ weight) + CLIENT_PRIOR * rate) / (total + CLIENT_PRIOR),
        float(late[order[-3:]].mean()),
        (float(gap.sum()) + SPREAD_PRIOR * mean) / (n + SPREAD_PRIOR),
        (float(gap @ weight) + SPREAD_PRIOR * mean) / (total + SPREAD_PRIOR),
        float(gap[order[-1]]),
        float(gap.max()),
        float(gap.std()) if n > 2 else np.nan,
        float(gap[order[-3:]].mean() - gap.mean()) if n > 3 else np.nan,
        float((paid - date).mean()),
    ]


def _open(amounts: Floats, still: NDArray[np.bool_], overdue: NDArray[np.bool_], usual: float) -> list[float]:
    """Return what is open and what is past due, in invoices of the usual amount, and how many they are."""
    return [
        float(amounts[still].sum() / usual) if still.any() else 0.0,
        float(still.sum()),
        float(amounts[overdue].sum() / usual) if overdue.any() else 0.0,
        float(overdue.sum()),
    ]


def _differences(earlier: Floats, now: Sequence[float], confidence: float) -> list[float]:
    if not now:
        return []
    if not len(earlier):
        return [0.0] * len(now)
    different = earlier.mean(axis=0) - np.asarray(now)
    return [float(one) for one in confidence * different]
