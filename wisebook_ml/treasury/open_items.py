"""Open items of the books (unlettered lines of 401 and 411), and the payments that are expected of them."""

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas import Ecriture, Ligne, to_minor
from wisebook_ml.ledger.calendar import is_off_day
from wisebook_ml.treasury.from_entries import latest_entries

__all__ = ["ExpectedPayment", "OpenItem", "expected_payments", "open_items", "usual_delays"]

THIRD_PARTIES = ("401", "411")

DEFAULT_DELAY = 30
"""Days from an invoice to its payment where nothing else is known (article L441-10 of the commercial code)."""

FEWEST_SETTLED = 3
"""Settled invoices of a third party from which its own delay is believed."""

OLDEST = 365
"""Days after which an open item is taken for forgotten lettering rather than for money to come."""

Party = tuple[str, str]
"""Account and auxiliary account."""


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
    pieces: dict[Party, dict[str, list[tuple[dt.date, Ligne]]]] = defaultdict(lambda: defaultdict(list))
    for entry in latest_entries(entries):
        if entry.ecriture_date > day:
            continue
        for line in entry.lignes:
            lettered = line.ecriture_let and (line.date_let is None or line.date_let <= day)
            if line.compte_num.startswith(THIRD_PARTIES) and not lettered:
                party = line.compte_num, line.comp_aux_num
                pieces[party][line.piece_ref].append((entry.ecriture_date, line))
    found: list[OpenItem] = []
    for party, by_piece in sorted(pieces.items()):
        found += _of_party(party, by_piece)
    return sorted(found, key=lambda item: (item.date, item.compte_num, item.comp_aux_num, item.piece_ref))


def _of_party(party: Party, by_piece: dict[str, list[tuple[dt.date, Ligne]]]) -> list[OpenItem]:
    """Return the open items of one third party."""
    sign = 1 if party[0].startswith("411") else -1
    owed, unassigned = [], 0
    for piece, lines in by_piece.items():
        net = sum(to_minor(line.debit) - to_minor(line.credit) for _, line in lines)
        if net * sign <= 0:
            unassigned += -net * sign
            continue
        date, first = min(lines, key=lambda one: one[0])
        owed.append(OpenItem(*party, first.comp_aux_lib, piece, date, first.date_echeance, net))
    left = []
    for item in sorted(owed, key=lambda item: (item.date, item.piece_ref)):
        covered = min(unassigned, abs(item.montant))
        unassigned -= covered
        if rest := abs(item.montant) - covered:
            left.append(OpenItem(*party, item.comp_aux_lib, item.piece_ref, item.date, item.echeance, rest * sign))
    return left


def usual_delays(entries: Iterable[Ecriture], day: dt.date) -> dict[Party, int]:
    """Return how many days a third party takes from an invoice to its payment: the median of what was lettered.

    Under the key `(account prefix, "")` stands the median of all its kind, for those that have settled too little.
    """
    groups: dict[tuple[Party, str, dt.date | None], list[tuple[dt.date, int]]] = defaultdict(list)
    for entry in latest_entries(entries):
        if entry.ecriture_date > day:
            continue
        for line in entry.lignes:
            if line.ecriture_let and line.compte_num.startswith(THIRD_PARTIES):
                party = line.compte_num, line.comp_aux_num
                cents = to_minor(line.debit) - to_minor(line.credit)
                groups[party, line.ecriture_let, line.date_let].append((entry.ecriture_date, cents))
    delays: dict[Party, list[int]] = defaultdict(list)
    for (party, _, _), lines in groups.items():
        sign = 1 if party[0].startswith("411") else -1
        invoiced = [date for date, cents in lines if cents * sign > 0]
        paid = [date for date, cents in lines if cents * sign < 0]
        if invoiced and paid and (delay := (max(paid) - max(invoiced)).days) >= 0:
            delays[party].append(delay)
            delays[party[0][:3], ""].append(delay)
    return {
        party: round(statistics.median(values)) for party, values in delays.items() if len(values) >= FEWEST_SETTLED
    }


def expected_payments(items: Sequence[OpenItem], delays: dict[Party, int], day: dt.date) -> list[ExpectedPayment]:
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
        own = delays.get((item.compte_num, item.comp_aux_num))
        if own is not None:
            due = item.date + dt.timedelta(days=own)
        elif item.echeance is not None:
            due = item.echeance
        else:
            due = item.date + dt.timedelta(days=delays.get((item.compte_num[:3], ""), DEFAULT_DELAY))
        late = due <= day
        when = day + dt.timedelta(days=7) if late else due
        while is_off_day(when):
            when += dt.timedelta(days=1)
        found.append(ExpectedPayment(when, item.montant, item.comp_aux_num, item.comp_aux_lib, item.piece_ref, late))
    return sorted(found, key=lambda one: (one.date, one.comp_aux_num, one.piece_ref))
