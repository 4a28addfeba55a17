"""``python -m bench.evaluate``: evaluate the models."""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from bench.evaluate import Evaluation, Part
from bench.results import Results, line_of, table_of

PARTS = ("accounts", "risk", "segments", "verdicts", "forecasts", "treasury", "drift", "detection")
"""The parts, each a module with a function `run`."""

ON_REQUEST = ("treasury", "drift")
"""Parts that run only where they are asked for: each has a target of its own, ``make evaluate-treasury``."""


def main() -> int:
    """Run what is asked for; the exit status says whether all came to their end, not whether targets are met."""
    parser = argparse.ArgumentParser(prog="python -m bench.evaluate", description="Evaluate the models.")
    parser.add_argument("--data", type=Path, help="folder with real data; without it, generated data only")
    parser.add_argument("--only", default="", help=f"comma-separated, of: {', '.join(PARTS)}")
    parser.add_argument("--seed", type=int, default=20_221_231)
    parser.add_argument("--quick", action="store_true", help="fewer and smaller, where a part can (detection)")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="draw pictures into this folder")
    arguments = parser.parse_args()
    wanted = [part for part in arguments.only.split(",") if part] or [part for part in PARTS if part not in ON_REQUEST]
    if unknown := set(wanted) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if arguments.data is not None and not arguments.data.is_dir():
        parser.error(f"there is no folder {arguments.data}")
    results = Results({"seed": arguments.seed})
    failed = False
    for name in wanted:
        begun = time.monotonic()
        run: Part = import_module(f"bench.evaluate.{name}").run
        try:
            run(Evaluation(results, arguments.data, arguments.seed, arguments.quick, arguments.pictures))
        except Exception as error:
            failed = True
            results.add(line_of(f"{name}.failed", None, "", error=f"{type(error).__name__}: {error}"))
        print(f"· {name}: {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    print(table_of(results.lines), file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
