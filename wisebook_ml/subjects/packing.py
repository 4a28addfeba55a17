"""What the compiled passes of subjects share: texts in pools of words, lists of rows, and clocks of dates."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.tables import SMALLEST_BLOCK, block_class, release_block, take_block

__all__ = ["CONFIRMATIONS", "STEP_DAYS", "advance", "keep_text", "link", "read_text", "room_for", "unlink", "words_of"]

WORD_BYTES = 8
"""Bytes of a text in one word of its pool."""

STEP_DAYS = 45
"""How far a clock of dates goes on at once: a date further on may be a year that was mistyped."""

CONFIRMATIONS = 5
"""Dates in a row that must lie further on before a clock believes them: books that were closed for a season."""


@compiled
def words_of(length: int) -> int:
    """Return how many words a text of so many bytes takes."""
    return (length + WORD_BYTES - 1) // WORD_BYTES


@compiled
def room_for(length: int) -> int:
    """Return the words of the block that a text of so many bytes is kept in."""
    return SMALLEST_BLOCK << block_class(words_of(length))


@compiled
def keep_text(heads: Array, words: Array, old: int, old_length: int, data: Array, start: int, length: int) -> int:
    """Put a text into a pool in the place of another one; return its block, 0 for no text."""
    if old_length > 0:
        release_block(heads, words, block_class(words_of(old_length)), old)
    if length == 0:
        return 0
    size = words_of(length)
    block = take_block(heads, words, block_class(size))
    for k in range(size):
        words[block + k] = 0
    for k in range(length):
        words[block + k // WORD_BYTES] |= (data[start + k] + 0) << 8 * (k % WORD_BYTES)
    return block


@compiled
def read_text(words: Array, block: int, length: int, out: Array, start: int) -> int:
    """Write a text of a pool into bytes; return where it ends."""
    for k in range(length):
        out[start + k] = (words[block + k // WORD_BYTES] >> 8 * (k % WORD_BYTES)) & 0xFF
    return start + length


@compiled
def link(ends: Array, rows: Array, row: int) -> None:
    """Put a row at the end of a list (its `first` and `last`, and the rows' `before` and `after`)."""
    rows[row].before, rows[row].after = ends.last, 0
    if ends.last != 0:
        rows[ends.last].after = row
    else:
        ends.first = row
    ends.last = row


@compiled
def unlink(ends: Array, rows: Array, row: int) -> None:
    """Take a row out of its list."""
    before, after = rows[row].before, rows[row].after
    if before != 0:
        rows[before].after = after
    else:
        ends.first = after
    if after != 0:
        rows[after].before = before
    else:
        ends.last = before
    rows[row].before, rows[row].after = 0, 0


@compiled
def advance(clock: int, ahead: int, day: int) -> tuple[int, int]:
    """Return a clock of dates after one more date, and how many in a row now lie too far ahead to be believed.

    Examples
    --------
    >>> advance(1000, 0, 1010), advance(1000, 0, 4000), advance(1000, 4, 4000), advance(1000, 4, 990)
    ((1010, 0), (1000, 1), (4000, 0), (1000, 0))
    """
    if clock == 0 or clock < day <= clock + STEP_DAYS:
        return day, 0
    if day <= clock:
        return clock, 0
    if ahead + 1 >= CONFIRMATIONS:
        return day, 0
    return clock, ahead + 1
