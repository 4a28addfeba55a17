"""Which earlier entry an entry repeats or reverses, and where later ones find it."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import memos_of, places_of
from wisebook_ml.habits.matching import best_duplicate, best_reversal, lines_key
from wisebook_ml.habits.memos import read_id
from wisebook_ml.habits.tables import find
from wisebook_ml.ledger.hashing import mix

__all__ = ["meet_duplicate", "meet_reversal", "place_keys"]

MIN_CENTS = 100_00
"""Entries without a third party below a hundred euros (bank fees, stamps) repeat by nature."""

MAX_LINES = 12
"""Longer entries (payroll, opening) are not looked up by their lines."""

PARTY_PLACE, JOURNAL_PLACE, LINES_PLACE = 11, 12, 13
"""Seeds of the keys under which recent entries are found."""


@compiled
def place_keys(lines: Array, largest: int, company_key: int, journal_key: int) -> tuple[int, int, int]:
    """Return the keys under which an entry is found: as a duplicate, by its lines, and by the lines that reverse it.

    0 where there is none: an entry of nothing, and one of very many lines, is not looked up by its lines.
    """
    most = 0
    for k in range(len(lines)):
        most = max(most, abs(lines[k].net))
    by_lines = lines_key(lines, 1) if len(lines) <= MAX_LINES and most > 0 else 0
    place = 0
    if largest >= 0:
        place = mix(mix(mix(journal_key, PARTY_PLACE), lines[largest].party), lines[largest].net)
    elif by_lines != 0 and most >= MIN_CENTS:
        place = mix(mix(journal_key, JOURNAL_PLACE), by_lines)
    if by_lines == 0:
        return place, 0, 0
    of_company = mix(company_key, LINES_PLACE)
    return place, mix(of_company, by_lines), mix(of_company, lines_key(lines, -1))


@compiled
def meet_duplicate(
    state: Array,
    entry: Array,
    place: int,
    order: int,
    document: int,
    lenient: bool,
    out: Array,
    texts: Array,
    used: Array,
) -> None:
    """Write which earlier entry this one repeats."""
    places = places_of(state)
    here = find(places.slots, places.keys, place)
    if here == 0:
        return
    memo, out.duplicate, out.duplicate_repeats = best_duplicate(state, entry, here, order, document, lenient)
    if memo != 0:
        out.duplicate_days = abs(entry.day - memos_of(state).rows[memo].day)
        out.duplicate_start, out.duplicate_length = _write_id(state, memo, texts, used)


@compiled
def meet_reversal(state: Array, entry: Array, opposite: int, order: int, out: Array, texts: Array, used: Array) -> None:
    """Write which earlier entry this one reverses."""
    places = places_of(state)
    here = find(places.slots, places.keys, opposite)
    if here == 0:
        return
    memo, out.reversal = best_reversal(state, entry, here, order)
    if memo != 0:
        reversed_ = memos_of(state).rows[memo]
        out.reversal_days = entry.day - reversed_.day
        out.reversal_alike = 1.0 if entry.label == reversed_.label else 0.0
        out.reversal_start, out.reversal_length = _write_id(state, memo, texts, used)


@compiled
def _write_id(state: Array, memo: int, texts: Array, used: Array) -> tuple[int, int]:
    """Write the id of a memo's entry where a detection finds it, since its row may be another's soon."""
    start = used[0]
    length = read_id(state, memo, texts, start)
    used[0] += length
    return int(start), length
