"""``python -m bench``: run the benchmarks."""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.benches import BENCHES
from bench.context import BENCH_PYTHON, ROOT, Context, common_details
from bench.results import Results, beside_recorded, line_of, table_of
from bench.sizes import FULL, QUICK
from wisebook_ml.broker import LocalKafka

NAMES = {letter: bench.__module__.rpartition(".")[2] for letter, bench in BENCHES.items()}
"""What each letter measures: the name of its file."""

LONG = ("i", "j")
"""What a quick run leaves out unless it is asked for by name: trainings of a large ledger, and a run under load."""

LISTED = ", ".join(f"{letter} {name}" for letter, name in NAMES.items())


def main() -> int:
    """Run what is asked for; the exit status says whether all came to their end, not whether targets are met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure this project beside its peers.")
    parser.add_argument("--quick", action="store_true", help="smaller and once, for a look; figures are rough")
    parser.add_argument("--only", default="", help=f"letters or names, comma-separated, of: {LISTED}")
    parser.add_argument("--picture", type=Path, help="draw the results into this file (.svg or .png)")
    parser.add_argument("--out", type=Path, help="also write the lines into this file")
    parser.add_argument("--against", type=Path, help="lines of an earlier run, to compare ratios with")
    arguments = parser.parse_args()
    letters = {name: letter for letter, name in NAMES.items()}
    usual = [name for name in BENCHES if not (arguments.quick and name in LONG)]
    wanted = [letters.get(part, part) for part in arguments.only.split(",") if part] or usual
    if unknown := set(wanted) - set(BENCHES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {LISTED}")
    sizes = QUICK if arguments.quick else FULL
    results = Results(common_details(sizes))
    compiled = _compile()
    started = time.monotonic()
    failed = False
    with tempfile.TemporaryDirectory(prefix="wisebook-bench-") as folder:
        broker = LocalKafka(Path(folder) / "kafka", progress=lambda text: print(f"· {text}", file=sys.stderr))
        with broker as bootstrap:
            context = Context(bootstrap, Path(folder), sizes, results)
            for name in wanted:
                begun = time.monotonic()
                try:
                    BENCHES[name](context)
                except Exception as error:
                    failed = True
                    results.add(line_of(f"{name}.failed", None, "", error=f"{type(error).__name__}: {error}"))
                context.say(f"{name} {NAMES[name]}: {time.monotonic() - begun:.0f} s")
    results.add(line_of("bench.compiling", compiled, "s", note="before everything, not part of bench.seconds"))
    results.add(line_of("bench.seconds", time.monotonic() - started, "s", at_most=180 if sizes.quick else 1200))
    print(table_of(results.lines), file=sys.stderr)
    if arguments.against:
        recorded = [json.loads(line) for line in arguments.against.read_text("utf-8").splitlines()]
        print(f"\nRatios beside {arguments.against}\n{beside_recorded(results.lines, recorded)}", file=sys.stderr)
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in results.lines)
    if arguments.out:
        arguments.out.write_text(text)
    if arguments.picture:
        command = [BENCH_PYTHON, "-m", "bench.picture", arguments.picture.resolve()]
        drawn = subprocess.run(command, input=text, text=True, cwd=ROOT, check=False)
        failed = failed or drawn.returncode != 0
    return 1 if failed else 0


def _compile() -> float:
    """Have both environments compile the core where they have not yet; return the seconds that it took."""
    started = time.monotonic()
    print("· compiling the core (a minute or two the first time)", file=sys.stderr, flush=True)
    for python in (Path(sys.executable), BENCH_PYTHON):
        with contextlib.suppress(OSError):  # an environment that is missing shows at each of its engines
            subprocess.run([python, "-m", "bench.engines.warm"], cwd=ROOT, stdout=sys.stderr, check=False)
    return time.monotonic() - started


if __name__ == "__main__":
    sys.exit(main())
