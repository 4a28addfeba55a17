"""What is remembered of recent entries."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.access import id_pool_of, ids_of, memo_document_of, memos_of, queues_of, trace_pool_of
from wisebook_ml.habits.layout import DOCUMENT_BYTES, MAX_MEMOS, MEMOS
from wisebook_ml.habits.matching import unplace_memo
from wisebook_ml.habits.profiles import MAX_LAG, UNKNOWN_LAG
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.tables import block_class, find, insert, release_block, remove, take_block
from wisebook_ml.ledger.facts import NO_LAG

__all__ = ["clipped_lag", "drop_places", "find_memo", "id_words", "read_id", "remember", "write_down"]


WORD_BYTES = 8
"""Of an id in an item of its pool."""


@compiled
def id_words(length: int) -> int:
    """Return how many items of its pool an id takes."""
    return (length + WORD_BYTES - 1) // WORD_BYTES


@compiled
def find_memo(state: Array, key: int) -> int:
    """Return the memo of an entry, 0 where there is none."""
    return find(memos_of(state).slots, memos_of(state).keys, key)


@compiled
def remember(state: Array, company: int, key: int) -> int:
    """Return a new memo for an entry; the company's oldest gives way where there are too many."""
    memos = memos_of(state)
    queue = queues_of(state)[company][MEMOS]
    if queue.count == MAX_MEMOS:
        oldest = dequeue(queue, memos.rows)
        drop_places(state, oldest)
        _drop_blocks(state, oldest)
        remove(memos.slots, memos.keys, memos.meta, oldest)
    memo = insert(memos.slots, memos.keys, memos.meta, key)
    noted = memos.rows[memo]
    noted.lines, noted.id_length = 0, 0
    noted.place, noted.lines_place = 0, 0
    noted.counted, noted.validated, noted.altered = 0, 0, 0
    noted.jump, noted.steps, noted.irregular = 0, 0, 0
    noted.burst, noted.burst_tail, noted.near, noted.near_total = 0, 0, 0, 0
    enqueue(queue, memos.rows, memo)
    return memo


@compiled
def drop_places(state: Array, memo: int) -> None:
    """Make a memo's entry impossible to find: it was replaced, deleted or forgotten."""
    noted = memos_of(state).rows[memo]
    if noted.place != 0:
        unplace_memo(state, noted.place, memo)
    if noted.lines_place != 0:
        unplace_memo(state, noted.lines_place, memo)
    noted.place, noted.lines_place = 0, 0


@compiled
def _drop_blocks(state: Array, memo: int) -> None:
    noted = memos_of(state).rows[memo]
    if noted.lines != 0:
        release_block(trace_pool_of(state).heads, trace_pool_of(state).links, block_class(noted.lines), noted.traces)
        noted.lines = 0
    if noted.id_length != 0:
        words = id_words(noted.id_length)
        release_block(id_pool_of(state).heads, id_pool_of(state).links, block_class(words), noted.id)
        noted.id_length = 0


@compiled
def clipped_lag(lag: int) -> int:
    """Return an entry's delay as habits count it; `UNKNOWN_LAG` where it is not known."""
    if lag == NO_LAG:
        return UNKNOWN_LAG
    return max(-MAX_LAG, min(MAX_LAG, lag))


@compiled
def write_down(state: Array, entry: Array, texts: Array, memo: int, journal: int, author: int, document: int) -> None:
    """Write an entry's present version into its memo, with room for its traces."""
    _drop_blocks(state, memo)
    noted = memos_of(state).rows[memo]
    noted.content = entry.content
    noted.document = document
    noted.label = entry.label
    noted.letters = entry.label_letters
    noted.day = entry.day
    noted.journal = journal
    noted.author = author
    noted.hour = entry.hour
    noted.lag = clipped_lag(entry.lag)
    noted.manual = 1 if entry.manual else 0
    noted.off_day = 1 if entry.off_day else 0
    noted.has_piece = 1 if entry.has_piece else 0
    noted.referenced = 1 if entry.referenced else 0
    if entry.validated:
        noted.validated = 1
    for k in range(DOCUMENT_BYTES):
        memo_document_of(state)[memo, k] = entry.document_text[k]
    noted.lines = entry.lines
    noted.traces = take_block(trace_pool_of(state).heads, trace_pool_of(state).links, block_class(noted.lines))
    noted.id_length = entry.id_length
    words, ids = id_words(noted.id_length), ids_of(state)
    noted.id = take_block(id_pool_of(state).heads, id_pool_of(state).links, block_class(words))
    for k in range(words):
        ids[noted.id + k] = 0
    for k in range(noted.id_length):
        ids[noted.id + k // WORD_BYTES] |= (texts[entry.id_start + k] + 0) << 8 * (k % WORD_BYTES)


@compiled
def read_id(state: Array, memo: int, texts: Array, start: int) -> int:
    """Write the id of a memo's entry into `texts`; return its length."""
    noted, ids = memos_of(state).rows[memo], ids_of(state)
    for k in range(noted.id_length):
        texts[start + k] = (ids[noted.id + k // WORD_BYTES] >> 8 * (k % WORD_BYTES)) & 0xFF
    return int(noted.id_length)
