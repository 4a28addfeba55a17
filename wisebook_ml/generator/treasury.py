"""Daily positions of a generated company's bank accounts, as its own ledger tells them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from random import Random

from schemas import PositionTresorerie, from_minor, to_minor
from schemas.entry import Ecriture
from wisebook_ml.generator.final_state import final_state
from wisebook_ml.generator.publish import Publication

__all__ = ["treasury_positions"]

BANK = "512"

OPENING_JOURNAL = "AN"

OPENING_EUROS = (20_000, 120_000)
"""Range of the balance at the start where the ledger has no opening entry."""


def treasury_positions(publications: Iterable[Publication], *, seed: int) -> list[PositionTresorerie]:
    """Return a position of each bank account on each day, from the first day of the books to the last.

    The books end with their last fiscal year: what is published after it (validations, corrections) moves no cash.

    Parameters
    ----------
    publications : iterable of Publication
        A generated ledger. The last revision of an entry counts; one dated outside those days (a year mistyped)
        counts on the nearest of them, since the bank knows the day.
    seed : int
        Seed of opening balances that the ledger does not have.

    Returns
    -------
    list of PositionTresorerie
        By day, then by account; the balance is that of the evening.
    """
    ordered = list(publications)
    if not ordered:
        return []
    entries = final_state(publication.ecriture for publication in ordered)
    first = _first_day(ordered[0].ecriture)
    last = max(first, max(_last_day(publication.ecriture) for publication in ordered))
    opening: dict[str, int] = defaultdict(int)
    moves: dict[tuple[dt.date, str], list[int]] = defaultdict(list)
    for entry in entries:
        at_start = entry.journal_code == OPENING_JOURNAL
        if at_start and entry.ecriture_date > first:
            continue  # a later year opens with what the year before has left
        day = min(max(entry.ecriture_date, first), last)
        for line in entry.lignes:
            if line.compte_num.startswith(BANK):
                cents = to_minor(line.debit) - to_minor(line.credit)
                if at_start:
                    opening[line.compte_num] += cents
                elif cents:
                    moves[day, line.compte_num].append(cents)
    return _positions(ordered[0].ecriture.societe_id, first, last, opening, moves, Random(f"{seed}:treasury"))


def _first_day(entry: Ecriture) -> dt.date:
    """Return the first day of an entry's fiscal year, or its own day."""
    start, _, _ = (entry.exercice or "").partition("/")
    return dt.date.fromisoformat(start) if len(start) == len("2024-01-01") else entry.ecriture_date


def _last_day(entry: Ecriture) -> dt.date:
    """Return the last day of an entry's fiscal year, or its own day."""
    _, _, end = (entry.exercice or "").partition("/")
    return dt.date.fromisoformat(end) if len(end) == len("2024-12-31") else entry.ecriture_date


def _positions(
    societe_id: int,
    first: dt.date,
    last: dt.date,
    opening: dict[str, int],
    moves: dict[tuple[dt.date, str], list[int]],
    rng: Random,
) -> list[PositionTresorerie]:
    accounts = sorted({*opening, *(account for _, account in moves)})
    balance = {account: opening.get(account) or rng.randint(*OPENING_EUROS) * 100 for account in accounts}
    positions = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = dt.date.fromordinal(ordinal)
        for account in accounts:
            cents = moves.get((day, account), [])
            balance[account] += sum(cents)
            positions.append(
                PositionTresorerie(
                    societe_id=societe_id,
                    compte_num=account,
                    date=day,
                    solde=from_minor(balance[account]),
                    entrees=from_minor(sum(one for one in cents if one > 0)),
                    sorties=from_minor(-sum(one for one in cents if one < 0)),
                )
            )
    return positions
