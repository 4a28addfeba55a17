"""A real ledger while anomalies are planted into it: what is usual in it, what was changed, and how it comes out."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from random import Random
from typing import NamedTuple

from msgspec.structs import replace

from schemas.entry import Ecriture, Ligne
from schemas.enums import Operation
from wisebook_ml.generator.implant.lines import cents, without_letters

__all__ = ["KNOWN_JOURNAL", "Book", "letters_of"]

HABITS_AFTER = 0.25
"""Share of the ledger after which habits are taken to have formed."""

KNOWN_JOURNAL = 25
"""Entries of a journal after which it has habits."""

ORDERLY = 0.8
"""Share of a journal's numbers that follow the one before: with less, a gap is no anomaly."""

NUMBER = re.compile(r"^(.*?)(\d+)$", re.DOTALL)


class Inserted(NamedTuple):
    """An event that is not in the real ledger: `of` is the entry it revises, if it does."""

    ecriture: Ecriture
    of: str


class Book:
    """The entries of one company, in the order in which they arrive.

    Parameters
    ----------
    entries : sequence of Ecriture
        Those with several revisions stay as they are.
    rng : Random
        Every choice is drawn from it.
    """

    def __init__(self, entries: Sequence[Ecriture], rng: Random) -> None:
        self.entries = list(entries)
        self.rng = rng
        self.touched: set[str] = {key for key, n in Counter(e.ecriture_id for e in entries).items() if n > 1}
        self.removed: set[int] = set()
        self.gaps: dict[int, int] = {}
        self._inserted: dict[int, list[Inserted]] = defaultdict(list)
        self._original = tuple(entries)
        self._count = 0

    # What is usual

    @cached_property
    def rank(self) -> list[int]:
        """How many entries of its journal come before each entry."""
        seen: Counter[str] = Counter()
        ranks = []
        for entry in self._original:
            ranks.append(seen[entry.journal_code])
            seen[entry.journal_code] += 1
        return ranks

    @cached_property
    def uses(self) -> dict[str, Counter[str]]:
        """By journal, how many entries use each account."""
        uses: dict[str, Counter[str]] = defaultdict(Counter)
        for entry in self._original:
            uses[entry.journal_code].update({line.compte_num for line in entry.lignes})
        return uses

    @cached_property
    def met(self) -> set[tuple[str, str]]:
        """Pairs of accounts that meet in an entry."""
        return {
            (one.compte_num, other.compte_num)
            for entry in self._original
            for one in entry.lignes
            for other in entry.lignes
        }

    @cached_property
    def names(self) -> dict[str, str]:
        """Accounts and their names."""
        return {line.compte_num: line.compte_lib for entry in self._original for line in entry.lignes}

    @cached_property
    def moved(self) -> dict[str, list[tuple[int, int]]]:
        """By account, the places and amounts (in cents, debits positive) of its lines."""
        moved: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for place, entry in enumerate(self._original):
            for line in entry.lignes:
                moved[line.compte_num].append((place, cents(line)))
        return moved

    @cached_property
    def parties(self) -> dict[str, list[int]]:
        """By third party, the places of its entries."""
        parties: dict[str, list[int]] = defaultdict(list)
        for place, entry in enumerate(self._original):
            for party in {line.comp_aux_num for line in entry.lignes if line.comp_aux_num}:
                parties[party].append(place)
        return parties

    @cached_property
    def orderly(self) -> frozenset[str]:
        """Journals whose numbers follow one another, so that a gap among them means something."""
        numbers: dict[str, list[int]] = defaultdict(list)
        for entry in self._original:
            numbers[entry.journal_code].append(_number(entry))
        return frozenset(
            journal
            for journal, its in numbers.items()
            if len(its) >= KNOWN_JOURNAL
            and sum(after == before + 1 for before, after in pairwise(its)) >= ORDERLY * (len(its) - 1)
            and len(set(its)) == len(its) == max(its) - min(its) + 1
        )

    @cached_property
    def last_day(self) -> dt.date:
        """The last day of the ledger."""
        return max(entry.ecriture_date for entry in self._original)

    def share(self, journal: str, holds: Callable[[Ecriture], bool]) -> float:
        """Return the share of a journal's entries for which something holds."""
        its = [entry for entry in self._original if entry.journal_code == journal]
        return sum(map(holds, its)) / max(1, len(its))

    # What is changed

    def pick(self, where: Callable[[int, Ecriture], bool], *, habit: bool = False) -> int | None:
        """Return the place of a random entry that nothing has touched; None where none fits.

        Parameters
        ----------
        where : callable
            ``(place, entry) -> bool``.
        habit : bool
            Only where the ledger and the journal have formed habits.
        """
        first = int(len(self.entries) * HABITS_AFTER) if habit else 0
        places = list(range(first, len(self.entries)))
        self.rng.shuffle(places)
        for place in places:
            entry = self.entries[place]
            if entry.ecriture_id in self.touched or place in self.removed:
                continue
            if habit and self.rank[place] < KNOWN_JOURNAL:
                continue
            if where(place, entry):
                return place
        return None

    def change(self, place: int, entry: Ecriture, *, letters: bool = False) -> Ecriture:
        """Put another entry in a place.

        What it was lettered with is not lettered any more either, unless `letters`: no mistake but the one planted.
        """
        self.touched.add(entry.ecriture_id)
        if not letters:
            self._unletter(self.entries[place])
            entry = without_letters(entry)
        self.entries[place] = entry
        return entry

    def _unletter(self, entry: Ecriture) -> None:
        groups = {(line.compte_num, line.comp_aux_num, line.ecriture_let) for line in entry.lignes if line.ecriture_let}
        for place in self.lettered(groups):
            other = self.entries[place]
            lines = [
                replace(line, ecriture_let="", date_let=None) if _letter(line) in groups else line
                for line in other.lignes
            ]
            self.entries[place] = replace(other, lignes=lines)

    @cached_property
    def letters(self) -> dict[tuple[str, str, str], list[int]]:
        """By account, third party and letter, the places of the lettered entries."""
        letters: dict[tuple[str, str, str], list[int]] = defaultdict(list)
        for place, entry in enumerate(self._original):
            for line in entry.lignes:
                if line.ecriture_let:
                    letters[_letter(line)].append(place)
        return letters

    def touch(self, groups: set[tuple[str, str, str]]) -> None:
        """Have nothing else change the entries of some lettered groups."""
        self.touched |= {self.entries[place].ecriture_id for place in self.lettered(groups)}

    def lettered(self, groups: set[tuple[str, str, str]]) -> list[int]:
        """Return the places of entries with a line in one of some lettered groups."""
        return sorted({place for group in groups for place in self.letters.get(group, ())})

    def place_at(self, place: int, day: dt.date) -> int:
        """Return the last place of the entry's journal, from a place on, that is dated no later than a day."""
        journal, found = self.entries[place].journal_code, place
        for k in range(place, len(self._original)):
            entry = self._original[k]
            if entry.journal_code == journal and entry.ecriture_date <= day:
                found = k
        return found

    def insert(self, place: int, entry: Ecriture) -> Ecriture:
        """Add an entry of its own behind a place; it gets an id, and the number that follows in the journal."""
        self._count += 1
        entry = replace(without_letters(entry), ecriture_id=f"{entry.ecriture_id}+{self._count}")
        self.touched.add(entry.ecriture_id)
        self._inserted[place].append(Inserted(entry, ""))
        return entry

    def revise(self, place: int, later: int, entry: Ecriture, operation: Operation) -> Ecriture:
        """Add a revision of the entry in a place, behind a later place."""
        entry = replace(entry, revision=entry.revision + 1, operation=operation)
        self.touched.add(entry.ecriture_id)
        self._inserted[min(later, len(self.entries) - 1)].append(Inserted(entry, entry.ecriture_id))
        return entry

    def remove(self, place: int) -> Ecriture:
        """Leave an entry out, as if it had never been."""
        self._unletter(self.entries[place])
        self.removed.add(place)
        return self.entries[place]

    # How it comes out

    def finish(self) -> list[Ecriture]:
        """Return all events, with the numbers of each journal as they follow from what was added and left out."""
        numbers = self._numbers()
        events = []
        for place, entry in enumerate(self.entries):
            if place not in self.removed:
                events.append(_renumbered(entry, numbers.get(entry.ecriture_id)))
            for ecriture, of in self._inserted.get(place, ()):
                events.append(_renumbered(ecriture, numbers.get(of or ecriture.ecriture_id)))
        return events

    def _numbers(self) -> dict[str, int]:
        """Return the numbers of the entries that get another one than they have."""
        rows: dict[str, list[tuple[int, int, str, int]]] = defaultdict(list)
        for place, entry in enumerate(self._original):
            if entry.journal_code not in self.orderly:
                continue
            number = _number(entry)
            gone = place in self.removed
            rows[entry.journal_code].append((number, 0, entry.ecriture_id, -1 if gone else self.gaps.get(place, 0)))
            for k, added in enumerate(self._inserted.get(place, ()), 1):
                if not added.of:
                    rows[entry.journal_code].append((number, k, added.ecriture.ecriture_id, 1))
        numbers = {}
        for its in rows.values():
            moved = 0
            for number, _, ecriture_id, by in sorted(its):
                moved += by
                if moved or by:
                    numbers[ecriture_id] = number + moved
        return numbers


def letters_of(entry: Ecriture) -> set[tuple[str, str, str]]:
    """Return the lettered groups that an entry belongs to: account, third party, letter."""
    return {_letter(line) for line in entry.lignes if line.ecriture_let}


def _letter(line: Ligne) -> tuple[str, str, str]:
    return line.compte_num, line.comp_aux_num, line.ecriture_let


def _number(entry: Ecriture) -> int:
    found = NUMBER.match(entry.ecriture_num)
    return int(found[2]) if found else 0


def _renumbered(entry: Ecriture, number: int | None) -> Ecriture:
    found = NUMBER.match(entry.ecriture_num)
    if number is None or found is None:
        return entry
    return replace(entry, ecriture_num=f"{found[1]}{str(number).zfill(len(found[2]))}")
