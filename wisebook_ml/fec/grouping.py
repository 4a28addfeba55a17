"""Puts lines together into entries, also where the numbers are of no use.

A FEC is a flat list of lines; which of them make one entry is told by JournalCode and EcritureNum, if the program
that wrote it numbered entries. Lines of an entry need not be adjacent (some ledgers are sorted by account).

How, per journal:

1. *By number.* Lines of one journal and one number are an entry.
2. *By number and date*, where numbers come again (every month, say): of the entries of 1 that have several dates, more
   than half of the parts of one date balance by themselves. An entry none of whose parts balances stays whole: it has
   lines of several dates.
3. *By date, piece and running balance*, where numbers are useless: empty or zero; one number for a whole journal whose
   days balance; numbers of batches, whose days balance and hold many entries; or one number per line, so that most
   lines are in "entries" that do not balance and fewer would be without the numbers. The lines of one date and piece
   that balance together are cut each time their running balance comes back to zero; what is left of the day (entries
   of several pieces) is cut in the same way; what never comes back to zero is kept together by piece.

The decisions of 1 and 2 are votes of many entries, so that one entry corrected does not change the identity of others.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Iterable
from hashlib import sha256
from typing import TypeVar

from msgspec import Struct

from wisebook_ml.fec.parse import Row

__all__ = ["LONGEST_ENTRY", "LONGEST_ID", "Group", "Grouping", "group"]

LONGEST_ENTRY = 100_000
"""Lines an `Ecriture` may have."""

LONGEST_ID = 200
"""Characters of an `ecriture_id`."""

READABLE = 150
"""Characters kept of an id that is longer; a hash of the whole follows."""

BATCH = 1.25
"""Entries found without numbers, per number and day, above which a number that comes again stands for a batch of
entries. Where numbers begin anew every month the ratio is close to 1."""

T = TypeVar("T", bound=Hashable)
Key = tuple[str, ...]
Rows = dict[Key, list[Row]]


class Group(Struct):
    """The lines of one entry, in the order of the file."""

    rows: list[Row]
    key: Key
    """Journal, then what tells the entry apart in it; unique in the file."""
    numbered: bool
    """Whether the entry's number is part of its key."""

    @property
    def first(self) -> Row:
        """The line that the entry takes its journal, number and date from."""
        return self.rows[0]

    @property
    def name(self) -> str:
        """What a person finds the entry by."""
        return " ".join(part for part in (self.first.journal, self.first.num) if part)

    def ecriture_id(self, exercice: str) -> str:
        """Return the identity: `exercice` and key with colons, at most `LONGEST_ID` characters.

        Parameters
        ----------
        exercice : str
            Label of the fiscal year: numbers begin anew in each.
        """
        name = ":".join((exercice, *map(_escape, self.key)))
        if len(name) <= LONGEST_ID:
            return name
        return f"{name[:READABLE]}~{sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


class Grouping(Struct):
    """All entries of a file, by first line, and how they were found."""

    groups: list[Group]
    useless: list[str]
    """Journals that have entries put together without their number."""
    repeated: list[Key]
    """Journal and number of the numbers that come again on other dates."""


def group(rows: list[Row]) -> Grouping:
    """Put accepted lines together into entries (see the module's text).

    Parameters
    ----------
    rows : list of Row
        In the order of the file.
    """
    numbered: Rows = {}
    loose: list[Row] = []
    key: Key
    for row in rows:
        if not row.num.strip("0"):
            loose.append(row)
        elif (lines := numbered.get(key := (row.journal, row.num))) is None:
            numbered[key] = [row]
        else:
            lines.append(row)
    by_journal: dict[str, list[Key]] = {}
    for key in numbered:
        by_journal.setdefault(key[0], []).append(key)
    if len({num for _, num in numbered}) == 1:
        # One number for the whole file: useless everywhere if it is in any journal.
        useless = set(by_journal) if any(map(_by_day, numbered.values())) else set()
    else:
        useless = {journal for journal, keys in by_journal.items() if _useless([numbered[key] for key in keys])}
    for journal in useless:
        for key in by_journal[journal]:
            loose += numbered.pop(key)
    loose.sort(key=lambda row: row.line)
    dated, repeated = _by_date(numbered)
    groups = [Group(lines, key, True) for key, lines in dated.items()]
    groups += _without_numbers(loose)
    groups.sort(key=lambda found: found.first.line)
    return Grouping(
        groups=[part for found in groups for part in _parts(found)],
        useless=sorted({row.journal for row in loose}),
        repeated=repeated,
    )


