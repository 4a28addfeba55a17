"""What books let expect in the evening of each past day, with no more than was known then."""

import datetime as dt
from collections.abc import Iterable

from msgspec.structs import replace

from schemas import Ecriture
from wisebook_ml.fec.exercice import is_opening
from wisebook_ml.treasury.books.expected import Attendus, Due
from wisebook_ml.treasury.books.from_entries import is_cash, latest_entries
from wisebook_ml.treasury.books.item_book import ItemBook, ItemEntry, item_entry
from wisebook_ml.treasury.books.open_items import Party

__all__ = ["attendus_of"]

YEARS_KEPT = 5
"""Years of evenings that are looked at: models learn from no more."""

Coming = list[tuple[int, str, ItemEntry, int]]
"""By the day on which it is known: an entry's id, what counts of it, and its day where it moves money."""


def attendus_of(entries: Iterable[Ecriture], first: dt.date, last: dt.date) -> Attendus:
    """Return what books let expect in each evening between two days, both included.

    An entry counts from the day on which it was made (where that is known), a lettering from its own day: nothing is
    expected before it could be, so that a forecast from a past evening is validated with what was known then.

    Parameters
    ----------
    entries : iterable of Ecriture
        Of one company, all revisions.
    first, last : date
        The evenings; of more than five years, the last ones.
    """
    coming = _coming(entries)
    book, bank, place = ItemBook(), 0, 0
    rows: dict[int, list[Due]] = {}
    begin = max(first.toordinal(), last.toordinal() - 366 * YEARS_KEPT)
    for evening in range(begin, last.toordinal() + 1):
        if dt.date.fromordinal(evening).weekday() >= 5 and evening != last.toordinal():
            continue  # what becomes known on a weekend is known on Monday
        book.reach(evening)
        while place < len(coming) and coming[place][0] <= evening:
            _, ecriture_id, entry, moved = coming[place]
            book.add(ecriture_id, entry)
            bank = max(bank, moved)
            place += 1
        rows[evening] = book.due(bank)
    return Attendus.of(rows)


def _coming(entries: Iterable[Ecriture]) -> Coming:
    """Return entries by the day on which they are known; letterings without a day are of their last line's."""
    found: Coming = []
    last: dict[tuple[Party, str], int] = {}
    for entry in latest_entries(entries):
        one = item_entry(entry, opening=is_opening(entry.journal_code, entry.journal_lib))
        for line in one.lines:
            if line.lettrage:
                last[(line.compte_num, line.comp_aux_num), line.lettrage] = one.day
        if one.lines or one.opening or is_cash(entry):
            found.append((one.made, entry.ecriture_id, one, one.day if is_cash(entry) else 0))

    def dated(one: ItemEntry) -> ItemEntry:
        lines = (
            replace(line, date_let=last[(line.compte_num, line.comp_aux_num), line.lettrage])
            if line.lettrage and not line.date_let
            else line
            for line in one.lines
        )
        return replace(one, lines=tuple(lines))

    return sorted(((known, id_, dated(one), moved) for known, id_, one, moved in found), key=lambda one: one[:2])
