"""Compiled functions: what goes in and out, and that no stale one is ever loaded."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from wisebook_ml import compiled as module
from wisebook_ml.compiled import PACKAGES, Array, array_at, cache_folder, compiled, directory

ROW = np.dtype([("count", np.int32), ("flag", np.uint8)], align=True)

rows_at_one = array_at(1, ROW)
table_at_two = array_at(2, np.int16, items=3)
numbers_at_zero = array_at(0, np.int64)


@compiled
def count_up(state: Array, row: int) -> int:
    """Write into each array of a directory; return what is read from all."""
    numbers_at_zero(state)[row] += 1
    rows_at_one(state)[row].count += 10
    table_at_two(state)[row, 2] += 100
    lengths = len(numbers_at_zero(state)) + len(rows_at_one(state)) + len(table_at_two(state))
    return int(numbers_at_zero(state)[row] + rows_at_one(state)[row].count + table_at_two(state)[row, 2] + lengths)


@compiled
def overflow(number: int) -> int:
    return number * 2


@compiled
def divide(one: float, other: float) -> float:
    return one / other


def test_arrays_of_a_directory_are_read_and_written_in_place() -> None:
    numbers, rows, table = np.zeros(4, np.int64), np.zeros(5, ROW), np.zeros((6, 3), np.int16)
    state = directory([numbers, rows, table])
    assert [count_up(state, row) for row in (3, 0, 3)] == [111 + 15, 111 + 15, 222 + 15]
    assert numbers.tolist() == [1, 0, 0, 2]
    assert rows["count"].tolist() == [10, 0, 0, 20, 0]
    assert not rows["flag"].any()
    assert table[:, 2].tolist() == [100, 0, 0, 200, 0, 0]
    assert not table[:, :2].any()


def test_a_directory_names_addresses_and_lengths() -> None:
    arrays = [np.zeros(3), np.zeros((7, 2))]
    assert directory(arrays).tolist() == [[array.ctypes.data, len(array)] for array in arrays]
    assert directory(arrays).dtype == np.int64


def test_arithmetic_is_that_of_numpy() -> None:
    assert overflow(2**62) == -(2**63)
    assert divide(1.0, 0.0) == np.inf
    assert np.isnan(divide(0.0, 0.0))


class TestCache:
    """A module's folder is named after its source, and those of all that it imports of the core."""

    @pytest.fixture
    def sources(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Return a package of our own in the place of the real one."""
        here = tmp_path / "wisebook_ml"
        for package in PACKAGES:
            (here / package).mkdir(parents=True)
            (here / package / "kernel.py").write_text("x = 1\n")
        (here / "compiled.py").write_text("y = 1\n")
        (here / "habits" / "__init__.py").write_text("from wisebook_ml.habits.kernel import x\n")
        (here / "scoring" / "kernel.py").write_text("from wisebook_ml.models import kernel\n")
        (here / "models" / "kernel.py").write_text("def f():\n    from wisebook_ml.habits import x\n")
        monkeypatch.setattr(module, "__file__", str(here / "compiled.py"))
        return here

    def name(self, source: Path) -> str:
        """Return the name of a module's folder as another process would."""
        cache_folder.cache_clear()
        module._imported.cache_clear()
        return cache_folder(source).name

    def test_the_same_sources_have_the_same_one(self, sources: Path) -> None:
        kernel = sources / "scoring" / "kernel.py"
        assert self.name(kernel) == self.name(kernel)

    @pytest.mark.parametrize(
        "changed",
        ["compiled.py", "scoring/kernel.py", "models/kernel.py", "habits/__init__.py", "habits/kernel.py"],
    )
    def test_a_changed_source_has_another(self, sources: Path, changed: str) -> None:
        kernel = sources / "scoring" / "kernel.py"
        before = self.name(kernel)
        with (sources / changed).open("a") as file:
            file.write("z = 2\n")
        assert self.name(kernel) != before

    def test_what_is_not_imported_does_not_count(self, sources: Path) -> None:
        kernel = sources / "scoring" / "kernel.py"
        before = self.name(kernel)
        (sources / "controls" / "kernel.py").write_text("x = 2\n")
        assert self.name(kernel) == before

    def test_all_sources_count_for_what_states_rest_on(self, sources: Path) -> None:
        before = module._sources_digest()
        (sources / "controls" / "kernel.py").write_text("x = 2\n")
        assert module._sources_digest() != before

    def test_another_numba_has_another(self, sources: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        kernel = sources / "scoring" / "kernel.py"
        before = self.name(kernel)
        monkeypatch.setattr("importlib.metadata.version", lambda name: "99.0")
        assert self.name(kernel) != before

    def test_every_compiled_function_of_the_package_counts(self) -> None:
        """A function that is compiled elsewhere would be loaded from a cache that does not know its source."""
        package = Path(module.__file__).parent
        users = {
            path.relative_to(package).parts[0]
            for path in package.rglob("*.py")
            if "@compiled" in path.read_text("utf-8") and path != Path(module.__file__)
        }
        assert users <= set(PACKAGES)

    def test_the_environment_names_its_place(self, tmp_path: Path) -> None:
        code = "from wisebook_ml.compiled import CACHE; print(CACHE)"
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == [str(tmp_path)]

    def test_one_that_cannot_be_written_is_said_and_replaced(self) -> None:
        environment = {**os.environ, "NUMBA_CACHE_DIR": "/proc/nowhere"}
        asked = "import wisebook_ml.compiled as c; print(c.CACHE)"
        told = subprocess.run(
            [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True
        )
        cache = told.stdout.strip()
        assert Path(cache).is_dir()
        assert "cannot be written" in told.stderr
        assert "NUMBA_CACHE_DIR" in told.stderr
        Path(cache).rmdir()
