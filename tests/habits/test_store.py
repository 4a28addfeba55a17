"""Arrays that grow, and their bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.store import StateError, Store
from wisebook_ml.habits.tables import COUNT, SMALLEST_BLOCK, find, insert, release_block, remove, take_block

ROW = np.dtype([("value", np.int64), ("small", np.uint8)], align=True)
"""Seven bytes of it are between fields."""


def small() -> Store:
    return Store(
        {"things": ROW},
        {"beside": ("things", np.dtype(np.int32), 3)},
        {"blocks": {"items": np.dtype("u1"), "links": np.dtype("i4")}},
    )


def put(store: Store, key: int) -> None:
    store.reserve({"things": 1}, {})
    row = insert(store["things.slots"], store["things.keys"], store["things.meta"], key)
    store["things.rows"][row] = (key * 2, key % 256)
    store["beside"][row] = (key, key + 1, key + 2)


def drop(store: Store, key: int) -> None:
    row = find(store["things.slots"], store["things.keys"], key)
    remove(store["things.slots"], store["things.keys"], store["things.meta"], row)


def assert_holds(store: Store, keys: set[int]) -> None:
    assert store.count("things") == len(keys)
    for key in keys:
        row = find(store["things.slots"], store["things.keys"], key)
        assert row > 0
        assert store["things.rows"][row].tolist() == (key * 2, key % 256)
        assert store["beside"][row].tolist() == [key, key + 1, key + 2]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(st.lists(st.integers(0, 10**6), max_size=300), st.integers(1, 7))
def test_growth_and_a_reload_keep_what_there_was(numbers: list[int], every: int) -> None:
    store, keys = small(), set[int]()
    for n, key in enumerate(numbers):
        if key not in keys:
            keys.add(key)
            put(store, key)
        if n % every == 0 and keys:
            keys.remove(gone := min(keys))
            drop(store, gone)
    assert_holds(store, keys)
    again = small()
    again.load(dict(store.dump()))
    assert_holds(again, keys)
    assert again.digest() == store.digest()
    for key in range(-5, 0):
        put(store, key)
        put(again, key)
    assert again.digest() == store.digest(), "also rows that were free are handed out in the same order"
    assert_holds(again, keys | set(range(-5, 0)))


def test_thousands_of_rows_stay_where_they_are() -> None:
    store = small()
    for key in range(5000):
        put(store, key * 977)
    assert_holds(store, {key * 977 for key in range(5000)})
    assert len(store["things.keys"]) == 8192, "doubled, and no more"


def test_room_that_is_not_in_use_is_no_part_of_the_state() -> None:
    tight, roomy = small(), small()
    roomy.reserve({"things": 1000}, {"blocks": 1000})
    for store in (tight, roomy):
        put(store, 7)
        assert take_block(store["blocks.heads"], store["blocks.links"], 2) == SMALLEST_BLOCK
    assert roomy.nbytes > tight.nbytes
    assert roomy.digest() == tight.digest()
    assert sum(len(part) for _, part in roomy.dump()) < 500


def test_what_lies_between_the_fields_of_a_record_does_not_tell_states_apart() -> None:
    one, other = small(), small()
    for store in (one, other):
        put(store, 7)
    assert dict(one.dump()).keys() == dict(other.dump()).keys()
    assert one.digest() == other.digest()


def test_blocks_and_free_blocks_survive_a_reload() -> None:
    store = small()
    store.reserve({}, {"blocks": 200})
    blocks = [take_block(store["blocks.heads"], store["blocks.links"], klass) for klass in (0, 3, 3, 1)]
    store["blocks.items"][blocks[1] : blocks[1] + 16] = 7
    release_block(store["blocks.heads"], store["blocks.links"], 3, blocks[2])
    again = small()
    again.load(dict(store.dump()))
    again.reserve({}, {"blocks": 200})
    assert (again["blocks.items"][blocks[1] : blocks[1] + 16] == 7).all()
    assert take_block(again["blocks.heads"], again["blocks.links"], 3) == blocks[2]


def test_the_directory_follows_arrays_that_were_replaced() -> None:
    store = new_store()
    before = store.directory().copy()
    assert store.directory().tolist() == before.tolist()
    store.reserve({"accounts": 1000}, {"cells": 1000})
    assert store.directory().tolist() != before.tolist()
    assert store["accounts.keys"].ctypes.data in store.directory()[:, 0]
    store.load(dict(store.dump()))
    assert store["accounts.keys"].ctypes.data in store.directory()[:, 0]


@pytest.mark.parametrize("place", range(3))
def test_counts_that_contradict_the_rows_are_refused(place: int) -> None:
    store = small()
    for key in range(10):
        put(store, key)
    drop(store, 4)
    parts = {name: part.tobytes() for name, part in store.dump()}
    small().load(parts)
    for wrong in (-1, 3, 1000, 2**40):
        meta = np.frombuffer(parts["things.meta"], np.int64).copy()
        meta[place] = wrong
        with pytest.raises(StateError):
            small().load(parts | {"things.meta": meta.tobytes()})
    assert meta[COUNT] == 2**40 or place != COUNT
