"""Snapshots in a folder: whole or not there, the newest kept, and nothing that is not ours."""

import errno
import io
import logging
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from wisebook_ml.settings import Settings, SettingsError
from wisebook_ml.snapshots import BadSnapshot, Buffer, Identity, Snapshot, SnapshotStore
from wisebook_ml.snapshots.format import read_header, read_snapshot, write_snapshot
from wisebook_ml.snapshots.store import KEPT

IDENTITY = Identity("wisebook.entries", "0f4e1c36-0000-4000-8000-000000000001", 3, "format 1")
LAST = 1 << 62


def state(size: int = 1000) -> dict[str, Buffer]:
    return {
        "numbers": np.arange(size).view(np.uint8),
        "nothing": np.zeros((0, 2), np.uint8),
        "text": memoryview(b"abc"),
    }


def written(snapshot: Snapshot, identity: Identity = IDENTITY) -> bytes:
    file = io.BytesIO()
    size = write_snapshot(file, identity, snapshot)
    assert size == len(file.getvalue())
    return file.getvalue()


def offsets(store: SnapshotStore, identity: Identity = IDENTITY, after: int = 0, at_most: int = LAST) -> list[int]:
    return [offset for offset, _ in store.newest(identity, after, at_most)]


class TestFormat:
    def test_parts_come_back_as_they_were_and_belong_to_the_reader(self) -> None:
        content = written(Snapshot(17, state()))
        offset, parts = read_snapshot(io.BytesIO(content), len(content), IDENTITY)
        assert (offset, Snapshot(offset, parts).size) == (17, 8003)
        assert list(parts) == list(state())
        assert all(bytes(part) == bytes(state()[name]) for name, part in parts.items())
        numbers = np.frombuffer(parts["numbers"], dtype=np.int64)
        numbers[0] = 7  # may be written to, without being copied
        assert read_header(io.BytesIO(content)).offset == 17

    def test_no_byte_may_differ(self) -> None:
        content = written(Snapshot(17, state(20)))
        for position in range(len(content)):
            wrong = content[:position] + bytes([content[position] ^ 0x10]) + content[position + 1 :]
            with pytest.raises(BadSnapshot):
                read_snapshot(io.BytesIO(wrong), len(wrong), IDENTITY)

    def test_no_byte_may_be_missing_or_added(self) -> None:
        content = written(Snapshot(17, state(20)))
        for wrong in [*(content[:length] for length in range(len(content))), content + b"\0"]:
            with pytest.raises(BadSnapshot):
                read_snapshot(io.BytesIO(wrong), len(wrong), IDENTITY)

    @pytest.mark.parametrize(
        ("field", "value", "told"),
        [
            ("topic", "other.entries", "another topic: 'other.entries', not 'wisebook.entries'"),
            ("topic_id", "x", "deleted and created again"),
            ("partition", 4, "another partition: 4, not 3"),
            ("fingerprint", "format 2", "another version of the program, or other settings: 'format 2'"),
        ],
    )
    def test_of_something_else(self, field: str, value: object, told: str) -> None:
        other = Identity(**{**{name: getattr(IDENTITY, name) for name in IDENTITY.__struct_fields__}, field: value})
        content = written(Snapshot(17, state()), other)
        with pytest.raises(BadSnapshot, match=told):
            read_snapshot(io.BytesIO(content), len(content), IDENTITY)


class TestStore:
    @pytest.fixture(params=["path", "memory"])
    def store(self, request: pytest.FixtureRequest, tmp_path: Path) -> SnapshotStore:
        return SnapshotStore(str(tmp_path / "state") if request.param == "path" else f"memory://{tmp_path}")

    def test_the_newest_within_a_stretch_come_first(self, store: SnapshotStore) -> None:
        assert offsets(store) == []
        for offset in (100, 9, 2000):
            assert store.save(IDENTITY, Snapshot(offset, state())) > 8000
        assert offsets(store) == [2000, 100, 9]
        assert offsets(store, at_most=2000) == [2000, 100, 9]
        assert offsets(store, at_most=1999) == [100, 9]
        assert offsets(store, after=9, at_most=1999) == [100]

    def test_only_the_newest_are_kept(self, store: SnapshotStore) -> None:
        for offset in range(1, 8):
            store.save(IDENTITY, Snapshot(offset, state()))
        assert offsets(store) == [7, 6, 5]
        assert KEPT == 3
        store.save(IDENTITY, Snapshot(7, state()))
        assert offsets(store) == [7, 6, 5]

    def test_a_rewound_group_keeps_what_it_writes(self, store: SnapshotStore) -> None:
        for offset in (100, 200, 300):
            store.save(IDENTITY, Snapshot(offset, state()))
        store.save(IDENTITY, Snapshot(10, state()))
        assert offsets(store) == [300, 200, 100, 10]
        assert store.ahead(IDENTITY, 150) == 2
        for offset in (20, 30, 40):
            store.save(IDENTITY, Snapshot(offset, state()))
        assert offsets(store) == [300, 200, 100, 40, 30, 20]
        store.save(IDENTITY, Snapshot(5, state()))  # rewound once more
        assert offsets(store) == [300, 200, 100, 5]
        for offset in (50, 150):
            store.save(IDENTITY, Snapshot(offset, state()))
        assert offsets(store) == [300, 200, 150, 100, 50]
        for offset in (250, 350):
            store.save(IDENTITY, Snapshot(offset, state()))
        assert offsets(store) == [350, 300, 250]

    def test_another_version_has_one_left_for_the_way_back(self, store: SnapshotStore) -> None:
        new, newest = (
            Identity(IDENTITY.topic, IDENTITY.topic_id, IDENTITY.partition, fingerprint)
            for fingerprint in ("format 2", "format 3")
        )
        for offset in (100, 200, 300):
            store.save(IDENTITY, Snapshot(offset, state()))
        for offset in (310, 320, 330, 340):
            store.save(new, Snapshot(offset, state()))
            store.save(new, Snapshot(offset, state()))
            assert offsets(store) == [300]
        assert offsets(store, new) == [340, 330, 320]
        store.save(newest, Snapshot(350, state()))
        assert (offsets(store), offsets(store, new), offsets(store, newest)) == ([], [340], [350])
        store.save(new, Snapshot(360, state()))  # back again
        assert (offsets(store, new), offsets(store, newest)) == ([360, 340], [350])

    def test_partitions_are_kept_apart(self, store: SnapshotStore) -> None:
        other = Identity(IDENTITY.topic, IDENTITY.topic_id, 4, IDENTITY.fingerprint)
        store.save(other, Snapshot(9, state()))
        store.save(IDENTITY, Snapshot(8, state()))
        assert (offsets(store), offsets(store, other)) == ([8], [9])

    def test_what_is_of_something_else_is_neither_used_nor_in_the_way(self, store: SnapshotStore) -> None:
        old = Identity(IDENTITY.topic, "deleted", IDENTITY.partition, IDENTITY.fingerprint)
        for offset in (1000, 2000, 3000):
            store.save(old, Snapshot(offset, state()))
        assert offsets(store) == []
        store.save(IDENTITY, Snapshot(5, state()))
        assert offsets(store) == [5]
        assert offsets(store, old) == []  # nobody will want them


