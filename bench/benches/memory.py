"""(e) Memory against the number of companies and accounts: the whole process that holds their state.

Fed: `bench.synthetic`, ten companies at a time; every pair of a company and an account is touched three times. The
companies are scored by a global model, as new companies are; one more line tells what a pair costs without any model.
"""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from bench.context import ROOT, Context, Failed, tail_of
from bench.engines.memory import MemoryJob, Reading
from bench.ledgers import global_activation
from bench.results import line_of
from bench.synthetic import ACCOUNTS, ENTRIES, LINES

__all__ = ["run"]

BYTES_PER_PAIR = 300.0
"""Target at a million pairs, from the total memory of the process."""

JUDGED_AT = 1_000_000
"""Pairs below which the fixed memory of a Python process weighs more than the state."""

WITHOUT_MODEL_PAIRS = 10_000
MAX_SECONDS = 240.0
"""When feeding is given up."""


def run(context: Context) -> None:
    """Read memory at each size."""
    wanted = context.sizes.memory_pairs
    data: dict[str, Any] = {"accounts_per_company": ACCOUNTS, "entries_per_company": ENTRIES, "lines_per_entry": LINES}
    readings = _read(context, wanted, with_model=True)
    base, last = readings[0], readings[-1]
    for before, now in pairwise(readings):
        growth = (now.rss - before.rss) / (now.pairs - before.pairs)
        context.results.add(
            line_of(
                f"memory.growth.{now.pairs}",
                growth,
                "bytes/pair",
                rss_mb=now.rss / 2**20,
                total_per_pair=now.rss / now.pairs,
                **data,
            )
        )
    judged = JUDGED_AT in wanted
    reached = last.pairs == wanted[-1] and last.pairs > 0
    context.results.add(
        line_of(
            "memory.total",
            last.rss / last.pairs if reached else None,
            "bytes/pair",
            at_most=BYTES_PER_PAIR if judged else None,
            pairs=last.pairs,
            rss_mb=last.rss / 2**20,
            empty_process_mb=base.rss / 2**20,
            fed_seconds=last.seconds,
            error="" if reached else f"only {last.pairs} of {wanted[-1]} pairs within {MAX_SECONDS:.0f} s",
            **data,
        )
    )
    alone = _read(context, (WITHOUT_MODEL_PAIRS,), with_model=False)
    context.results.add(
        line_of(
            "memory.growth.without_model",
            (alone[-1].rss - alone[0].rss) / alone[-1].pairs if alone[-1].pairs else None,
            "bytes/pair",
            pairs=alone[-1].pairs,
            **data,
        )
    )


def _read(context: Context, pairs: tuple[int, ...], *, with_model: bool) -> list[Reading]:
    home = context.home / f"memory-{'model' if with_model else 'alone'}"
    home.mkdir()
    marker = global_activation(context.artefacts).value if with_model else None
    result, job, log = home / "result.json", home / "job.json", home / "log.txt"
    told = MemoryJob(pairs, MAX_SECONDS, str(context.artefacts), marker, str(result))
    job.write_bytes(msgspec.json.encode(told))
    context.say(f"memory of {pairs[-1]:,} pairs{'' if with_model else ', no model'}")
    with log.open("wb") as output:
        subprocess.run(
            [Path(sys.executable), "-m", "bench.engines.memory", job],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=MAX_SECONDS + 120,
            check=False,
        )
    if not result.exists():
        raise Failed(f"the process ended without a result: {tail_of(log)}")
    return msgspec.json.decode(result.read_bytes(), type=list[Reading])
