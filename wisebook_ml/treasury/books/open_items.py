"""Open items of the books (unlettered lines of 401 and 411), and the payments that are expected of them."""

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from schemas import Ecriture, to_minor
from wisebook_ml.fec.exercice import is_opening
from wisebook_ml.treasury.books.from_entries import latest_entries
from wisebook_ml.treasury.books.habits import UNKNOWN, Habit, habit_of

__all__ = [
    "OLDEST",
    "BookLine",
    "ExpectedPayment",
    "Habits",
    "OpenItem",
    "Party",
    "Settlement",
    "book_lines",
    "due_day",
    "expected_payments",
    "habits_of",
    "open_items",
    "settled",
    "settlements",
    "usual_delays",
]

THIRD_PARTIES = ("401", "411")

DEFAULT_DELAY = 30
"""Days from an invoice to its payment where nothing else is known (article L441-10 of the commercial code)."""

FEWEST_SETTLED = 3
"""Settled invoices of a third party from which its own delay is believed."""

OLDEST = 365
"""Days after which an open item is taken for forgotten lettering rather than for money to come."""

MOST_TOGETHER = 12
"""Open invoices among which those are sought that one payment settles together: of more, chance finds some."""

Party = tuple[str, str]
"""Account and auxiliary account."""


@dataclass(frozen=True, slots=True)
class BookLine:
    """A line of a third party, as far as payments go."""

    date: dt.date
    known: dt.date
    """The day on which the books had it: that of its entry, or of its making, where that was later."""
    piece: str
    cents: int
    """Debit less credit."""
    echeance: dt.date | None
    lettered: dt.date | None
    """From when on it was settled."""
    code: str
    aux_lib: str


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice (or what is left of it) that is not settled; `montant` is cents to come (negative: to be paid)."""

    compte_num: str
    comp_aux_num: str
    comp_aux_lib: str
    piece_ref: str
    date: dt.date
    echeance: dt.date | None
    montant: int


@dataclass(frozen=True, slots=True)
class ExpectedPayment:
    """A payment that open items let expect; `montant` is cents, negative where the company pays."""

    date: dt.date
    montant: int
    comp_aux_num: str
    comp_aux_lib: str
    piece_ref: str
    en_retard: bool
    """Whether the day on which it was usual to pay has passed."""
    part: float = 1.0
    """Probability that it is paid at all: what has been overdue for months seldom is."""


def open_items(entries: Iterable[Ecriture], day: dt.date) -> list[OpenItem]:
    """Return what is open in the evening of a day.

    Lines of one third party with one piece reference are netted, so that a part payment leaves the rest; payments that
    name no open piece settle the oldest items of their third party.

    Parameters
    ----------
    entries : iterable of Ecriture
        Of one company, all revisions.
    day : date
        Later entries and letterings do not count.
    """
    lines: dict[Party, list[BookLine]] = defaultdict(list)
    for party, line in book_lines(entries):
        if line.date <= day and (line.lettered is None or line.lettered > day):
            lines[party].append(line)
    found = [item for party in sorted(lines) for item in settled(party, lines[party])]
    return sorted(found, key=lambda item: (item.date, item.compte_num, item.comp_aux_num, item.piece_ref))


def book_lines(entries: Iterable[Ecriture]) -> list[tuple[Party, BookLine]]:
    """Return the lines of third parties, by the date of their entries.

    Opening balances count the first time only: later ones repeat what the year before has left open.
    """
    found: list[tuple[Party, BookLine]] = []
    opened: dt.date | None = None
    last: dict[tuple[Party, str], dt.date] = {}  # letterings without a day are of their last line's
    for entry in latest_entries(entries):
        if is_opening(entry.journal_code, entry.journal_lib):
            opened = opened or entry.ecriture_date
            if entry.ecriture_date != opened:
                continue
        made = entry.ecriture_date if entry.saisie_le is None else entry.saisie_le.date()
        for line in entry.lignes:
            if not line.compte_num.startswith(THIRD_PARTIES):
                continue
            party = line.compte_num, line.comp_aux_num
            if line.ecriture_let:
                last[party, line.ecriture_let] = entry.ecriture_date
            one = BookLine(
                entry.ecriture_date,
                max(made, entry.ecriture_date),
                line.piece_ref,
                to_minor(line.debit) - to_minor(line.credit),
                line.date_echeance,
                line.date_let,
                line.ecriture_let,
                line.comp_aux_lib,
            )
            found.append((party, one))
    return [
        (party, replace(one, lettered=last[party, one.code]) if one.code and one.lettered is None else one)
        for party, one in found
    ]


def settled(party: Party, lines: Sequence[BookLine]) -> list[OpenItem]:
    """Return the open items of one third party: what its lines that are not lettered leave to be paid.

    Lines of one piece are netted. A payment that names none settles the invoice that has its amount, else the few whose
    sum it is, else the oldest: the order in which a bookkeeper would letter.
    """
    sign = 1 if party[0].startswith("411") else -1
    pieces: dict[str, list[BookLine]] = defaultdict(list)
    for line in lines:
        pieces[line.piece].append(line)
    owed: list[OpenItem] = []
    payments: list[tuple[dt.date, int]] = []
    for piece, own in pieces.items():
        if (net := sum(line.cents for line in own) * sign) > 0:
            first = min(own, key=lambda line: line.date)
            owed.append(OpenItem(*party, first.aux_lib, piece, first.date, first.echeance, net))
        elif len({line.cents * sign > 0 for line in own}) == 1:
            # Payments that share a piece (a bank statement) are each by themselves.
            payments += [(line.date, -line.cents * sign) for line in own if line.cents]
        elif net:
            payments.append((max(line.date for line in own), -net))
    owed.sort(key=lambda item: (item.date, item.piece_ref))
    unsettled, unmatched = _Unsettled(owed), 0
    for paid_on, cents in sorted(payments):
        if not unsettled.settle(paid_on, cents):
            unmatched += cents
    found = []
    for item in unsettled.left():
        covered = min(unmatched, item.montant)
        unmatched -= covered
        if item.montant > covered:
            found.append(replace(item, montant=(item.montant - covered) * sign))
    return found


class _Unsettled:
    """Invoices of one third party, by day, that payments settle one after the other.

    Books that keep no auxiliary accounts have all clients in one third party, and may letter nothing: tens of
    thousands of invoices, looked at again every evening. So no payment looks at all of them.

    Parameters
    ----------
    owed : sequence of OpenItem
        By day; their amounts are above 0.
    """

    def __init__(self, owed: Sequence[OpenItem]) -> None:
        self._owed = owed
        self._days = [item.date for item in owed]
        self._gone = [False] * len(owed)
        self._before = list(range(-1, len(owed) - 1))  # the last one before each that may be unsettled
        self._of_amount: dict[int, list[int]] = defaultdict(list)
        for at in range(len(owed) - 1, -1, -1):
            self._of_amount[owed[at].montant].append(at)

    def settle(self, paid_on: dt.date, cents: int) -> bool:
        """Take out the invoices whose sum a payment is, the oldest such; say whether there are any."""
        end = bisect_right(self._days, paid_on)
        equal = self._of_amount.get(cents, [])
        while equal and self._gone[equal[-1]]:
            equal.pop()
        if equal and equal[-1] < end:
            self._gone[equal.pop()] = True
            return True
        near = self._near(end, cents)
        for together in (2, 3):
            for places in combinations(near, together):
                if sum([self._owed[at].montant for at in places]) == cents:
                    for at in places:
                        self._gone[at] = True
                    return True
        return False

    def left(self) -> list[OpenItem]:
        """Return those that no payment settled."""
        return [item for item, gone in zip(self._owed, self._gone, strict=True) if not gone]

    def _near(self, end: int, cents: int) -> list[int]:
        """Return the last few before a place that are not larger than an amount."""
        found: list[int] = []
        at = self._alive(end - 1)
        while at >= 0 and len(found) < MOST_TOGETHER:
            if self._owed[at].montant <= cents:
                found.append(at)
            at = self._alive(self._before[at])
        return found[::-1]

    def _alive(self, at: int) -> int:
        """Return the last place up to one that is not settled; the way there is shorter the next time."""
        last = at
        while last >= 0 and self._gone[last]:
            last = self._before[last]
        while at != last:
            self._before[at], at = last, self._before[at]
        return last


def usual_delays(entries: Iterable[Ecriture], day: dt.date) -> dict[Party, Habit]:
    """Return when third parties pay, as what was lettered until a day shows.

    Under the key `(account prefix, "")` stands the habit of all its kind, for those that have settled too little.
    """
    return habits_of(one for one in settlements(book_lines(entries)) if one.known <= day)


@dataclass(frozen=True, slots=True)
class Settlement:
    """Invoices that were lettered with their payment."""

    party: Party
    invoiced: dt.date
    paid: dt.date
    cents: int
    known: dt.date
    """The day on which the books say so."""


def settlements(lines: Iterable[tuple[Party, BookLine]]) -> list[Settlement]:
    """Return what was lettered, by the day on which it became known; of several invoices, the latest one counts."""
    groups: dict[tuple[Party, str, dt.date], list[BookLine]] = defaultdict(list)
    for party, line in lines:
        if line.code and line.lettered is not None:
            groups[party, line.code, line.lettered].append(line)
    found = []
    for (party, _, lettered), own in groups.items():
        sign = 1 if party[0].startswith("411") else -1
        invoiced = [line.date for line in own if line.cents * sign > 0]
        paid = [line.date for line in own if line.cents * sign < 0]
        if invoiced and paid and max(paid) >= max(invoiced):
            cents = sum(abs(line.cents) for line in own) // 2
            known = max(lettered, *(line.known for line in own))
            found.append(Settlement(party, max(invoiced), max(paid), cents, known))
    return sorted(found, key=lambda one: (one.known, one.paid, one.party, one.invoiced))


def habits_of(known: Iterable[Settlement]) -> dict[Party, Habit]:
    """Return the habits of third parties that have settled often enough, and of all of a kind."""
    habits = Habits()
    for one in known:
        habits.add(one)
    return habits.learn()


class Habits:
    """The habits of third parties as settlements come in; only of those with new ones is anything learnt anew."""

    def __init__(self) -> None:
        self._of: dict[Party, list[Settlement]] = defaultdict(list)
        self._new: set[Party] = set()
        self._learnt: dict[Party, Habit] = {}

    def add(self, one: Settlement) -> None:
        """Take a settlement."""
        for party in (one.party, (one.party[0][:3], "")):
            self._of[party].append(one)
            self._new.add(party)

    def learn(self) -> dict[Party, Habit]:
        """Return the habits of all that have settled often enough."""
        for party in self._new:
            own = self._of[party]
            if len(own) >= FEWEST_SETTLED:
                own.sort(key=lambda one: (one.paid, one.invoiced, one.known))
                begin, end = [one.invoiced.toordinal() for one in own], [one.paid.toordinal() for one in own]
                self._learnt[party] = habit_of(begin, end)
        self._new.clear()
        return self._learnt


def due_day(item: OpenItem, habits: Mapping[Party, Habit]) -> dt.date:
    """Return the day on which an open item is usually paid.

    By the habit of its third party, else on the due date, else by the habit of its kind, or after the delay of the law.
    """
    habit = habits.get((item.compte_num, item.comp_aux_num))
    if habit is None and item.echeance is not None:
        return Habit(0).day(item.echeance)
    habit = habit or habits.get((item.compte_num[:3], ""), Habit(DEFAULT_DELAY))
    return habit.day(item.date)


def expected_payments(items: Sequence[OpenItem], delays: Mapping[Party, Habit], day: dt.date) -> list[ExpectedPayment]:
    """Return when open items will probably be paid, after `day`.

    On the usual day of the third party, else on the due date, else after the delay of its kind, or of the law. What
    should have come already is expected within the week; weekends and holidays move to the next business day.

    Examples
    --------
    >>> item = OpenItem("411000", "DUPONT", "Dupont SA", "F12", dt.date(2025, 4, 1), None, 120_00)
    >>> [one.date.isoformat() for one in expected_payments([item], {}, dt.date(2025, 4, 20))]
    ['2025-05-02']
    """
    found = []
    for item in items:
        if (day - item.date).days > OLDEST:
            continue
        when = due_day(item, delays)
        late = when <= day
        part = UNKNOWN.comes((day - when).days) if late else 1.0
        if late:
            when = Habit(0).day(day + dt.timedelta(days=7))
        found.append(
            ExpectedPayment(when, item.montant, item.comp_aux_num, item.comp_aux_lib, item.piece_ref, late, part)
        )
    return sorted(found, key=lambda one: (one.date, one.comp_aux_num, one.piece_ref))
