"""Writing beside the work: never two at a time, and a store that fails is told once and tried again later."""

import errno
import logging
import threading
from collections.abc import Sequence
from itertools import pairwise

import pytest

from wisebook_ml.snapshots import Identity, Limits, PartitionSnapshots, Snapshot, SnapshotStore, SnapshotWriter
from wisebook_ml.snapshots.writer import FIRST_PAUSE, LONGEST_PAUSE

WAIT = 60.0
IDENTITY = Identity("t.entries", "id", 0, "1")


class Store(SnapshotStore):
    """Keeps snapshots in a list; can be slow, and full."""

    def __init__(self) -> None:
        self.place = "/state"
        self.saved: list[tuple[int, list[tuple[str, bytes]]]] = []
        self.full = False
        self.go_on = threading.Event()
        self.go_on.set()

    def save(self, identity: Identity, snapshot: Snapshot) -> int:
        assert self.go_on.wait(WAIT)
        if self.full:
            raise OSError(errno.ENOSPC, "no room for a snapshot of 3.0 MiB in /state (1.0 MiB free)")
        self.saved.append((snapshot.offset, [(name, bytes(content)) for name, content in snapshot.parts.items()]))
        return 3


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class State:
    fingerprint = "1"

    def __init__(self) -> None:
        self.content = bytearray(b"abc")
        self.dumped = 0

    def dump(self) -> Sequence[tuple[str, bytes]]:
        self.dumped += 1
        return [("content", bytes(self.content))]

    def load(self, parts: object) -> None:
        raise AssertionError


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def writer(store: Store, clock: Clock) -> SnapshotWriter:
    return SnapshotWriter(store, clock)


@pytest.fixture
def snapshots(store: Store, writer: SnapshotWriter, clock: Clock) -> PartitionSnapshots:
    return PartitionSnapshots(store, writer, IDENTITY, Limits(records=100, seconds=60), clock)


def saved(store: Store, writer: SnapshotWriter) -> list[int]:
    writer.flush(WAIT)
    return [offset for offset, _ in store.saved]


def test_one_is_due_after_records_or_after_time_with_records(
    snapshots: PartitionSnapshots, store: Store, writer: SnapshotWriter, clock: Clock
) -> None:
    state = State()
    snapshots.scored(99, 99, state)
    assert saved(store, writer) == []
    snapshots.scored(1, 100, state)
    assert saved(store, writer) == [100]
    clock.now += 61
    snapshots.scored(0, 100, state)
    assert saved(store, writer) == [100]
    snapshots.scored(1, 101, state)
    assert saved(store, writer) == [100, 101]
    snapshots.leave(101, state, WAIT)
    assert saved(store, writer) == [100, 101]
    snapshots.scored(1, 102, state)
    snapshots.leave(102, state, WAIT)
    assert saved(store, writer) == [100, 101, 102]


def test_scoring_goes_on_with_the_state_while_its_copy_is_written(
    snapshots: PartitionSnapshots, store: Store, writer: SnapshotWriter
) -> None:
    state = State()
    store.go_on.clear()
    snapshots.scored(100, 100, state)
    state.content[:] = b"xyz"
    snapshots.scored(100, 200, state)  # due, but the last one is still being written
    assert state.dumped == 1
    store.go_on.set()
    assert saved(store, writer) == [100]
    snapshots.scored(1, 201, state)
    assert saved(store, writer) == [100, 201]
    assert store.saved == [(100, [("content", b"abc")]), (201, [("content", b"xyz")])]


def test_who_leaves_waits_for_room_but_not_for_ever(
    snapshots: PartitionSnapshots, store: Store, writer: SnapshotWriter
) -> None:
    state = State()
    store.go_on.clear()
    snapshots.scored(100, 100, state)
    snapshots.scored(1, 101, state)
    snapshots.leave(101, state, 0.05)
    assert state.dumped == 1
    threading.Timer(0.1, store.go_on.set).start()
    snapshots.leave(101, state, WAIT)
    assert saved(store, writer) == [100, 101]


def test_a_full_disk_is_told_once_and_tried_again_later_and_later(
    snapshots: PartitionSnapshots,
    store: Store,
    writer: SnapshotWriter,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    state, offset = State(), 0
    store.full = True
    tried = []
    for _ in range(4000):
        offset += 100
        before = state.dumped
        snapshots.scored(100, offset, state)
        writer.flush(0.001)
        if state.dumped > before:
            writer.claim(WAIT)
            writer.release()
            tried.append(clock.now - 1000)
        clock.now += 1
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    assert pauses[:6] == [FIRST_PAUSE * 2**k if FIRST_PAUSE * 2**k < LONGEST_PAUSE else LONGEST_PAUSE for k in range(6)]
    (told,) = [record for record in caplog.records if record.levelno >= logging.INFO]
    assert told.getMessage() == (
        "the state of t.entries partition 0 is not saved: no room for a snapshot of 3.0 MiB in /state (1.0 MiB free). "
        "Scoring goes on, and snapshots made before are kept; until this is repaired (WISEBOOK_ML_STATE is /state), a "
        "restart reads more of the topic again. Tried again in 30 s, and told when it works"
    )

    store.full = False
    caplog.clear()
    clock.now += LONGEST_PAUSE
    snapshots.scored(1, offset + 1, state)
    assert saved(store, writer) == [offset + 1]
    assert "snapshots of state are written again" in caplog.text


def test_who_leaves_tries_even_after_a_failure(
    snapshots: PartitionSnapshots, store: Store, writer: SnapshotWriter
) -> None:
    state = State()
    store.full = True
    snapshots.scored(100, 100, state)
    writer.flush(WAIT)
    store.full = False
    snapshots.scored(1, 101, state)
    snapshots.leave(101, state, WAIT)
    assert saved(store, writer) == [101]


def test_a_failed_snapshot_counts_as_none(snapshots: PartitionSnapshots, store: Store, writer: SnapshotWriter) -> None:
    state = State()
    store.full = True
    snapshots.scored(100, 100, state)
    writer.flush(WAIT)
    store.full = False
    snapshots.leave(100, state, WAIT)  # nothing came since, but nothing was saved either
    assert saved(store, writer) == [100]
