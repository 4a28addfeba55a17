"""(g) What the delivery guarantee and the recovery of state cost: the same scoring and publishing with and without.

With: the scoring role. Without: the same transport and core, which publishes with an idempotent producer and commits
when the brokers have confirmed, but has neither transactions nor snapshots. The two take turns.
"""

import statistics

from bench.benches.whole import described, measure_ours
from bench.context import OURS, Context, Place
from bench.engines.job import Measured, Task
from bench.live import Worked
from bench.preload import preload
from bench.results import line_of

__all__ = ["run"]

SHARE = 20.0
"""Target: percent of throughput, at most."""

REPETITIONS = 2


def run(context: Context) -> None:
    """Measure both, in turns."""
    bare, whole = list[Measured](), list[Worked]()
    for _ in range(min(REPETITIONS, context.sizes.repetitions)):
        bare.append(_without(context))
        whole.append(measure_ours(context))
    without = statistics.median(run.rate for run in bare) * context.ledgers.lines
    rate = statistics.median(run.rate for run in whole)
    context.results.add(
        line_of(
            "guarantee.cost",
            100 * (1 - rate / without),
            "% of throughput",
            at_most=SHARE,
            compared_with="without transactions and snapshots",
            lines_per_second=rate,
            lines_per_second_without=without,
            without_seconds=[round(run.seconds, 3) for run in bare],
            **described(whole),
        )
    )


def _without(context: Context) -> Measured:
    deployment = context.deployment("bare")
    preload(context.bootstrap, deployment.entries, context.ledgers.records)
    place = Place(
        deployment.settings.topic_prefix, deployment.entries, deployment.detections, len(context.ledgers.records)
    )
    return context.run(OURS, Task.PUBLISH, place, seconds=context.sizes.live_seconds)
