"""Hash tables and block pools over plain arrays: what habits are kept in.

Arrays instead of objects, for three reasons: compiled code reads them, a row takes a tenth of the memory of a Python
object, and a snapshot is their bytes. Row and block 0 stand for "none": nothing is ever stored there, so that what is
not found reads as zeros.
"""

from typing import Any, NamedTuple

import numpy as np

from wisebook_ml.compiled import Array, compiled

__all__ = [
    "COUNT",
    "FREE",
    "SMALLEST_BLOCK",
    "USED",
    "Pool",
    "Table",
    "block_class",
    "find",
    "free_rows",
    "insert",
    "rebuild_slots",
    "release_block",
    "remove",
    "take_block",
]

USED, FREE, COUNT = 0, 1, 2
"""Places in `Table.meta`: the next row never used, the first free row (0: none), the rows in use."""

SMALLEST_BLOCK = 2
"""Items of a block of class 0; each class is twice the size of the one before."""


class Table(NamedTuple):
    """Rows found by a 64-bit key (open addressing, linear probing).

    Attributes
    ----------
    slots : ndarray of int32, shape (2 ** k,)
        The row of each slot, 0 where it is empty; at most half are in use.
    keys : ndarray of int64, shape (capacity,)
        Each row's key; of a free row, the next free one.
    meta : ndarray of int64, shape (3,)
        `USED`, `FREE`, `COUNT`.
    rows : ndarray of records, shape (capacity,)
        What is kept.
    """

    slots: Any
    keys: Any
    meta: Any
    rows: Any


class Pool(NamedTuple):
    """Blocks of items, each of a size class.

    Attributes
    ----------
    heads : ndarray of int64, shape (classes + 1,)
        First free block of each class (0: none), then the next item never used.
    links : ndarray of integers, shape (capacity,)
        At the first item of a free block, the next free one: a field of the items, which a free block has no use for.
    """

    heads: Any
    links: Any


@compiled
def find(slots: Array, keys: Array, key: int) -> int:
    """Return the row of a key, 0 where there is none."""
    mask = len(slots) - 1
    at = key & mask
    row = slots[at]
    while row != 0 and keys[row] != key:
        at = (at + 1) & mask
        row = slots[at]
    return int(row)


@compiled
def insert(slots: Array, keys: Array, meta: Array, key: int) -> int:
    """Return a row for a key that has none yet; what it held before is the caller's to clear."""
    row = meta[FREE]
    if row != 0:
        meta[FREE] = keys[row]
    else:
        row = meta[USED]
        meta[USED] += 1
    keys[row] = key
    meta[COUNT] += 1
    mask = len(slots) - 1
    at = key & mask
    while slots[at] != 0:
        at = (at + 1) & mask
    slots[at] = row
    return int(row)


@compiled
def remove(slots: Array, keys: Array, meta: Array, row: int) -> None:
    """Free a row; those that were pushed past it move up (Knuth, TAOCP 3, 6.4, algorithm R)."""
    mask = len(slots) - 1
    hole = keys[row] & mask
    while slots[hole] != row:
        hole = (hole + 1) & mask
    at = (hole + 1) & mask
    while slots[at] != 0:
        home = keys[slots[at]] & mask
        if ((at - home) & mask) >= ((at - hole) & mask):
            slots[hole] = slots[at]
            hole = at
        at = (at + 1) & mask
    slots[hole] = 0
    keys[row] = meta[FREE]
    meta[FREE] = row
    meta[COUNT] -= 1


@compiled
def free_rows(keys: Array, meta: Array) -> int:
    """Return how many rows can be inserted before the table must grow."""
    return int(len(keys) - 1 - meta[COUNT])


@compiled
def block_class(items: int) -> int:
    """Return the smallest class whose blocks hold so many items."""
    size, klass = SMALLEST_BLOCK, 0
    while size < items:
        size *= 2
        klass += 1
    return klass


@compiled
def take_block(heads: Array, links: Array, klass: int) -> int:
    """Return a block of a class; its items are as they were left."""
    block = heads[klass]
    if block != 0:
        heads[klass] = links[block]
    else:
        block = heads[-1]
        heads[-1] += SMALLEST_BLOCK << klass
    return int(block)


@compiled
def release_block(heads: Array, links: Array, klass: int, block: int) -> None:
    """Give a block back."""
    links[block] = heads[klass]
    heads[klass] = block


@compiled
def rebuild_slots(slots: Array, keys: Array, meta: Array) -> bool:
    """Fill empty slots anew from the rows in use; return False where free rows and counts contradict each other."""
    used = np.ones(meta[USED], np.bool_)
    used[0] = False
    row, rows = meta[FREE], meta[USED] - 1
    while row != 0:
        if row < 0 or row >= meta[USED] or not used[row]:
            return False
        used[row] = False
        rows -= 1
        row = keys[row]
    if rows != meta[COUNT]:
        return False
    mask = len(slots) - 1
    for row in range(1, meta[USED]):
        if used[row]:
            at = keys[row] & mask
            while slots[at] != 0:
                at = (at + 1) & mask
            slots[at] = row
    return True
