"""(c) Bulk scoring from the topic, as a replay does it: one process a core, each with half of the records."""

import statistics
import sys
from pathlib import Path

from bench.context import Context, Engine
from bench.engines.job import Measured, Task
from bench.live import stop
from bench.preload import PARTITIONS, partition
from bench.results import line_of
from wisebook_ml.replay.plan import shares

__all__ = ["run", "together"]

BULK = Engine("bulk", "bench.engines.bulk", Path(sys.executable), "wisebook-ml")
PROCESSES = 2
LINES_PER_SECOND = 250_000.0
"""Target, all processes together."""


def run(context: Context) -> None:
    """Score everything, repeatedly."""
    place, ledgers = context.place, context.ledgers
    sizes = [0] * PARTITIONS
    for record in ledgers.records:
        sizes[partition(record.key)] += 1
    parts = [tuple(part) for part in shares(dict(enumerate(sizes)), PROCESSES)]
    seconds = context.sizes.live_seconds
    rates, runs = [], list[list[Measured]]()
    for _ in range(context.sizes.repetitions):
        started = [context.start(BULK, Task.CORE, place, seconds=seconds, assigned=part) for part in parts]
        try:
            done = [process.wait() for process in started]
        finally:
            for process in started:
                stop(process.process)
        runs.append(done)
        rates.append(together(done) * ledgers.lines)
    context.results.add(
        line_of(
            "bulk.ours",
            statistics.median(rates),
            "lines/s",
            at_least=LINES_PER_SECOND,
            processes=PROCESSES,
            rates=[round(rate) for rate in rates],
            cpu_us_per_line=statistics.median(
                one.cpu_micros / ledgers.lines for done in runs for one in done if one.records
            ),
            outputs=[sum(one.outputs for one in done) for done in runs],
            **ledgers.described(),
        )
    )


def together(done: list[Measured]) -> float:
    """Return the records a second of processes together, from the first's start to the last's end."""
    start = min(one.started for one in done)
    end = max(one.started + one.seconds for one in done)
    return sum(one.records for one in done) / (end - start)
