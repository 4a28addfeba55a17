"""State in arrays: tables, what lies beside them, and pools; their growth, and their bytes."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from wisebook_ml.compiled import Array, array_at, compiled, directory, place_of
from wisebook_ml.habits.tables import COUNT, SMALLEST_BLOCK, USED, Table, rebuild_slots

__all__ = ["Side", "StateError", "Store", "array_names", "table_at"]

FIRST_ROWS = 64
"""Rows of an empty table."""

BLOCK_CLASSES = 20
"""Classes of blocks: the largest entry has 100,000 lines."""

Side = tuple[str, np.dtype[Any], int]
"""An array beside a table: which, what its items are, and how many there are for each row."""


def array_names(
    rows: Mapping[str, np.dtype[Any]],
    sides: Mapping[str, Side],
    pools: Mapping[str, Mapping[str, np.dtype[Any]]],
) -> list[str]:
    """Return the names of a store's arrays, in the order of its directory."""
    names = [f"{name}.{part}" for name in rows for part in ("slots", "keys", "meta", "rows")]
    names += sides
    for name, parts in pools.items():
        names += [f"{name}.{part}" for part in ("heads", *parts)]
    return names


def table_at(names: Sequence[str], name: str, record: np.dtype[Any]) -> Callable[[Array], Table]:
    """Return a compiled function that returns one table of a directory.

    Parameters
    ----------
    names : sequence of str
        Those of the store's arrays (`array_names`).
    name : str
        The table's.
    record : dtype
        Of its rows.
    """
    slots = array_at(names.index(f"{name}.slots"), np.int32)
    keys = array_at(names.index(f"{name}.keys"), np.int64)
    meta = array_at(names.index(f"{name}.meta"), np.int64)
    rows = array_at(names.index(f"{name}.rows"), record)

    def table(directory: Array) -> Table:
        return Table(slots(directory), keys(directory), meta(directory), rows(directory))

    # One name for one meaning; see `array_at`.
    shape = hashlib.blake2b(repr((record.descr, record.itemsize)).encode(), digest_size=6).hexdigest()
    table.__qualname__ = f"table_{names.index(f'{name}.slots')}_{shape}"
    return compiled(table)


class StateError(ValueError):
    """Bytes that are no state of this version."""


