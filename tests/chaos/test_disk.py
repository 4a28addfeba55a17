"""No room left for snapshots."""

import errno
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.acceptance.deployment import Deployment
from wisebook_ml.snapshots import Identity, Snapshot, SnapshotStore

from .proof import assert_lag_free, assert_snapshots_true, assert_undisturbed
from .stream import Feed, make_stream
from .workers import OFTEN, Supervised, eventually, files_of, working

pytestmark = pytest.mark.chaos

SIZE = "64m"
"""Of the disk: room for all snapshots of the test, of all eight partitions."""

BLOCK = 64 * 1024

FAST, SLOWLY = 500.0, 20.0
"""Records a second; slowly where a worker waits half a minute before it tries again, and is to have work then."""

COMPLAINT = "is not saved: no room for a snapshot of "
REPAIRED = "snapshots of state are written again"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a tmpfs cannot be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Leave no room on a disk; return the file that takes it."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(BLOCK))
    with filler.open("ab", buffering=0) as file:
        try:
            while True:
                file.write(b"x")
        except OSError as error:
            assert error.errno == errno.ENOSPC
    return filler


def newest(disk: Path) -> list[str]:
    """Return the names of all snapshots."""
    return [str(path) for path in files_of(disk, ".state")]


def test_what_killed_workers_left_does_not_fill_the_disk_for_ever(disk: Path) -> None:
    """Fill the disk with what a worker had half written when it was killed.

    Checked: the first attempt to write a snapshot fails and clears that away, and the next one succeeds.
    """
    store, identity = SnapshotStore(str(disk / "state")), Identity("entries", "id", 0, "1")
    store.save(identity, Snapshot(100, {"part": b"one"}))
    left = fill(disk).rename(disk / f"state/entries/0/{200:020d}.state-0123abcd.writing")
    with pytest.raises(OSError, match="no room for a snapshot"):
        store.save(identity, Snapshot(300, {"part": bytes(BLOCK)}))
    assert not left.exists()
    store.save(identity, Snapshot(400, {"part": bytes(BLOCK)}))
    assert [offset for offset, _ in store.newest(identity, -1, 1000)] == [400, 100]


def test_a_full_disk_costs_snapshots_and_nothing_else(deployment: Deployment, disk: Path) -> None:
    """Fill the disk that snapshots are kept on, kill the worker while it is full, then make room again.

    Checked: scoring goes on; each worker complains once, in plain words; the snapshots from before stay, are whole and
    are what the killed worker's successor starts from; snapshots are written again by themselves once there is room,
    and the log says so; nothing half-written has a snapshot's name at any time; all invariants.
    """
    deployment.settings = deployment.settings.model_copy(update={"state": str(disk / "state")})
    records = make_stream(deployment, entries=500)
    env = {**OFTEN, "WISEBOOK_ML_STATE": str(disk / "state")}
    with Feed(deployment, records, per_second=FAST) as feed, Supervised(deployment, **env) as scoring:
        feed.up_to(0.3)
        eventually(lambda: len(newest(disk)) > 0, "first snapshots")
        feed.up_to(0.5)
        eventually(lambda: fill(disk).exists() and COMPLAINT in scoring.log, "a complaint")
        filler = fill(disk)  # what was being written has left some room
        eventually(working(deployment), "scoring goes on")
        before = newest(disk)
        assert assert_snapshots_true(deployment) > 0

        scoring.kill()
        assert newest(disk) == before
        feed.up_to(0.7)
        second = scoring.worker.log
        eventually(lambda: COMPLAINT in second.read_text(), "a complaint of the next one")
        eventually(lambda: " bytes) loaded in " in second.read_text(), "a recovery from a snapshot from before")
        assert assert_snapshots_true(deployment) > 0

        filler.unlink()
        feed.pace(SLOWLY)
        feed.up_to(0.9)
        eventually(lambda: REPAIRED in scoring.log, "snapshots are written again")
        feed.pace(FAST)
        feed.finish()
        assert_lag_free(deployment)
        assert scoring.stop() == 0
    assert scoring.statuses == [-9]
    assert scoring.log.count(COMPLAINT) == 2
    assert scoring.log.count(REPAIRED) == 1
    assert "is ignored" not in scoring.log
    assert_undisturbed(deployment)
