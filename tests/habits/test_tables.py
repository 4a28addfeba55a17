"""Hash tables, queues and pools against a dictionary, a deque and a list."""

import random
from collections import deque

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.habits.layout import ENTRY, QUEUE
from wisebook_ml.habits.queues import dequeue, enqueue
from wisebook_ml.habits.store import BLOCK_CLASSES
from wisebook_ml.habits.tables import (
    COUNT,
    SMALLEST_BLOCK,
    USED,
    block_class,
    find,
    free_rows,
    insert,
    rebuild_slots,
    release_block,
    remove,
    take_block,
)

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=150)
CAPACITY = 16

KEYS = st.builds(
    lambda home, lap: home + lap * 2 * CAPACITY, st.sampled_from([0, 1, 2, 29, 30, 31]), st.integers(-3, 3)
)
"""Keys that crowd into a few slots, at both ends of the table."""


class Table:
    """A hash table with a dictionary beside it."""

    def __init__(self, capacity: int) -> None:
        self.keys, self.meta = np.zeros(capacity, np.int64), np.array([1, 0, 0], np.int64)
        self.slots = np.zeros(2 * capacity, np.int32)
        self.plain: dict[int, int] = {}

    def find(self, key: int) -> int:
        return find(self.slots, self.keys, key)

    def insert(self, key: int) -> None:
        self.plain[key] = insert(self.slots, self.keys, self.meta, key)

    def remove(self, key: int) -> None:
        remove(self.slots, self.keys, self.meta, self.plain.pop(key))

    def check(self, *keys: int) -> None:
        rows = list(self.plain.values())
        assert len(set(rows)) == len(rows)
        assert all(0 < row < self.meta[USED] for row in rows)
        assert self.meta[COUNT] == len(rows) == np.count_nonzero(self.slots)
        assert free_rows(self.keys, self.meta) == len(self.keys) - 1 - len(rows)
        for key in {*keys, *self.plain}:
            assert self.find(key) == self.plain.get(key, 0)


@REPEATABLE
@given(st.lists(KEYS, max_size=60))
def test_a_table_is_a_dictionary(keys: list[int]) -> None:
    """Each key in turn is put in where it is not, and taken out where it is."""
    table = Table(CAPACITY)
    for key in keys:
        if key in table.plain:
            table.remove(key)
        elif free_rows(table.keys, table.meta):
            table.insert(key)
        table.check(*keys)
    rebuild_slots(slots := np.zeros_like(table.slots), table.keys, table.meta)
    table.slots = slots
    table.check(*keys)


def test_a_full_table_finds_all_its_keys_and_no_others() -> None:
    order = random.Random(1)
    table = Table(1024)
    keys = [order.randrange(-(2**63), 2**63) for _ in range(5000)]
    for key in keys:
        if not free_rows(table.keys, table.meta):
            table.remove(order.choice(list(table.plain)))
        table.insert(key)
    assert free_rows(table.keys, table.meta) == 0
    table.check(*keys)


@REPEATABLE
@given(st.lists(st.booleans(), max_size=60))
def test_a_queue_gives_back_what_came_first(steps: list[bool]) -> None:
    rows, queue = np.zeros(70, ENTRY), np.zeros(1, QUEUE)[0]
    plain: deque[int] = deque()
    for row, put in enumerate(steps, 1):
        if put:
            enqueue(queue, rows, row)
            plain.append(row)
        elif plain:
            assert dequeue(queue, rows) == plain.popleft()
        assert queue["count"] == len(plain)
        assert (queue["first"], queue["last"]) == ((plain[0], plain[-1]) if plain else (0, 0))


@REPEATABLE
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), max_size=80))
def test_blocks_never_overlap_and_are_used_again(steps: list[tuple[bool, int]]) -> None:
    heads, links = np.zeros(BLOCK_CLASSES + 1, np.int64), np.zeros(8192, np.int32)
    heads[-1] = SMALLEST_BLOCK
    taken: list[tuple[int, int]] = []
    most = dict.fromkeys(range(6), 0)
    for give_back, klass in steps:
        if give_back and taken:
            block, klass = taken.pop(klass % len(taken))
            release_block(heads, links, klass, block)
        else:
            taken.append((take_block(heads, links, klass), klass))
            links[taken[-1][0] : taken[-1][0] + (SMALLEST_BLOCK << klass)] = -1  # what a block holds is its owner's
        items = [item for block, size in taken for item in range(block, block + (SMALLEST_BLOCK << size))]
        assert len(items) == len(set(items))
        assert 0 not in items
        assert max(items, default=0) < heads[-1]
        for size in most:
            most[size] = max(most[size], sum(other == size for _, other in taken))
    assert heads[-1] == SMALLEST_BLOCK + sum(count * (SMALLEST_BLOCK << size) for size, count in most.items())


@REPEATABLE
@given(st.integers(0, 100_000))
def test_a_class_is_the_smallest_that_holds_so_much(items: int) -> None:
    klass = block_class(items)
    assert SMALLEST_BLOCK << klass >= items
    assert klass == 0 or SMALLEST_BLOCK << (klass - 1) < items
    assert klass < BLOCK_CLASSES
