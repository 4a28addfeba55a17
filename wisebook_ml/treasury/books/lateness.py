"""How what is overdue is paid, and so what open items let expect on each day to come."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wisebook_ml.treasury.books.expected import AHEAD, Due
from wisebook_ml.treasury.books.habits import UNKNOWN, Habit, Kind
from wisebook_ml.treasury.books.open_items import OLDEST, OpenItem, Party, Settlement

__all__ = ["Lateness", "Paid", "due_rows", "lateness_of", "paid_late"]

Lateness = Mapping[str, Kind]
"""By account prefix."""

BELIEVED = 20.0
"""Payments and items at the values of `UNKNOWN` that are added to those seen, so that three payments are no law."""

LATE_AHEAD = 60
"""Days over which what is overdue is spread; what is left then comes beyond the horizon, or never."""

FORGOTTEN = 60
"""Days overdue after which an open item counts as one that is never paid: it is a dispute, not a delay."""

MOST_TIMES = 2
"""How many times the largest item ever settled an open item counts at most: beyond that it is an error more often than
a payment, and one error of a hundred times the usual would be all that is expected."""

BANK_LAG = 7
"""Days by which bank lines in the books may lag behind; beyond them, what was due then is overdue indeed."""


@dataclass(slots=True)
class Paid:
    """What a kind of third party has paid: in the last year how often, how often late, how many days late in all.

    `largest` is the largest item that it ever settled, in cents.
    """

    times: int = 0
    late: int = 0
    days: int = 0
    largest: int = 0


def paid_late(known: Iterable[Settlement], habits: Mapping[Party, Habit], day: dt.date) -> dict[str, Paid]:
    """Return what kinds of third parties have paid until a day, by account prefix."""
    found: dict[str, Paid] = defaultdict(Paid)
    for one in known:
        kind = one.party[0][:3]
        paid = found[kind]
        paid.largest = max(paid.largest, one.cents)
        habit = habits.get(one.party) or habits.get((kind, ""))
        if habit is not None and (day - one.paid).days <= OLDEST:
            paid.times += 1
            overdue = (one.paid - habit.day(one.invoiced)).days
            if overdue > 0:
                paid.late += 1
                paid.days += overdue
    return dict(found)


def lateness_of(paid: Mapping[str, Paid], items: Iterable[tuple[OpenItem, dt.date]], day: dt.date) -> dict[str, Kind]:
    """Return how what is overdue is paid, by account prefix.

    Payments that came late, over the days that they were late: the maximum likelihood of a constant hazard. What has
    been overdue for two months counts as never paid.

    Parameters
    ----------
    paid : mapping of str to Paid
        What was paid.
    items : iterable of (OpenItem, date)
        What is open, with the day on which each is usually paid.
    day : date
        The evening.
    """
    never: dict[str, int] = defaultdict(int)
    for item, due in items:
        if (day - due).days > FORGOTTEN and (day - item.date).days <= OLDEST:
            never[item.compte_num[:3]] += 1
    found = {}
    for kind in sorted({*paid, *never}):
        one = paid.get(kind, Paid())
        hazard = min((one.late + BELIEVED * UNKNOWN.hazard) / (one.days + BELIEVED), 1.0)
        share = (never[kind] + BELIEVED * UNKNOWN.never) / (one.times + never[kind] + BELIEVED)
        found[kind] = Kind(hazard, share, one.largest)
    return found


def due_rows(
    items: Iterable[tuple[OpenItem, dt.date]], lateness: Lateness, evening: dt.date, bank: dt.date
) -> list[Due]:
    """Return what is expected after an evening, by day and sign.

    What is overdue is spread over the weeks to come, as likely as it is that it comes then. What was due since the
    last day of which the books know the bank was probably paid by now.

    Parameters
    ----------
    items : iterable of (OpenItem, date)
        With the day on which each is usually paid.
    lateness : mapping of str to float
        By account prefix.
    evening : date
        What is known.
    bank : date
        The last day of which the books have lines of the bank.
    """
    found: dict[tuple[int, bool], int] = defaultdict(int)
    overdue: dict[tuple[str, bool], float] = defaultdict(float)
    lags = (evening - bank).days <= BANK_LAG
    for item, due in items:
        if (evening - item.date).days > OLDEST:
            continue
        comes = item.montant > 0
        kind = lateness.get(item.compte_num[:3], UNKNOWN)
        cents = min(abs(item.montant), MOST_TIMES * kind.largest) if kind.largest else abs(item.montant)
        if due > evening:
            found[due.toordinal(), comes] += cents
        elif not (lags and due > bank):
            overdue[item.compte_num[:3], comes] += cents * kind.comes((evening - due).days)
    after = [Habit(0).day(evening + dt.timedelta(days=ahead)).toordinal() for ahead in range(1, LATE_AHEAD + 1)]
    for (prefix, comes), expected in sorted(overdue.items()):
        hazard = lateness.get(prefix, UNKNOWN).hazard
        for ahead, at in enumerate(after):
            found[at, comes] += round(expected * hazard * (1 - hazard) ** ahead)
    last = evening.toordinal() + AHEAD
    return sorted((at, cents if comes else -cents) for (at, comes), cents in found.items() if cents and at <= last)
