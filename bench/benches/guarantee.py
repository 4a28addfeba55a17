"""(g) What the delivery guarantee and the recovery of state cost: the same scoring and publishing with and without.

With: the scoring role. Without: the same transport and core, which publishes with an idempotent producer and commits
when the brokers have confirmed, but has neither transactions nor snapshots. The two take turns, and both are measured
from outside, by what their groups commit.
"""

import statistics

from bench.benches.whole import described, measure_ours
from bench.context import OURS, Context, Failed, Place
from bench.engines.job import Task
from bench.live import Worked, measure_worker, stop
from bench.preload import preload
from bench.results import line_of

__all__ = ["run"]

SHARE = 20.0
"""Target: percent of throughput, at most."""

ENDLESS = 10**12
"""Records and seconds of a job that is ended from outside."""


def run(context: Context) -> None:
    """Measure both, in pairs; who begins changes."""
    bare, whole = list[Worked](), list[Worked]()
    error = ""
    try:
        for repetition in range(context.sizes.repetitions):
            if repetition % 2:
                whole.append(measure_ours(context))
                bare.append(_without(context))
            else:
                bare.append(_without(context))
                whole.append(measure_ours(context))
    except Failed as failed:
        error = str(failed)
    costs = [100 * (1 - with_.rate / without.rate) for with_, without in zip(whole, bare, strict=False)]
    context.results.add(
        line_of(
            "guarantee.cost",
            statistics.median(costs) if costs and not error else None,
            "% of throughput",
            at_most=SHARE,
            compared_with="without transactions and snapshots",
            costs=[round(cost, 1) for cost in costs],
            error=error,
            **described(whole),
            **{f"{name}_without": values for name, values in described(bare).items()},
        )
    )


def _without(context: Context) -> Worked:
    """Run the variant without guarantee on topics of its own."""
    deployment = context.deployment("bare")
    lines = preload(context.bootstrap, deployment.entries, context.ledgers.records)
    place = Place(deployment.settings.topic_prefix, deployment.entries, deployment.detections, ENDLESS)
    started = context.start(OURS, Task.PUBLISH, place, seconds=ENDLESS)
    try:
        return measure_worker(
            context,
            started.process,
            started.log,
            started.job.group,
            deployment.entries,
            lines,
            context.sizes.live_seconds,
        )
    finally:
        stop(started.process)
