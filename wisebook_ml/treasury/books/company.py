"""The books of one company, as far as its cash goes: entries in; out, at the end of each day, what is told of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import msgspec

from schemas import Echeancier, Ecriture, Operation, PaiementAttendu, PositionTresorerie, from_minor
from schemas.money import MAX_MINOR
from wisebook_ml.fec.exercice import is_opening
from wisebook_ml.treasury.books.cash_book import CashBook, Row, Untold
from wisebook_ml.treasury.books.expected import STALE
from wisebook_ml.treasury.books.from_entries import cash_moves
from wisebook_ml.treasury.books.item_book import ItemBook, ItemEntry, item_entry
from wisebook_ml.treasury.positions import EARLIEST, LATEST

__all__ = ["CompanyBooks", "Followed", "KeptBooks", "ToldItems"]

LEAP = 366
"""Days by which one record alone cannot move the company's calendar on: after a mistyped year no day would end for a
century. The next record decides."""

REPEAT = STALE // 2
"""Days after which the same expected payments are told again: who reads them takes what is older for stale."""

FIRST, LAST = EARLIEST.toordinal(), LATEST.toordinal()

Followed = PositionTresorerie | Echeancier | Untold
"""What a day is told by, and what of it no record can say."""

NOTHING = ItemEntry(0, 0, False, ())
"""Of an entry that was deleted."""


class _Kept(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What counts of the latest revision of an entry."""

    revision: int
    entry: ItemEntry = NOTHING
    cash: tuple[tuple[str, int], ...] = ()

    @property
    def day(self) -> int:
        """Its day."""
        return self.entry.day


class ToldItems(NamedTuple):
    """The last expected payments that were told: the evening, its revision, days and cents."""

    day: int = 0
    revision: int = 0
    payments: Sequence[tuple[int, int]] = ()


class KeptBooks(msgspec.Struct, array_like=True):
    """A `CompanyBooks`: what it took, and what it told."""

    societe_id: int
    day: int
    ahead: int
    entries: dict[str, bytes]
    told: dict[str, dict[int, Row]]
    items: tuple[int, int, Sequence[tuple[int, int]]]


_is_opening = lru_cache(maxsize=4096)(is_opening)
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Kept).decode


