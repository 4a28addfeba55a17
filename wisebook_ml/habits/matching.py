"""Finding the earlier entry that a later one repeats or reverses.

Recent entries (their memos) are found under keys: by third party, journal, side and amount; entries without a third
party by the accounts and amounts of their lines; and reversals by the same with the sides exchanged.
"""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import memo_document_of, memos_of, pieces_of, place_memos_of, places_of, queues_of
from wisebook_ml.habits.layout import CANDIDATES, DOCUMENT_BYTES, MAX_PIECES, PIECES
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import find, insert, remove
from wisebook_ml.ledger.hashing import mix

__all__ = ["best_duplicate", "best_reversal", "document_of", "largest_party", "lines_key", "place_memo", "unplace_memo"]

HABIT = 3
"""Equal amounts of one third party from which they are a habit, where two of them came within `NEAR_DAYS`: a weekly
delivery. A rent that comes twice in one week is none."""

SHARED = 1
"""Holder of a reference that several third parties have; a hash is that by a chance of one in 2^64."""

SAME_PIECE_DAYS = 400
"""The same invoice number of one supplier is a duplicate within a fiscal year and its closing period."""

NEAR_DAYS = 7
"""Two equal amounts within a week are a duplicate unless they are a habit (reciprocal window in use elsewhere)."""

REVERSAL_DAYS = 15
"""A reversal this soon after the entry has not waited for anybody's review."""

CERTAIN, LIKELY, POSSIBLE = 1.0, 0.8, 0.4
"""Strength of a duplicate: same document; near date and no document to tell apart; near date, other document."""


@compiled
def largest_party(lines: Array) -> int:
    """Return the largest line of an entry with a third party, -1 where there is none or it is of nothing."""
    best, most = -1, 0
    for k in range(len(lines)):
        if lines[k].party != 0 and abs(lines[k].net) > most:
            best, most = k, abs(lines[k].net)
    return best


@compiled
def lines_key(lines: Array, sign: int) -> int:
    """Return a hash of the accounts and amounts of an entry's lines, in whatever order; `sign` -1: of its reversal."""
    total = 0
    for k in range(len(lines)):
        total += mix(mix(3, lines[k].account), sign * lines[k].net)
    return total


@compiled
def document_of(state: Array, entry: Array, company: int, company_key: int, holder: int) -> int:
    """Return the reference that names the entry's document; 0 where it names several or none.

    A bank statement's reference, a month or a word ("LOYER") is shared by many entries: it tells none apart.
    """
    document = entry.document
    if document == 0:
        return 0
    pieces = pieces_of(state)
    key = mix(mix(company_key, entry.journal), document)
    row = find(pieces.slots, pieces.keys, key)
    if row == 0:
        queue = queues_of(state)[company][PIECES]
        if queue.count == MAX_PIECES:
            remove(pieces.slots, pieces.keys, pieces.meta, dequeue(queue, pieces.rows))
        row = insert(pieces.slots, pieces.keys, pieces.meta, key)
        pieces.rows[row].holder = holder
        enqueue(queue, pieces.rows, row)
    elif pieces.rows[row].holder != holder:
        pieces.rows[row].holder = SHARED
        return 0
    return int(document)


@compiled
def best_duplicate(
    state: Array, entry: Array, place: int, order: int, document: int, lenient: bool
) -> tuple[int, float, int]:
    """Return the best earlier match among the memos of a place.

    Parameters
    ----------
    order : int
        The entry's place among the company's; only earlier ones are matches.
    document : int
        As `document_of` tells.
    lenient : bool
        For entries without a third party, which repeat more by nature.

    Returns
    -------
    memo : int
        Its row, 0 where there is none.
    value : float
        How surely it matches.
    repeats : int
        Earlier entries with the same third party and amount, whether they match or not.
    """
    memos = memos_of(state).rows
    repeats, in_pairs, near = _repeats(state, place, order)
    habitual = (repeats >= HABIT and near) or in_pairs
    best, value = 0, 0.0
    for c in range(places_of(state).rows[place].count):
        memo = place_memos_of(state)[place, c]
        other = memos[memo]
        if other.order >= order:
            continue
        days = abs(entry.day - other.day)
        same_document = document != 0 and document == other.document
        alike = _alike(entry.document_text, memo_document_of(state)[memo])
        if same_document and days <= (NEAR_DAYS if lenient else SAME_PIECE_DAYS):
            same = entry.label_letters == other.letters and not in_pairs
            found = CERTAIN if same else POSSIBLE
        elif days > NEAR_DAYS:
            continue
        elif document != 0 and other.document != 0 and not same_document and not alike:
            found = POSSIBLE
        else:
            apart = (lenient and entry.label != other.label) or (not alike and _numbered_apart(entry, other))
            found = POSSIBLE if habitual or apart else LIKELY
        if found > value:
            best, value = memo, found
    return best, value, repeats


