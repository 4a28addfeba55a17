"""(b2) The whole scoring, live: this project's scoring role against what users of the peers would write.

Ours is the real worker: transport, core, delivery guarantee, state recovery, explained detections published. The peers
run `bench.per_event` with their state in memory and nothing that could recover it, which favours them.
"""

import statistics
from typing import Any

from bench.context import PEERS, Context, Failed, Runs
from bench.engines.job import Task
from bench.live import Worked, measure_role
from bench.preload import preload
from bench.results import line_of

__all__ = ["measure_ours", "run"]

LINES_PER_SECOND, OVER_PEERS = 100_000.0, 5.0
"""Targets: entry lines a second of one worker, and so many times the best peer."""


def run(context: Context) -> None:
    """Compare the live scoring role with every peer."""
    ledgers, place = context.ledgers, context.place
    ours, error = list[Worked](), ""
    runs = {peer.name: Runs(peer) for peer in PEERS}
    for _ in range(context.sizes.repetitions):
        try:
            if not error:
                ours.append(measure_ours(context))
        except Failed as failed:
            error = str(failed)
        for name, found in context.compare(PEERS, Task.PER_EVENT, place, repetitions=1).items():
            runs[name].measured += found.measured
            runs[name].error = runs[name].error or found.error
    rate = statistics.median(run.rate for run in ours) if ours and not error else None
    data = {**ledgers.described(), "without_model": "5 %"}
    context.results.add(
        line_of("whole.ours", rate, "lines/s", at_least=LINES_PER_SECOND, error=error, **described(ours), **data)
    )
    for name, found in runs.items():
        lines = None if found.rate is None else found.rate * ledgers.lines
        context.results.add(line_of(f"whole.{name}", lines, "lines/s", **found.described(), **data))
    peers = {name: found.rate * ledgers.lines for name, found in runs.items() if found.rate}
    best = max(peers, key=peers.__getitem__, default=None)
    context.results.add(
        line_of(
            "whole.ratio",
            rate / peers[best] if rate and best else None,
            "times",
            at_least=OVER_PEERS,
            compared_with=best or "no peer ran",
        )
    )


def measure_ours(context: Context) -> Worked:
    """Run the scoring role once, on topics of its own."""
    deployment = context.deployment("whole")
    lines = preload(context.bootstrap, deployment.entries, context.ledgers.records)
    return measure_role(context, deployment, lines, context.sizes.live_seconds)


def described(runs: list[Worked]) -> dict[str, Any]:
    """Return what a result line says of runs of the scoring role."""
    return {
        "records": [run.records for run in runs],
        "seconds": [round(run.seconds, 3) for run in runs],
        "rates": [round(run.rate) for run in runs],
        "steady": [run.steady for run in runs],
        "cpu_us_per_line": [round(1e6 * run.cpu_seconds / max(1, run.lines), 2) for run in runs],
    }
