"""Positions derived from the books, where a company sends none: the lines of its cash accounts (class 5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from schemas import Ecriture, Operation, PositionTresorerie, to_minor
from wisebook_ml.fec.exercice import is_opening
from wisebook_ml.treasury.books.cash_book import CashBook, Untold
from wisebook_ml.treasury.positions import EARLIEST

__all__ = [
    "Nature",
    "cash_moves",
    "derived_positions",
    "is_cash",
    "latest_entries",
    "natures_by_day",
    "positions_from_entries",
]

CASH = ("512", "514", "517", "53")
"""Accounts of money that is there: banks, postal cheques, other institutions, cash in hand (PCG, class 5). Not 50
(securities), 511 (cheques not yet credited), 519 (overdrafts that are loans) nor 58 (on its way between two)."""


class Nature(StrEnum):
    """What a movement of cash is for, by the account on the other side of its entry."""

    CLIENTS = "CLIENTS"
    FOURNISSEURS = "FOURNISSEURS"
    SALAIRES = "SALAIRES"
    ORGANISMES_SOCIAUX = "ORGANISMES_SOCIAUX"
    IMPOTS = "IMPOTS"
    EMPRUNTS = "EMPRUNTS"
    VIREMENT_INTERNE = "VIREMENT_INTERNE"
    AUTRES = "AUTRES"


_NATURES: Mapping[str, Nature] = {
    "16": Nature.EMPRUNTS,
    "40": Nature.FOURNISSEURS,
    "41": Nature.CLIENTS,
    "42": Nature.SALAIRES,
    "43": Nature.ORGANISMES_SOCIAUX,
    "44": Nature.IMPOTS,
    "58": Nature.VIREMENT_INTERNE,
}


def latest_entries(entries: Iterable[Ecriture]) -> list[Ecriture]:
    """Return the latest revision of every entry that was not deleted, by date and id."""
    latest: dict[str, Ecriture] = {}
    for entry in entries:
        known = latest.get(entry.ecriture_id)
        if known is None or entry.revision >= known.revision:
            latest[entry.ecriture_id] = entry
    kept = (entry for entry in latest.values() if entry.operation is not Operation.SUPPRESSION)
    return sorted(kept, key=lambda entry: (entry.ecriture_date, entry.ecriture_id))


def is_cash(entry: Ecriture) -> bool:
    """Say whether an entry moves money, other than by opening a year."""
    return not is_opening(entry.journal_code, entry.journal_lib) and any(
        line.compte_num.startswith(CASH) for line in entry.lignes
    )


def positions_from_entries(entries: Iterable[Ecriture], until: dt.date) -> list[PositionTresorerie]:
    """Return the positions that `derived_positions` tells, without those that no record can say."""
    return [one for one in derived_positions(entries, until) if isinstance(one, PositionTresorerie)]


def derived_positions(entries: Iterable[Ecriture], until: dt.date) -> list[PositionTresorerie | Untold]:
    """Return a position of each cash account on each day on which it moved, and on `until`.

    Opening balances (journal "à nouveaux") count once, the first time: later ones repeat what the year before has left
    (`CashBook`). The currency is the euro, in which books are kept. What is dated after `until` is left out, and before
    1970, where a year is mistyped.

    Parameters
    ----------
    entries : iterable of Ecriture
        Of one company, all revisions.
    until : date
        The last day that the books are complete for.

    Returns
    -------
    list
        By account, then by day; in the place of a position with an amount that no record can say, which one.
    """
    book, societe_id = CashBook(), 0
    for entry in latest_entries(entries):
        if EARLIEST <= entry.ecriture_date <= until:
            societe_id = entry.societe_id
            opening = is_opening(entry.journal_code, entry.journal_lib)
            book.add(entry.ecriture_date.toordinal(), opening, list(cash_moves(entry).items()))
    changes = sorted(book.changes(until.toordinal()), key=lambda change: (change.compte_num, change.day))
    return [change.position(societe_id) for change in changes]


def natures_by_day(entries: Iterable[Ecriture]) -> dict[dt.date, dict[Nature, int]]:
    """Return what moved cash on each day: net cents by nature, of all cash accounts together."""
    found: dict[dt.date, dict[Nature, int]] = defaultdict(lambda: defaultdict(int))
    for entry in latest_entries(entries):
        if is_opening(entry.journal_code, entry.journal_lib):
            continue
        if net := sum(cash_moves(entry).values()):
            found[entry.ecriture_date][_nature(entry)] += net
    return {day: dict(natures) for day, natures in found.items()}


def cash_moves(entry: Ecriture) -> dict[str, int]:
    """Return what an entry moves on cash accounts, net by account."""
    moved: dict[str, int] = defaultdict(int)
    for line in entry.lignes:
        if line.compte_num.startswith(CASH):
            moved[line.compte_num] += to_minor(line.debit) - to_minor(line.credit)
    return moved


def _nature(entry: Ecriture) -> Nature:
    """Return the nature of the largest line on the other side."""
    others = [line for line in entry.lignes if not line.compte_num.startswith(CASH)]
    if not others:
        return Nature.VIREMENT_INTERNE
    largest = max(others, key=lambda line: abs(to_minor(line.debit) - to_minor(line.credit)))
    return _NATURES.get(largest.compte_num[:2], Nature.AUTRES)