@compiled
def _numbered_apart(entry: Array, other: Array) -> bool:
    """Return whether the numbers in their labels, and nothing else in them, tell two entries apart.

    Two debits of one day pay two invoices of one amount where the bank's texts name two; a payment that is made twice
    names the same one.
    """
    numbered = entry.label != entry.label_letters and other.label != other.letters
    return bool(numbered and entry.label != other.label and entry.label_letters == other.letters)


@compiled
def _repeats(state: Array, place: int, order: int) -> tuple[int, bool, bool]:
    """Return how many earlier memos a place has, whether two came on one day (two subscriptions), and whether near."""
    memos = memos_of(state).rows
    repeats, in_pairs, near = 0, False, False
    for c in range(places_of(state).rows[place].count):
        other = memos[place_memos_of(state)[place, c]]
        if other.order >= order:
            continue
        repeats += 1
        for d in range(c):
            before = memos[place_memos_of(state)[place, d]]
            if before.order < order:
                in_pairs |= before.day == other.day
                near |= abs(before.day - other.day) <= NEAR_DAYS
    return repeats, in_pairs, near


@compiled
def best_reversal(state: Array, entry: Array, place: int, order: int) -> tuple[int, float]:
    """Return the memo of the soonest reversed entry (0: none), and how soon: 1 on the same day, 1/2 at the limit."""
    best, value = 0, 0.0
    for c in range(places_of(state).rows[place].count):
        memo = place_memos_of(state)[place, c]
        other = memos_of(state).rows[memo]
        days = entry.day - other.day
        if other.order < order and 0 <= days <= REVERSAL_DAYS:
            found = 1.0 - days / (2 * REVERSAL_DAYS)
            if found > value + 1e-9:
                best, value = memo, found
    return best, value


@compiled
def place_memo(state: Array, key: int, memo: int) -> None:
    """Make a memo findable under a key. The oldest of too many under one key gives way."""
    places = places_of(state)
    place = find(places.slots, places.keys, key)
    if place == 0:
        place = insert(places.slots, places.keys, places.meta, key)
        places.rows[place].count = 0
    here = place_memos_of(state)[place]
    count = places.rows[place].count
    if count == CANDIDATES:
        for c in range(1, CANDIDATES):
            here[c - 1] = here[c]
        count -= 1
    here[count] = memo
    places.rows[place].count = count + 1


@compiled
def unplace_memo(state: Array, key: int, memo: int) -> None:
    """Take a memo away from under a key, where it still is there; a place without memos is freed."""
    places = places_of(state)
    place = find(places.slots, places.keys, key)
    if place == 0:
        return
    here, kept = place_memos_of(state)[place], 0
    for c in range(places.rows[place].count):
        if here[c] != memo:
            here[kept] = here[c]
            kept += 1
    places.rows[place].count = kept
    if kept == 0:
        remove(places.slots, places.keys, places.meta, place)


@compiled
def _alike(one: Array, other: Array) -> bool:
    """Return whether two references differ by two neighbours swapped, or one goes on where the other ends."""
    first, at, differ = -1, 0, 0
    for k in range(DOCUMENT_BYTES):
        if one[k] == 0 or other[k] == 0:
            if one[k] != other[k]:
                return differ == 0  # a prefix
            break
        if one[k] != other[k]:
            differ += 1
            if differ == 1:
                first = k
            at = k
    if differ != 2 or at != first + 1:
        return False
    return bool(one[first] == other[at] and one[at] == other[first])
