"""A company's open items and its third parties' habits, entry by entry: what they let expect, evening by evening."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec

from schemas import Ecriture, to_minor
from wisebook_ml.treasury.books.expected import Due
from wisebook_ml.treasury.books.habits import Habit, habit_of
from wisebook_ml.treasury.books.lateness import Paid, due_rows, lateness_of, paid_late
from wisebook_ml.treasury.books.open_items import (
    FEWEST_SETTLED,
    OLDEST,
    THIRD_PARTIES,
    BookLine,
    OpenItem,
    Party,
    Settlement,
    due_day,
    settled,
    settlements,
)

__all__ = ["ItemBook", "ItemEntry", "ItemLine", "item_entry"]

KIND_DIGITS = 3

KEPT_OLD = 2 * OLDEST
"""Days after which lines that were never lettered are passed over: they say nothing of what is to come."""


class ItemLine(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What counts of a line of a third party: days are proleptic ordinals (0: none), cents are debit less credit."""

    compte_num: str
    comp_aux_num: str
    piece_ref: str
    lettrage: str
    date_let: int
    echeance: int
    cents: int


class ItemEntry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What counts of an entry: the day of it, the day on which it was made, whether it opens a year."""

    day: int
    made: int
    opening: bool
    lines: tuple[ItemLine, ...]


def item_entry(entry: Ecriture, *, opening: bool) -> ItemEntry:
    """Return what counts of an entry."""
    day = entry.ecriture_date.toordinal()
    made = day if entry.saisie_le is None else max(entry.saisie_le.date().toordinal(), day)
    lines = tuple(
        ItemLine(
            line.compte_num,
            line.comp_aux_num,
            line.piece_ref,
            line.ecriture_let,
            line.date_let.toordinal() if line.date_let is not None else 0,
            line.date_echeance.toordinal() if line.date_echeance is not None else 0,
            to_minor(line.debit) - to_minor(line.credit),
        )
        for line in entry.lignes
        if line.compte_num.startswith(THIRD_PARTIES)
    )
    return ItemEntry(day, made, opening, lines)


class _Place(NamedTuple):
    """Where a line stands in the books."""

    day: int
    ecriture_id: str
    number: int


Lines = dict[_Place, BookLine]


class ItemBook:
    """The third parties of one company, as they stand in an evening that only moves on.

    What it says follows from the entries that it has and from the evening, in whatever order they came: an entry that
    was added is taken back with the same parts. What is lettered later than the evening is open until then. Habits are
    those that payments had shown by the beginning of the month, so that they are not learnt anew every evening.

    Parameters
    ----------
    evening : int
        Ordinal of the day; entries of later days must not be added yet.
    """

    def __init__(self, evening: int = 0) -> None:
        self._evening = evening
        self._openings: dict[int, dict[str, ItemEntry]] = defaultdict(dict)
        self._open: dict[Party, Lines] = defaultdict(dict)
        self._closing: dict[int, dict[_Place, Party]] = defaultdict(dict)
        self._ageing: dict[int, set[Party]] = defaultdict(set)
        self._lettered: dict[Party, dict[str, Lines]] = defaultdict(lambda: defaultdict(dict))
        self._settled: dict[Party, dict[str, list[Settlement]]] = defaultdict(dict)
        self._habits: dict[Party, Habit] = {}
        self._items: dict[Party, list[tuple[OpenItem, dt.date]]] = {}
        self._paid: dict[str, Paid] = {}
        self._month: dt.date | None = None
        self._changed: set[Party] = set()
        """Third parties whose open lines have changed since they were looked at."""
        self._relettered: set[tuple[Party, str]] = set()

    def reach(self, evening: int) -> None:
        """Close what is lettered up to an evening."""
        self._evening = evening
        for when in sorted(one for one in self._closing if one <= evening):
            for place, party in self._closing.pop(when).items():
                del self._open[party][place]
                self._changed.add(party)

    def add(self, ecriture_id: str, entry: ItemEntry) -> None:
        """Take an entry of a day that has come.

        Opening balances count the first time only: later ones repeat what the year before has left open.
        """
        if not entry.opening:
            self._count(ecriture_id, entry)
            return
        before = min(self._openings, default=None)
        self._openings[entry.day][ecriture_id] = entry
        if before is None or entry.day == before:
            self._count(ecriture_id, entry)
        elif entry.day < before:
            self._count_day(before, gone=True)
            self._count(ecriture_id, entry)

    def take_back(self, ecriture_id: str, entry: ItemEntry) -> None:
        """Undo what was added."""
        if not entry.opening:
            self._count(ecriture_id, entry, gone=True)
            return
        first = min(self._openings)
        if entry.day == first:
            self._count(ecriture_id, entry, gone=True)
        del self._openings[entry.day][ecriture_id]
        if not self._openings[entry.day]:
            del self._openings[entry.day]
            if entry.day == first and self._openings:
                self._count_day(min(self._openings), gone=False)

    def due(self, bank: int) -> list[Due]:
        """Return what is expected after the evening: days and cents, by day and direction.

        Parameters
        ----------
        bank : int
            The last day of which the books have lines of the bank; 0 for none.
        """
        self._learn()
        self._look()
        evening = dt.date.fromordinal(self._evening)
        items = [one for party in sorted(self._items) for one in self._items[party]]
        lateness = lateness_of(self._paid, items, evening)
        return due_rows(items, lateness, evening, dt.date.fromordinal(bank) if bank else dt.date.min)

    # Lines

    def _count_day(self, day: int, *, gone: bool) -> None:
        for ecriture_id, entry in self._openings[day].items():
            self._count(ecriture_id, entry, gone=gone)

    def _count(self, ecriture_id: str, entry: ItemEntry, *, gone: bool = False) -> None:
        for number, line in enumerate(entry.lines):
            party, place = (line.compte_num, line.comp_aux_num), _Place(entry.day, ecriture_id, number)
            if line.lettrage:
                self._relettered.add((party, line.lettrage))
                _put(self._lettered[party][line.lettrage], place, line, entry.made, gone=gone)
                if line.date_let <= self._evening:
                    continue
                if gone:
                    del self._closing[line.date_let][place]
                else:
                    self._closing[line.date_let][place] = party
            _put(self._open[party], place, line, entry.made, gone=gone)
            self._changed.add(party)

    # Habits

    def _learn(self) -> None:
        """Learn the habits of the beginning of the month, of third parties of whom there is anything new."""
        month = dt.date.fromordinal(self._evening).replace(day=1)
        anew: set[Party] = set()
        for party, code in self._relettered:
            before = self._settled[party].pop(code, [])
            if lines := self._lettered[party][code]:
                self._settled[party][code] = settlements(_of_one_code(party, lines))
            else:
                del self._lettered[party][code]
            if _known(before, month) != _known(self._settled[party].get(code, ()), month):
                anew |= {party, _kind(party)}
        self._relettered.clear()
        if month != self._month:
            self._month = month
            anew = {one for party in self._settled for one in (party, _kind(party))}
        if not anew:
            return
        known = {party: self._known_of(party, month) for party in self._settled}
        changed = {party for party in anew if self._learn_one(party, known)}
        for party in self._items:
            if party in changed or (_kind(party) in changed and party not in self._habits):
                self._changed.add(party)
        everything = (one for party in sorted(known) for one in known[party])
        self._paid = paid_late(everything, self._habits, month)

    def _known_of(self, party: Party, month: dt.date) -> list[Settlement]:
        return [one for found in self._settled[party].values() for one in _known(found, month)]

    def _learn_one(self, party: Party, known: dict[Party, list[Settlement]]) -> bool:
        """Learn the habit of a third party, or of a kind; return whether it is another one."""
        own = known.get(party, [])
        if party == _kind(party):
            own = [one for other in known if _kind(other) == party for one in known[other]]
        own = sorted(own, key=lambda one: (one.paid, one.invoiced, one.known))
        before = self._habits.pop(party, None)
        if len(own) >= FEWEST_SETTLED:
            begin, end = [one.invoiced.toordinal() for one in own], [one.paid.toordinal() for one in own]
            self._habits[party] = habit_of(begin, end)
        return self._habits.get(party) != before

    # Items

    def _look(self) -> None:
        """Look again at third parties whose lines, age or habits have changed."""
        for day in [one for one in self._ageing if one <= self._evening]:
            self._changed |= self._ageing.pop(day)
        for party in self._changed:
            lines = self._open.get(party, {})
            young = sorted(place for place in lines if self._evening - place.day <= KEPT_OLD)
            if not lines:
                self._open.pop(party, None)
            if not young:
                self._items.pop(party, None)
                continue
            self._ageing[young[0].day + KEPT_OLD + 1].add(party)
            items = settled(party, [lines[place] for place in young])
            self._items[party] = [(item, due_day(item, self._habits)) for item in items]
        self._changed.clear()


def _put(lines: Lines, place: _Place, line: ItemLine, made: int, *, gone: bool) -> None:
    if gone:
        del lines[place]
        return
    lines[place] = BookLine(
        dt.date.fromordinal(place.day),
        dt.date.fromordinal(made),
        line.piece_ref,
        line.cents,
        dt.date.fromordinal(line.echeance) if line.echeance else None,
        dt.date.fromordinal(line.date_let) if line.date_let else None,
        line.lettrage,
        "",
    )


def _of_one_code(party: Party, lines: Lines) -> Iterator[tuple[Party, BookLine]]:
    """Yield the lines of one lettering; one without a day is of the last line's."""
    last = max(line.date for line in lines.values())
    for place in sorted(lines):
        line = lines[place]
        yield party, line if line.lettered is not None else replace(line, lettered=last)


def _known(found: Sequence[Settlement], month: dt.date) -> list[Settlement]:
    return [one for one in found if one.known < month]


def _kind(party: Party) -> Party:
    return party[0][:KIND_DIGITS], ""