def _useless(entries: list[list[Row]]) -> bool:
    """Say whether the numbers of one journal do not tell its entries apart."""
    if len(entries) == 1:
        return _by_day(entries[0])
    balanced = sum(len(lines) for lines in entries if _balances(lines))
    total = sum(map(len, entries))
    batches = 2 * sum(map(_by_day, entries)) > len(entries)
    if 2 * balanced >= total and not batches:
        return False
    found = _without_numbers(sorted((row for lines in entries for row in lines), key=lambda row: row.line))
    kept = sum(len(group.rows) for group in found if _balances(group.rows))
    if batches:
        days = sum(len(_cut(lines, _date_of)) for lines in entries)
        return len(found) > BATCH * days and kept >= balanced
    return kept > balanced


def _by_day(lines: list[Row]) -> bool:
    """Say whether lines of one number are several days that (mostly) balance, each by itself."""
    first = lines[0].date
    if all(row.date == first for row in lines):
        return False
    days = _cut(lines, _date_of)
    return 2 * sum(map(_balances, days.values())) > len(days)


def _by_date(entries: Rows) -> tuple[Rows, list[Key]]:
    """Cut the entries whose number comes again on other dates, if numbers do; say which were cut."""
    several: dict[Key, dict[dt.date, list[Row]]] = {}
    for key, lines in entries.items():
        first = lines[0].date
        for row in lines:
            if row.date != first:
                several[key] = _cut(lines, _date_of)
                break
    balanced = sum(_balances(lines) for days in several.values() for lines in days.values())
    if 2 * balanced <= sum(map(len, several.values())):
        return entries, []
    cut = [key for key, days in several.items() if any(map(_balances, days.values()))]
    dated = dict(entries)
    for key in cut:
        del dated[key]
        dated.update({(*key, _compact(day)): rows for day, rows in several[key].items()})
    return dated, cut


def _without_numbers(rows: list[Row]) -> list[Group]:
    """Put lines together by journal, date, piece and running balance."""
    days: dict[tuple[str, dt.date], list[Row]] = {}
    for row in rows:
        days.setdefault((row.journal, row.date), []).append(row)
    entries: list[list[Row]] = []
    for lines in days.values():
        rest: list[Row] = []
        for piece in _cut(lines, _piece_of).values():
            if _balances(piece):
                entries += _runs(piece)
            else:
                rest += piece
        if rest:
            rest.sort(key=lambda row: row.line)
            runs = _runs(rest)
            if not _balances(runs[-1]):
                runs[-1:] = _cut(runs[-1], _piece_of).values()
            entries += runs
    entries.sort(key=lambda lines: lines[0].line)
    groups: list[Group] = []
    ordinals: dict[Key, int] = {}
    for lines in entries:
        # The empty part keeps these keys apart from those by number.
        key: Key = (lines[0].journal, "", _compact(lines[0].date), lines[0].ligne.piece_ref)
        ordinals[key] = ordinals.get(key, 0) + 1
        groups.append(Group(lines, (*key, str(ordinals[key])), False))
    return groups


def _runs(lines: list[Row]) -> list[list[Row]]:
    """Cut lines each time their running balance comes back to zero; lines of no amount go with those before."""
    runs: list[list[Row]] = []
    run: list[Row] = []
    balance, moved = 0, False
    for row in lines:
        run.append(row)
        balance += row.net
        moved = moved or row.net != 0
        if moved and balance == 0:
            runs.append(run)
            run, moved = [], False
    if run and not moved and runs:
        runs[-1] += run
    elif run:
        runs.append(run)
    return runs


def _parts(found: Group) -> Iterable[Group]:
    """Yield an entry, in parts if it is longer than an event may be."""
    if len(found.rows) <= LONGEST_ENTRY:
        yield found
        return
    for start in range(0, len(found.rows), LONGEST_ENTRY):
        part = f"#{start // LONGEST_ENTRY + 1}"
        yield Group(found.rows[start : start + LONGEST_ENTRY], (*found.key, part), found.numbered)


def _cut(lines: list[Row], part_of: Callable[[Row], T]) -> dict[T, list[Row]]:
    parts: dict[T, list[Row]] = {}
    for row in lines:
        parts.setdefault(part_of(row), []).append(row)
    return parts


def _date_of(row: Row) -> dt.date:
    return row.date


def _piece_of(row: Row) -> str:
    return row.ligne.piece_ref


def _balances(lines: list[Row]) -> bool:
    balance = 0
    for row in lines:
        balance += row.net
    return balance == 0


def _compact(date: dt.date) -> str:
    return f"{date.year:04d}{date.month:02d}{date.day:02d}"


def _escape(part: str) -> str:
    """Return a part of an id without colons, which separate the parts."""
    return part.replace("%", "%25").replace(":", "%3A")