class TestFolder:
    def test_a_write_that_fails_leaves_nothing(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        store = SnapshotStore(str(tmp_path))
        store.save(IDENTITY, Snapshot(1, state()))
        monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "the disk is broken")))
        with pytest.raises(OSError, match="the disk is broken"):
            store.save(IDENTITY, Snapshot(2, state()))
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["00000000000000000001.state"]
        assert offsets(store) == [1]

    def test_what_a_crash_left_is_not_used_and_removed_later(self, tmp_path: Path) -> None:
        store = SnapshotStore(str(tmp_path))
        store.save(IDENTITY, Snapshot(1, state()))
        (folder,) = [path.parent for path in tmp_path.rglob("*.state")]
        (folder / f"{5:020d}.state-0123abcd.writing").write_bytes(b"half")
        (folder / f"{9:020d}.state-0123abcd.writing").write_bytes(b"another process may be at it")
        (folder / "README").write_text("not ours")
        assert offsets(store) == [1]
        store.save(IDENTITY, Snapshot(6, state()))
        assert sorted(path.name for path in folder.iterdir()) == [
            "00000000000000000001.state",
            "00000000000000000006.state",
            "00000000000000000009.state-0123abcd.writing",
            "README",
        ]

    def test_a_folder_that_cannot_be_read_is_as_good_as_none(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / IDENTITY.topic).write_text("a file in the way")
        assert offsets(SnapshotStore(str(tmp_path))) == []

    def test_a_folder_that_cannot_be_written_is_told_at_once(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        SnapshotStore(str(tmp_path / "new" / "state")).check()
        assert caplog.text == ""
        assert list((tmp_path / "new" / "state").iterdir()) == []
        (tmp_path / "file").write_text("in the way")
        SnapshotStore(str(tmp_path / "file")).check()
        (told,) = caplog.messages
        assert told.startswith(f"snapshots cannot be written to {tmp_path / 'file'} (WISEBOOK_ML_STATE): ")

    def test_memory_is_no_place_to_recover_from(self, caplog: pytest.LogCaptureFixture) -> None:
        SnapshotStore("memory://state").check()
        (told,) = caplog.messages
        assert "nothing can be recovered from them" in told

    def test_a_password_is_not_told(self) -> None:
        assert SnapshotStore("memory://me:secret@state").place == "memory://state"

    def test_settings_name_it(self, tmp_path: Path) -> None:
        assert Settings(_env_file=None, home=tmp_path).state_url == str(tmp_path / "state")
        assert Settings(_env_file=None, state="memory://x").state_url == "memory://x"
        SnapshotStore.of(Settings(_env_file=None, home=tmp_path)).save(IDENTITY, Snapshot(1, state()))
        assert (tmp_path / "state" / IDENTITY.topic / "3" / f"{1:020d}.state").exists()
        with pytest.raises(SettingsError, match=r"WISEBOOK_ML_STATE: snapshots cannot be kept at nowhere://x"):
            SnapshotStore("nowhere://x")


@pytest.fixture
def tiny(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of one mebibyte."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("a file system can be mounted by root only")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_full_disk_is_told_and_keeps_what_was_there(tiny: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store = SnapshotStore(str(tiny))
    store.save(IDENTITY, Snapshot(1, state(50_000)))
    store.save(IDENTITY, Snapshot(2, state(50_000)))
    with pytest.raises(OSError, match=r"no room for a snapshot of 0\.4 MiB beside the 3 that are kept in .*MiB free"):
        store.save(IDENTITY, Snapshot(3, state(50_000)))
    assert offsets(store) == [2, 1]
    assert len([path for path in tiny.rglob("*") if path.is_file()]) == 2
    store.save(IDENTITY, Snapshot(4, state(10)))
    assert offsets(store) == [4, 2, 1]