class CompanyBooks:
    """Keeps of a company's entries what concerns its cash, and says at the end of each day what that means.

    A day ends with the first record of a later one. Then the positions that differ from what was told are told, by day
    and account, and the expected payments, if they differ. So what follows depends on the company's records, in their
    order, and on nothing else. What is dated after the day counts from its own day on.

    Entries that touch neither cash nor third parties are not kept.

    Parameters
    ----------
    societe_id : int
        The company.
    """

    def __init__(self, societe_id: int) -> None:
        self._societe_id = societe_id
        self._day, self._ahead = 0, 0
        self._entries: dict[str, bytes] = {}
        self._later: dict[int, set[str]] = defaultdict(set)
        self._cash = CashBook()
        self._items = ItemBook()
        self._told = ToldItems()

    def take(self, entry: Ecriture, published: dt.date) -> list[Followed]:
        """Take an entry; return what follows from the days that ended before it.

        Parameters
        ----------
        entry : Ecriture
            Any revision of it, or that it was deleted.
        published : date
            The day of its event.
        """
        made = self.reach(published)
        self._replace(entry)
        return made

    def reach(self, published: dt.date) -> list[Followed]:
        """Take note that it is a day; return what follows where an earlier one ends by that."""
        day = self._believed(min(max(published.toordinal(), FIRST), LAST))
        if day <= self._day:
            return []
        made = self.flush() if self._day else []
        self._day = day
        self._items.reach(day)
        for due in sorted(one for one in self._later if one <= day):
            for ecriture_id in sorted(self._later.pop(due)):
                self._count(ecriture_id, _decode(self._entries[ecriture_id]))
        return made

    def tick(self, day: dt.date) -> list[Followed]:
        """Take note that it is a day though no entry came; of the same day, return what follows from it so far.

        Where the day is more than a year before the company's, records had brought that from a clock that was wrong: it
        is set back, or no day would end for years.
        """
        ordinal = day.toordinal()
        if ordinal > self._day:
            return self.reach(day)
        if ordinal < self._day - LEAP:
            kept = self.keep()
            kept.day, kept.ahead = ordinal, 0
            self.__dict__.update(CompanyBooks.restore(kept).__dict__)
            return []
        return self.flush()

    def flush(self) -> list[Followed]:
        """Return what differs from what was told, as of now."""
        made: list[Followed] = [change.position(self._societe_id) for change in self._cash.changes()]
        due = self._items.due(self._cash.last)
        payments = [one for one in due if abs(one[1]) <= MAX_MINOR]
        too_large = [one for one in due if abs(one[1]) > MAX_MINOR]
        made += [Untold(self._societe_id, dt.date.fromordinal(day), "", cents) for day, cents in too_large]
        if payments != list(self._told.payments) or (payments and self._day - self._told.day >= REPEAT):
            revision = self._told.revision + 1 if self._told.day == self._day else 1
            self._told = ToldItems(self._day, revision, payments)
            made.append(
                Echeancier(
                    societe_id=self._societe_id,
                    date=dt.date.fromordinal(self._day),
                    paiements=[
                        PaiementAttendu(date=dt.date.fromordinal(when), montant=from_minor(cents))
                        for when, cents in payments
                    ],
                    revision=revision,
                )
            )
        return made

    def keep(self) -> KeptBooks:
        """Return what it is made of."""
        told = {account: dict(sorted(rows.items())) for account, rows in sorted(self._cash.told.items()) if rows}
        items = self._told.day, self._told.revision, self._told.payments
        return KeptBooks(self._societe_id, self._day, self._ahead, dict(self._entries), told, items)

    @classmethod
    def restore(cls, kept: KeptBooks) -> "CompanyBooks":
        """Return the books that were kept."""
        books = cls(kept.societe_id)
        books._day, books._ahead = kept.day, kept.ahead
        books._cash, books._items = CashBook(kept.told), ItemBook(kept.day)
        books._told = ToldItems(*kept.items)
        books._entries = dict(kept.entries)
        for ecriture_id, entry in books._entries.items():
            books._count(ecriture_id, _decode(entry))
        return books

    def _believed(self, day: int) -> int:
        """Return the day to go by: a leap of more than a year is believed when the next record confirms it."""
        if not self._day or day <= self._day + LEAP:
            self._ahead = 0
            return day
        if not self._ahead:
            self._ahead = day
            return self._day
        day, self._ahead = min(day, self._ahead), 0
        return day

    def _replace(self, entry: Ecriture) -> None:
        before = self._entries.get(entry.ecriture_id)
        known = None if before is None else _decode(before)
        if known is not None and entry.revision < known.revision:
            return
        now = _kept(entry)
        concerns = now.entry.opening or now.cash or now.entry.lines
        if known is None and not concerns and entry.revision == 1:
            return  # nothing can be older than it
        if known is not None:
            self._count(entry.ecriture_id, known, gone=True)
        self._entries[entry.ecriture_id] = _encode(now)
        self._count(entry.ecriture_id, now)

    def _count(self, ecriture_id: str, entry: _Kept, *, gone: bool = False) -> None:
        if entry.day < FIRST:
            return  # deleted, without any effect, or a mistyped year
        if entry.day > self._day:
            if gone:
                self._later[entry.day].discard(ecriture_id)
            else:
                self._later[entry.day].add(ecriture_id)
        elif gone:
            self._cash.take_back(entry.day, entry.entry.opening, entry.cash)
            self._items.take_back(ecriture_id, entry.entry)
        else:
            self._cash.add(entry.day, entry.entry.opening, entry.cash)
            self._items.add(ecriture_id, entry.entry)


def _kept(entry: Ecriture) -> _Kept:
    if entry.operation is Operation.SUPPRESSION:
        return _Kept(entry.revision)
    cash = tuple(cash_moves(entry).items())
    part = item_entry(entry, opening=_is_opening(entry.journal_code, entry.journal_lib))
    return _Kept(entry.revision, part, cash) if part.opening or cash or part.lines else _Kept(entry.revision)
