"""``python -m bench.figures``: run what is missing of all benchmarks and evaluations, and write the table."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from bench.context import BENCH_PYTHON, ROOT
from bench.figures.notes import Notes, read_notes
from bench.figures.parts import PARTS, Part, chosen
from bench.figures.running import Store, run_part
from bench.figures.table import page


def main() -> int:
    """Run, and write; the exit status says whether all came to their end, not whether targets are met."""
    parser = argparse.ArgumentParser(prog="python -m bench.figures", description="Measure everything, in one table.")
    parser.add_argument("--only", default="", help=f"parts or groups, of: {', '.join(part.name for part in PARTS)}")
    parser.add_argument("--anew", action="store_true", help="run what was run already, too")
    parser.add_argument("--quick", action="store_true", help="smaller and once; the table stays beside the lines")
    parser.add_argument("--data", type=Path, help="folder with real ledgers, receivables and series")
    parser.add_argument("--table-only", action="store_true", help="run nothing, only write the table")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "figures", help="where lines are kept")
    arguments = parser.parse_args()
    try:
        wanted, notes = chosen(arguments.only), read_notes()
    except ValueError as error:
        parser.error(str(error))
    if arguments.data is not None and not arguments.data.is_dir():
        parser.error(f"there is no folder {arguments.data}")
    quick, data = arguments.quick, arguments.data.resolve() if arguments.data else None
    store = Store(arguments.folder / "quick" if quick else arguments.folder)
    try:
        if not arguments.table_only:
            _run(wanted, store, quick=quick, anew=arguments.anew, data=data)
    except KeyboardInterrupt:
        print("Interrupted; `make figures` goes on with the parts that are missing.", file=sys.stderr)
        return 130
    target = store.folder / "figures.md" if quick else ROOT / "docs" / "figures.md"
    failed = _write(store, target, notes)
    if not quick and not arguments.table_only:
        _picture(store)
    told = [name for name in failed if any(part.name == name for part in wanted)]
    if told:
        print(f"Failed: {', '.join(told)}. `make figures` runs them again.", file=sys.stderr)
    return 1 if told else 0


def _run(wanted: list[Part], store: Store, *, quick: bool, anew: bool, data: Path | None) -> None:
    """Run the parts one after another, but for those that are there."""
    missing = []
    for part in wanted:
        run = store.read(part.name)
        if run is not None and run.complete and not anew:
            print(f"{part.name} was run at commit {run.about['commit']}: kept (ANEW=1 runs it again)", file=sys.stderr)
        else:
            missing.append(part)
    if missing and not quick:
        minutes = sum(part.minutes for part in missing)
        print(f"{len(missing)} parts, some {minutes} minutes on two quiet cores", file=sys.stderr)
    pictures = None if quick else ROOT / "docs"
    for part in missing:
        arguments = part.arguments(quick=quick, data=data, pictures=pictures)
        run_part(part, store, arguments, root=ROOT, details={"quick": quick, "data": data is not None})


def _write(store: Store, target: Path, notes: Notes) -> list[str]:
    """Write the page; returns the parts whose last run failed."""
    runs = {part.name: run for part in PARTS if (run := store.read(part.name)) is not None}
    target.write_text(page(PARTS, runs, notes), "utf-8", newline="\n")
    print(f"Written: {target}", file=sys.stderr)
    return [name for name, run in runs.items() if not run.complete]


def _picture(store: Store) -> None:
    """Draw the lines of the bench, and keep them beside the picture, where all of it was run."""
    runs = [store.read(part.name) for part in PARTS if part.module == "bench"]
    if not all(run is not None and run.complete for run in runs):
        return
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for run in runs if run for line in run.lines)
    (ROOT / "docs" / "bench.jsonl").write_text(text, "utf-8")
    command = [str(BENCH_PYTHON), "-m", "bench.picture", str(ROOT / "docs" / "bench.svg")]
    if subprocess.run(command, input=text, text=True, cwd=ROOT, check=False).returncode:
        print("docs/bench.svg could not be drawn; the figures are complete", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
