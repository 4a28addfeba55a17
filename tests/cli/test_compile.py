"""`wisebook-ml compile`: what it says before, and what it removes after."""

import os
import time
from pathlib import Path

import pytest

from wisebook_ml import compiled
from wisebook_ml.cli.compile import UNUSED_SECONDS, announce_compiling, remove_unused

LINE = "Compiling the scoring core for this machine (once, a minute or two) ...\n"


def folder(root: Path, name: str, age: float) -> Path:
    """Make a folder of compiled code whose newest file was written so many seconds ago."""
    made = root / name
    (made / "core_1").mkdir(parents=True)
    file = made / "core_1" / "f.nbc"
    file.write_bytes(b"code")
    written = time.time() - age
    for path in (file, file.parent, made):
        os.utime(path, (written, written))
    return made


class TestAnnouncement:
    def test_one_line_where_nothing_is_compiled(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for cache in (tmp_path / "missing", tmp_path / "imported"):
            monkeypatch.setattr(compiled, "cache_folder", lambda source, cache=cache: cache)
            announce_compiling()
            assert capsys.readouterr() == ("", LINE)
            (tmp_path / "imported" / "core_1").mkdir(parents=True, exist_ok=True)

    def test_none_where_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        made = folder(tmp_path, "0123456789abcdef", 0)
        monkeypatch.setattr(compiled, "cache_folder", lambda source: made)
        announce_compiling()
        assert capsys.readouterr() == ("", "")


class TestRemoval:
    def test_what_was_not_written_for_long_goes_and_the_rest_stays(self, tmp_path: Path) -> None:
        current = folder(tmp_path, "3" * 16, 2 * UNUSED_SECONDS)
        old = folder(tmp_path, "0123456789abcdef", UNUSED_SECONDS + 60)
        recent = folder(tmp_path, "fedcba9876543210", UNUSED_SECONDS - 60)
        others = folder(tmp_path, "notes", 2 * UNUSED_SECONDS)
        elsewhere = folder(tmp_path / "elsewhere", "0" * 16, 2 * UNUSED_SECONDS)
        (tmp_path / ("1" * 16)).symlink_to(elsewhere)
        (tmp_path / ("2" * 16)).write_text("a file")
        assert remove_unused(tmp_path, {current}) == 1
        assert not old.exists()
        assert all((path / "core_1" / "f.nbc").exists() for path in (current, recent, others, elsewhere))

    def test_a_new_file_in_an_old_folder_keeps_it(self, tmp_path: Path) -> None:
        old = folder(tmp_path, "0123456789abcdef", 2 * UNUSED_SECONDS)
        (old / "core_1" / "g.nbc").write_bytes(b"newer")
        assert remove_unused(tmp_path, ()) == 0