class Store:
    """Arrays that double when they are full.

    Parameters
    ----------
    rows : mapping
        Each table's record.
    sides : mapping
        Arrays beside a table.
    pools : mapping
        Each pool of blocks, with its parts and what their items are.
    """

    def __init__(
        self,
        rows: Mapping[str, np.dtype[Any]],
        sides: Mapping[str, Side],
        pools: Mapping[str, Mapping[str, np.dtype[Any]]],
    ) -> None:
        self._rows, self._sides, self._pools = rows, sides, pools
        self._arrays: dict[str, np.ndarray[Any, Any]] = {}
        self._directory: npt.NDArray[np.int64] | None = None
        self._place = {name: place for place, name in enumerate(array_names(rows, sides, pools))}
        for name, record in rows.items():
            self._arrays[f"{name}.keys"] = np.zeros(FIRST_ROWS, np.int64)
            self._arrays[f"{name}.meta"] = np.array([1, 0, 0], np.int64)
            self._arrays[f"{name}.rows"] = np.zeros(FIRST_ROWS, record)
            self._arrays[f"{name}.slots"] = np.zeros(2 * FIRST_ROWS, np.int32)
        for name, (_, dtype, items) in sides.items():
            self._arrays[name] = np.zeros((FIRST_ROWS, items), dtype)
        for name, parts in pools.items():
            self._arrays[f"{name}.heads"] = np.zeros(BLOCK_CLASSES + 1, np.int64)
            self._arrays[f"{name}.heads"][-1] = SMALLEST_BLOCK  # block 0 is none
            for part, dtype in parts.items():
                self._arrays[f"{name}.{part}"] = np.zeros(FIRST_ROWS, dtype)

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        return self._arrays[name]

    def directory(self) -> npt.NDArray[np.int64]:
        """Return where the arrays lie now, as compiled functions take them; `reserve` and `load` replace arrays."""
        if self._directory is None:
            self._directory = directory([self._arrays[name] for name in self._place])
        return self._directory

    def _replace(self, name: str, array: np.ndarray[Any, Any]) -> None:
        """Have another array stand for one; the directory follows, of which all the rest stays."""
        self._arrays[name] = array
        if self._directory is not None:
            self._directory[self._place[name]] = place_of(array)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, also those not in use yet."""
        return sum(array.nbytes for array in self._arrays.values())

    def count(self, table: str) -> int:
        """Return the rows of a table that are in use."""
        return int(self._arrays[f"{table}.meta"][COUNT])

    def reserve(self, rows: Mapping[str, int], items: Mapping[str, int]) -> None:
        """Make room for so many more rows in each table, and items in each pool.

        Compiled functions do not allocate: they stop before an entry there is no room for.
        """
        for name, more in rows.items():
            meta, capacity = self._arrays[f"{name}.meta"], len(self._arrays[f"{name}.keys"])
            wanted = int(meta[COUNT]) + more + 1
            if wanted > capacity:
                self._grow_table(name, _doubled(capacity, wanted))
        for name, more in items.items():
            first = next(iter(self._pools[name]))
            capacity = len(self._arrays[f"{name}.{first}"])
            wanted = int(self._arrays[f"{name}.heads"][-1]) + more
            if wanted > capacity:
                self._grow_pool(name, _doubled(capacity, wanted))

    def _grow_table(self, name: str, capacity: int) -> None:
        for part in (f"{name}.keys", f"{name}.rows", *(side for side, (of, _, _) in self._sides.items() if of == name)):
            self._replace(part, _longer(self._arrays[part], capacity))
        self._rebuild_slots(name)

    def _rebuild_slots(self, name: str) -> None:
        keys, meta = self._arrays[f"{name}.keys"], self._arrays[f"{name}.meta"]
        slots = np.zeros(2 * len(keys), np.int32)
        if not rebuild_slots(slots, keys, meta):
            raise StateError(f"the free rows of table {name} contradict its counts")
        self._replace(f"{name}.slots", slots)

    def _grow_pool(self, name: str, capacity: int) -> None:
        for part in self._pool_parts(name):
            self._replace(part, _longer(self._arrays[part], capacity))

    def _pool_parts(self, name: str) -> list[str]:
        return [part for part in self._arrays if part.startswith(f"{name}.") and not part.endswith(".heads")]

    def dump(self) -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
        """Return the bytes that make the state, without what is not in use: copies, with a name each."""
        for name in self._place:
            if name.endswith(".slots"):
                continue  # follows from the keys
            # As bytes: a copy of records would leave what lies between their fields to chance.
            yield name, self._arrays[name][: self._used(name)].view(np.uint8).copy()

    def _used(self, name: str) -> int:
        """Return how much of an array is in use."""
        owner, _, part = name.partition(".")
        if part in ("meta", "heads"):
            return len(self._arrays[name])
        if owner in self._pools:
            return int(self._arrays[f"{owner}.heads"][-1])
        table = self._sides[name][0] if name in self._sides else owner
        return int(self._arrays[f"{table}.meta"][USED])

    def load(self, parts: Mapping[str, bytes | memoryview]) -> None:
        """Take the state that was dumped.

        Raises
        ------
        StateError
            Where a part is missing, or has a size that it cannot have or that contradicts another part; the store is
            then of no more use.
        """
        self._directory = None
        lengths = {}
        for name, array in list(self._arrays.items()):
            if name.endswith(".slots"):
                continue
            if name not in parts:
                raise StateError(f"part {name} is missing")
            data = np.frombuffer(parts[name], np.uint8)
            row = array.dtype.itemsize * int(np.prod(array.shape[1:], dtype=np.int64))
            if len(data) % row:
                raise StateError(f"part {name} has {len(data)} bytes, no multiple of {row}")
            filled = data.view(array.dtype).reshape(-1, *array.shape[1:])
            lengths[name] = len(filled)
            if name.endswith((".meta", ".heads")):
                if filled.shape != array.shape:
                    raise StateError(f"part {name} has {len(filled)} numbers, not {len(array)}")
                self._arrays[name] = filled.copy()
            else:
                self._arrays[name] = _longer(filled, _doubled(FIRST_ROWS, len(filled) + 1))
        self._check(lengths)
        for name in self._rows:
            self._rebuild_slots(name)

    def _check(self, lengths: Mapping[str, int]) -> None:
        """Raise `StateError` where parts do not have the length that is in use: compiled code would read past one."""
        for name, length in lengths.items():
            used = self._used(name)
            if used < 1 or length != used:
                raise StateError(f"part {name} has {length} items, but {used} are in use")

    def digest(self) -> str:
        """Return a hash of the state: the same after the same entries, however they came."""
        digest = hashlib.blake2b(digest_size=16)
        for name, array in self.dump():
            digest.update(name.encode())
            digest.update(array.data)
        return digest.hexdigest()


def _doubled(capacity: int, wanted: int) -> int:
    while capacity < wanted:
        capacity *= 2
    return capacity


def _longer(array: np.ndarray[Any, Any], capacity: int) -> np.ndarray[Any, Any]:
    longer = np.zeros((capacity, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer
