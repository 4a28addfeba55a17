"""Positions derived from the books, where a company sends none: the lines of its cash accounts (class 5)."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import StrEnum

from schemas import Ecriture, Operation, PositionTresorerie, from_minor, to_minor
from wisebook_ml.fec.exercice import is_opening

__all__ = ["Nature", "latest_entries", "natures_by_day", "positions_from_entries"]

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


def positions_from_entries(entries: Iterable[Ecriture], until: dt.date) -> list[PositionTresorerie]:
    """Return a position of each cash account on each day on which it moved, and on `until`.

    Opening balances (journal "à nouveaux") count once, the first time: later ones repeat what the year before has left.
    The currency is the euro, in which books are kept. What is dated after `until` is left out.

    Parameters
    ----------
    entries : iterable of Ecriture
        Of one company, all revisions.
    until : date
        The last day that the books are complete for.

    Returns
    -------
    list of PositionTresorerie
        By account, then by day.
    """
    opening: dict[str, int] = defaultdict(int)
    moves: dict[str, dict[dt.date, list[int]]] = defaultdict(lambda: defaultdict(list))
    societe_id, opened = 0, None
    for entry in latest_entries(entries):
        if entry.ecriture_date > until:
            continue
        societe_id = entry.societe_id
        at_start = is_opening(entry.journal_code, entry.journal_lib)
        if at_start:
            opened = opened or entry.ecriture_date
            if entry.ecriture_date != opened:
                continue
        for account, cents in _cash(entry).items():
            if at_start:
                opening[account] += cents
                moves[account].setdefault(entry.ecriture_date, [])
            elif cents:
                moves[account][entry.ecriture_date].append(cents)
    found = []
    for account in sorted(moves):
        balance = opening[account]
        moves[account].setdefault(until, [])
        for day in sorted(moves[account]):
            cents_of_day = moves[account][day]
            balance += sum(cents_of_day)
            found.append(
                PositionTresorerie(
                    societe_id=societe_id,
                    compte_num=account,
                    date=day,
                    solde=from_minor(balance),
                    entrees=from_minor(sum(one for one in cents_of_day if one > 0)),
                    sorties=from_minor(-sum(one for one in cents_of_day if one < 0)),
                )
            )
    return found


def natures_by_day(entries: Iterable[Ecriture]) -> dict[dt.date, dict[Nature, int]]:
    """Return what moved cash on each day: net cents by nature, of all cash accounts together."""
    found: dict[dt.date, dict[Nature, int]] = defaultdict(lambda: defaultdict(int))
    for entry in latest_entries(entries):
        if is_opening(entry.journal_code, entry.journal_lib):
            continue
        if net := sum(_cash(entry).values()):
            found[entry.ecriture_date][_nature(entry)] += net
    return {day: dict(natures) for day, natures in found.items()}


def _cash(entry: Ecriture) -> dict[str, int]:
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
