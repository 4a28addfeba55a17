"""All figures in one table: which runs are kept, what a failed one leaves, and what the page says."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.benches import BENCHES
from bench.evaluate.__main__ import PARTS as EVALUATIONS
from bench.figures import __main__ as program
from bench.figures.notes import Elsewhere, Notes, read_notes
from bench.figures.parts import PARTS, Part, chosen
from bench.figures.running import Run, Store, run_part
from bench.figures.table import NO_REASON, page, rows_of
from bench.results import line_of

PART = Part("bench.one", "one thing", "bench", "a", 1)
OTHER = Part("bench.two", "another", "bench", "b1", 2)
ABOUT = {
    "commit": "abc1234567", "dirty": False, "started": "2026-11-23T10:00:00+00:00", "seconds": 90, "status": 0,
    "cores": 2, "python": "3.11.7", "machine": "a processor", "memory": 16, "load": 0.1, "quick": False, "data": False,
}  # fmt: skip
LINES = (
    line_of("fast.enough", 3.0, "x", at_least=2.0, compared_with="bytewax"),
    line_of("too.slow", 140.0, "ms", at_most=50.0),
    line_of("only.told", 17.0, "ms"),
    line_of("broken", None, "s", at_most=5.0, error="no answer"),
)


def run(*lines: object, **about: object) -> Run:
    return Run(PART.name, lines or LINES, {**ABOUT, **about})  # type: ignore[arg-type]


class TestParts:
    def test_they_are_all_benchmarks_and_evaluations_once(self) -> None:
        def named(module: str) -> list[str]:
            return sorted(one for part in PARTS if part.module == module for one in part.only.split(","))

        assert named("bench") == sorted(BENCHES)
        assert named("bench.evaluate") == sorted(EVALUATIONS)
        assert len({part.name for part in PARTS}) == len(PARTS)

    def test_a_group_names_all_of_its_parts(self) -> None:
        assert chosen() == list(PARTS)
        assert {part.module for part in chosen("bench")} == {"bench"}
        assert [part.name for part in chosen("drift, bench.api")] == ["bench.api", "drift"]

    def test_an_unknown_part_is_told_with_those_there_are(self) -> None:
        with pytest.raises(ValueError, match=r"no part benches; there are bench\.decode, .*drift"):
            chosen("benches,drift")

    def test_only_evaluations_take_data_and_draw(self, tmp_path: Path) -> None:
        told = PART.arguments(quick=True, data=tmp_path, pictures=tmp_path)
        assert told == ["-m", "bench", "--only", "a", "--quick"]
        told = chosen("drift")[0].arguments(quick=False, data=tmp_path, pictures=tmp_path)
        assert told[-4:] == ["--data", str(tmp_path), "--pictures", str(tmp_path)]


class TestRunning:
    def store(self, folder: Path) -> Store:
        return Store(folder / "figures")

    def go(self, store: Store, code: str, limit: float = 60.0) -> Run:
        said: list[str] = []
        return run_part(
            PART, store, ["-c", code], root=store.folder, details={"quick": True}, say=said.append, limit=limit
        )

    def test_lines_and_how_they_came_are_kept(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        assert store.read(PART.name) is None
        done = self.go(store, f"print('''{json.dumps(LINES[0])}''')")
        assert done.complete
        assert done.lines == [LINES[0]]
        assert done.about["python"] == sys.version.split()[0]
        assert done.about["quick"] is True
        assert store.read(PART.name) == done

    def test_a_run_that_fails_keeps_what_it_has_printed(self, tmp_path: Path) -> None:
        done = self.go(self.store(tmp_path), f"print('''{json.dumps(LINES[0])}'''); raise SystemExit(3)")
        assert not done.complete
        assert done.about["status"] == 3
        assert done.lines == [LINES[0]]

    def test_one_that_hangs_is_interrupted(self, tmp_path: Path) -> None:
        done = self.go(self.store(tmp_path), "import time; time.sleep(600)", limit=0.5)
        assert str(done.about["status"]).startswith("interrupted")

    def test_one_that_was_cut_off_is_not_complete(self, tmp_path: Path) -> None:
        store = self.store(tmp_path)
        self.go(store, "pass")
        store.begin(PART.name).write_text(json.dumps(LINES[0]) + "\n" + json.dumps(LINES[1])[:20])
        cut = store.read(PART.name)
        assert cut is not None
        assert not cut.complete
        assert cut.lines == [LINES[0]]


class TestTable:
    def rows(self, *lines: object, notes: Notes | None = None) -> list[tuple[str, str, bool | None, str]]:
        told = rows_of(PART, run(*lines), notes or Notes())
        return [(row.figure, row.seen, row.met, row.note) for row in told]

    def test_what_has_a_target_or_failed_has_a_row(self) -> None:
        assert self.rows() == [
            ("`fast.enough`", "3 x", True, ""),
            ("`too.slow`", "140 ms", False, NO_REASON),
            ("`broken`", "not measured", False, "no answer"),
        ]

    def test_a_reason_is_told_of_a_miss_only(self) -> None:
        notes = Notes(reasons={"too.*": "the broker waits", "fast.*": "never shown"})
        assert [row[3] for row in self.rows(notes=notes)] == ["", "the broker waits", "no answer"]

    def test_figures_together_show_the_one_nearest_to_a_miss_and_every_miss(self) -> None:
        lines = [
            line_of(f"lists.{name}.p99", value, "ms", at_most=50.0) for name, value in (("a", 5), ("b", 20), ("c", 60))
        ]
        told = self.rows(*lines, notes=Notes(together={"lists.*.p99": "lists"}))
        assert told == [
            ("lists: the most of 2, `lists.b.p99`", "20 ms", True, ""),
            ("`lists.c.p99`", "60 ms", False, NO_REASON),
        ]

    def test_what_was_not_run_or_failed_says_so(self) -> None:
        (row,) = rows_of(PART, None, Notes())
        assert (row.seen, row.note) == ("not run", "`make figures ONLY=bench.one`")
        first, *rest = rows_of(PART, run(status=3), Notes())
        assert "(3)" in first.note
        assert len(rest) == 3

    def test_the_page_counts_and_says_where_figures_come_from(self) -> None:
        elsewhere = Elsewhere("three | brokers", "≤ 30 s", "make chaos", "10.7 s", "2026-11-23", met=True)
        text = page((PART, OTHER), {PART.name: run()}, Notes(elsewhere=(elsewhere,)))
        assert "Targets met: 2; missed: 2; not measured: 1." in text
        assert "| `bench.one` | one thing | `abc1234567` | 2026-11-23 10:00 | a processor, 2 cores, 16 GB" in text
        assert "| three \\| brokers | 10.7 s | ≤ 30 s | yes | | `make chaos`, 2026-11-23 |" in text
        assert "| `too.slow` | **140 ms** | ≤ 50 ms | **no** |" in text

    def test_the_bench_has_one_time_where_all_of_it_was_run(self) -> None:
        runs = {
            part.name: Run(part.name, [line_of("bench.seconds", 700.0, "s", at_most=1200)], ABOUT)
            for part in (PART, OTHER)
        }
        text = page((PART, OTHER), runs, Notes())
        assert text.count("bench.seconds") == 1
        assert "**1,400 s**" in text
        assert "bench.seconds" not in page((PART, OTHER), {PART.name: runs[PART.name]}, Notes())


class TestNotes:
    def test_those_of_the_project_can_be_read(self) -> None:
        notes = read_notes()
        assert notes.reason("decode.entries.ratio", "faust")
        assert not notes.reason("decode.entries.ratio", "bytewax")
        assert all(one.command and (one.met is None) == (not one.seen) for one in notes.elsewhere)
        root = Path(program.ROOT)
        paths = [word for one in notes.elsewhere for word in one.command.split() if word.startswith("tests/")]
        assert [path for path in paths if not (root / path).exists()] == []

    @pytest.mark.parametrize("text", ["[reason]\na = 'b'", "[[elsewhere]]\nwhat = 'x'", "reasons"])
    def test_a_mistake_is_told_with_the_file(self, text: str, tmp_path: Path) -> None:
        (tmp_path / "notes.toml").write_text(text)
        with pytest.raises(ValueError, match=r"notes\.toml: "):
            read_notes(tmp_path / "notes.toml")


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[str]]:
    """Parts that print a line and keep count; the second fails."""
    ran: list[str] = []

    def go(part: Part, store: Store, arguments: object, **_: object) -> Run:
        ran.append(part.name)
        store.begin(part.name).write_text(json.dumps(LINES[0]) + "\n")
        store.end(part.name, {**ABOUT, "status": 1 if part is OTHER else 0})
        done = store.read(part.name)
        assert done is not None
        return done

    monkeypatch.setattr(program, "run_part", go)
    monkeypatch.setattr(program, "PARTS", (PART, OTHER))
    monkeypatch.setattr(program, "chosen", lambda only: chosen(only, (PART, OTHER)))
    yield ran


def test_what_is_missing_is_run_and_a_failure_stops_nothing(
    programs: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def call(*options: str) -> int:
        monkeypatch.setattr("sys.argv", ["figures", "--quick", "--folder", str(tmp_path), *options])
        return program.main()

    assert call("--only", "bench.two") == 1
    assert "Failed: bench.two" in capsys.readouterr().err
    assert call() == 1
    assert programs == ["bench.two", "bench.one", "bench.two"]  # the first is run, the failed one again
    assert call("--only", "bench.one") == 0
    assert programs[3:] == []
    assert call("--only", "bench.one", "--anew") == 0
    assert programs[3:] == ["bench.one"]
    assert "`fast.enough`" in (tmp_path / "quick" / "figures.md").read_text()


@pytest.mark.parametrize("options", [["--only", "nonsense"], ["--data", "/nowhere/at/all"]])
def test_nonsense_is_refused(options: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["figures", *options])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 2
