"""What entries moved on a company's cash accounts, and the positions that follow: added, taken back, and told once."""

import datetime as dt
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from schemas import PositionTresorerie, SourcePosition, from_minor
from schemas.money import MAX_MINOR

__all__ = ["CashBook", "Change", "Moves", "Row", "Untold"]

Moves = Sequence[tuple[str, int]]
"""Net cents by account, each account once."""

BEGINNING = 0
"""Before all days."""


class Row(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """An account in the evening of a day, as it was told: cents, and how often that changed."""

    solde: int
    entrees: int
    sorties: int
    revision: int


@dataclass(frozen=True, slots=True)
class Untold:
    """An amount that no record can say; `compte_num` is empty for payments that are expected on `date`."""

    societe_id: int
    date: dt.date
    compte_num: str
    cents: int

    def message(self, lang: str) -> str:
        """Return what is not told, why, and what to do.

        Examples
        --------
        >>> Untold(7, dt.date(2025, 3, 3), "512000", 10**13).message("en").partition(" is more")[0]
        'company 7, account 512000 on 2025-03-03: 100000000000.00'
        """
        amount = from_minor(self.cents)
        if lang == "fr":
            what = f"compte {self.compte_num} au" if self.compte_num else "paiements attendus le"
            return (
                f"société {self.societe_id}, {what} {self.date.isoformat()} : {amount} dépasse ce qu'un enregistrement "
                "peut porter (11 chiffres) et n'est pas transmis ; chercher un montant mal saisi dans ses écritures "
                "jusqu'à ce jour"
            )
        what = f"account {self.compte_num} on" if self.compte_num else "payments expected on"
        return (
            f"company {self.societe_id}, {what} {self.date.isoformat()}: {amount} is more than a record can say "
            "(11 digits), so this is not told; look for a mistyped amount in its entries up to that day"
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A row that is to be told."""

    day: int
    compte_num: str
    row: Row

    def position(self, societe_id: int) -> PositionTresorerie | Untold:
        """Return it as a record, or which amount of it is larger than a record can say."""
        row, date = self.row, dt.date.fromordinal(self.day)
        largest = max(row.solde, row.entrees, row.sorties, key=abs)
        if abs(largest) > MAX_MINOR:
            return Untold(societe_id, date, self.compte_num, largest)
        return PositionTresorerie(
            societe_id=societe_id,
            compte_num=self.compte_num,
            date=date,
            solde=from_minor(row.solde),
            entrees=from_minor(row.entrees),
            sorties=from_minor(row.sorties),
            revision=row.revision,
            source=SourcePosition.COMPTABILITE,
        )


class CashBook:
    """The cash accounts of one company, day by day, in cents; days are proleptic ordinals.

    What it holds does not depend on the order in which movements came. Opening balances (journal "à nouveaux") count
    once, on the first day that has any: later ones repeat what the year before has left. So does the first where what
    moved before it adds up to just that balance: the books of the year before are here.

    Examples
    --------
    >>> book = CashBook()
    >>> book.add(738000, False, [("512000", 50_00)])
    >>> book.add(738001, False, [("512000", -20_00)])
    >>> [(one.day, one.row.solde, one.row.revision) for one in book.changes()]
    [(738000, 5000, 1), (738001, 3000, 1)]
    >>> book.take_back(738000, False, [("512000", 50_00)])
    >>> [(one.day, one.row.solde, one.row.entrees, one.row.revision) for one in book.changes()]
    [(738000, 0, 0, 2), (738001, -2000, 0, 2)]
    """

    def __init__(self, told: Mapping[str, Mapping[int, Row]] | None = None) -> None:
        self.told: dict[str, dict[int, Row]] = {account: dict(rows) for account, rows in (told or {}).items()}
        """What was told last, by account and day."""
        self._moves: dict[str, dict[int, list[int]]] = defaultdict(dict)
        self._openings: dict[int, dict[str, list[int]]] = {}
        self._opening_entries: dict[int, int] = defaultdict(int)
        self._days: dict[str, list[int]] = {account: sorted(rows) for account, rows in self.told.items()}
        self._changed: dict[str, int] = dict.fromkeys(self.told, BEGINNING)

    @property
    def last(self) -> int:
        """The last day on which anything moved, other than by opening a year; 0 for none."""
        return max((max(days) for days in self._moves.values() if days), default=0)

    def add(self, day: int, opening: bool, moves: Moves) -> None:
        """Take what an entry moved; `opening` tells whether it stands in a journal of opening balances."""
        self._count(day, opening, moves, 1)

    def take_back(self, day: int, opening: bool, moves: Moves) -> None:
        """Undo what was added."""
        self._count(day, opening, moves, -1)

    def changes(self, complete_on: int | None = None) -> list[Change]:
        """Return the rows that differ from what was told, by day and account; they are told by that.

        Of each account, there is a row of one more day, so that it is complete.

        Parameters
        ----------
        complete_on : int, optional
            Which day; by default the last that any account has.
        """
        made = [change for account in self._changed for change in self._anew(account)]
        self._changed.clear()
        last = max((days[-1] for days in self._days.values() if days), default=None)
        if last is not None:
            last = last if complete_on is None else complete_on
            for account, days in self._days.items():
                if days and last not in self.told[account]:
                    made.append(self._tell(last, account, Row(self.told[account][days[-1]].solde, 0, 0, 1)))
                    days.append(last)
        return sorted(made, key=lambda change: (change.day, change.compte_num))

    # Movements

    def _count(self, day: int, opening: bool, moves: Moves, sign: int) -> None:
        if opening:
            self._count_opening(day, moves, sign)
            return
        for account, cents in moves:
            if not cents:
                continue
            found = self._moves[account].setdefault(day, [0, 0, 0])
            found[0 if cents > 0 else 1] += sign * abs(cents)
            found[2] += sign
            if not found[2]:
                del self._moves[account][day]
            # Whether an opening balance repeats what is known depends on all that was before it.
            first = self._opened()
            self._touch(account, day, since=day if first is None or day >= first else BEGINNING)

    def _count_opening(self, day: int, moves: Moves, sign: int) -> None:
        before = self._opened()
        self._opening_entries[day] += sign
        if not self._opening_entries[day]:
            del self._opening_entries[day]
        accounts = self._openings.setdefault(day, {})
        for account, cents in moves:
            found = accounts.setdefault(account, [0, 0])
            found[0] += sign * cents
            found[1] += sign
            if not found[1]:
                del accounts[account]
        after = self._opened()
        touched = {account for account, _ in moves} if day in (before, after) else set()
        if before != after:
            touched |= {
                account for one in (before, after) if one is not None for account in self._openings.get(one, ())
            }
        if not accounts:
            del self._openings[day]
        for account in sorted(touched):
            self._touch(account, day if after is None else after, since=BEGINNING)

    def _opened(self) -> int | None:
        """Return the first day that has opening balances, of whatever account."""
        return min(self._opening_entries, default=None)

    def _touch(self, account: str, day: int, *, since: int) -> None:
        days = self._days.setdefault(account, [])
        place = bisect_left(days, day)
        if place == len(days) or days[place] != day:
            days.insert(place, day)
        self._changed[account] = min(self._changed.get(account, since), since)

    # Rows

    def _opening(self, account: str, opened: int) -> int:
        """Return the balance that an account starts with."""
        cents = self._openings[opened][account][0]
        before = [moved[0] - moved[1] for day, moved in self._moves[account].items() if day < opened]
        return 0 if before and sum(before) == cents else cents

    def _anew(self, account: str) -> Iterator[Change]:
        """Yield what changes of one account, from the first day on that was touched."""
        days, told, moves = self._days[account], self.told.setdefault(account, {}), self._moves[account]
        place, opened = bisect_left(days, self._changed[account]), self._opened()
        if opened is not None and account not in self._openings.get(opened, ()):
            opened = None
        start = 0 if place or opened is None else self._opening(account, opened)
        balance = told[days[place - 1]].solde if place else start
        kept = []
        for day in days[place:]:
            moved = moves.get(day)
            before = told.get(day)
            if moved is None and before is None and day != opened:
                continue  # it came and went without being told
            kept.append(day)
            came, went = (moved[0], moved[1]) if moved is not None else (0, 0)
            balance += came - went
            if before is None:
                yield self._tell(day, account, Row(balance, came, went, 1))
            elif (before.solde, before.entrees, before.sorties) != (balance, came, went):
                yield self._tell(day, account, Row(balance, came, went, before.revision + 1))
        days[place:] = kept
        if not days:
            del self._days[account]

    def _tell(self, day: int, account: str, row: Row) -> Change:
        self.told[account][day] = row
        return Change(day, account, row)
