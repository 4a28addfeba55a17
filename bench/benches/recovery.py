"""(f) Start-up with nothing to recover, and recovery of the state of very many accounts after a crash.

Both times run from the start of the worker's process to the moment at which a detection of an entry that was published
while it was away can be read, one on every partition: then all of the state is back and in use.
"""

import statistics
import time
from itertools import chain

from bench.benches.latency import company_of_each, warm_up
from bench.context import Context, Deployment, Failed
from bench.ledgers import global_activation
from bench.live import Group, Readable, stop
from bench.preload import PARTITIONS, preload, preload_at
from bench.results import line_of
from bench.synthetic import ACCOUNTS, ENTRIES, LINES, companies_for, entries_of
from wisebook_ml.messaging.groups import group_name

__all__ = ["run"]

READY_SECONDS, RECOVERED_SECONDS = 5.0, 60.0
"""Targets."""

JUDGED_AT = 1_000_000
"""Pairs that the target speaks of."""

COMPANIES_AT_ONCE = 50
"""Companies whose entries come together while the state is built up."""

BUILD_SECONDS = 240.0
"""When building up the state is given up."""

WAIT_SECONDS = 180.0


def run(context: Context) -> None:
    """Measure both."""
    ready = [_start(context, context.deployment("start"), "start") for _ in range(context.sizes.repetitions)]
    context.results.add(
        line_of("startup.ready", statistics.median(ready), "s", at_most=READY_SECONDS, repetitions=ready)
    )
    _recover(context, context.sizes.recovery_pairs)


def _start(context: Context, deployment: Deployment, name: str) -> float:
    """Return how long a worker takes from its start to its first detections on every partition."""
    readable = Readable(context.bootstrap, deployment.detections)
    preload(context.bootstrap, deployment.entries, warm_up(name))
    begin = time.monotonic()
    worker = deployment.start_worker("scoring")
    try:
        wanted = {f"{name}-{societe}" for societe in company_of_each()}
        done = readable.wait_for(wanted, WAIT_SECONDS, worker)
    finally:
        stop(worker)
        readable.close()
    if done is None:
        raise Failed(f"no detections within {WAIT_SECONDS:.0f} s: {deployment.log_tail('scoring')}")
    return done - begin


def _recover(context: Context, pairs: int) -> None:
    deployment, companies = context.deployment("recovery"), companies_for(pairs)
    marker = global_activation(context.artefacts)
    context.say(f"publishing the entries of {companies:,} companies")
    preload_at(context.bootstrap, deployment.entries, {number: [marker] for number in range(PARTITIONS)})
    blocks = (
        entries_of(first, min(first + COMPANIES_AT_ONCE, companies + 1))
        for first in range(1, companies + 1, COMPANIES_AT_ONCE)
    )
    lines = preload(context.bootstrap, deployment.entries, chain.from_iterable(blocks))
    ends = [len(of_partition) + 1 for of_partition in lines]
    built, seconds = _build(context, deployment, ends)
    share = min(1.0, built / sum(ends))
    took = _start(context, deployment, "recovered")
    context.results.add(
        line_of(
            "recovery.seconds",
            took if share == 1.0 else None,
            "s",
            at_most=RECOVERED_SECONDS if pairs >= JUDGED_AT else None,
            pairs=round(pairs * share),
            companies=companies,
            entries=sum(ends) - PARTITIONS,
            accounts_per_company=ACCOUNTS,
            entries_per_company=ENTRIES,
            lines_per_entry=LINES,
            built_in_seconds=seconds,
            measured=took,
            error="" if share == 1.0 else f"only {share:.0%} of the state was built within {BUILD_SECONDS:.0f} s",
        )
    )


def _build(context: Context, deployment: Deployment, ends: list[int]) -> tuple[int, float]:
    """Have a worker score all entries, and crash it; return the records that it committed, and how long it took."""
    group = Group(context.bootstrap, group_name(deployment.settings.topic_prefix, "scoring"), deployment.entries)
    begin = time.monotonic()
    worker = deployment.start_worker("scoring")
    try:
        while True:
            offsets = group.committed()
            elapsed = time.monotonic() - begin
            done = all(offset >= end for offset, end in zip(offsets, ends, strict=True))
            if done or elapsed > BUILD_SECONDS:
                return sum(min(offset, end) for offset, end in zip(offsets, ends, strict=True)), elapsed
            if worker.poll() is not None:
                raise Failed(f"the scoring worker ended: {deployment.log_tail('scoring')}")
            time.sleep(0.25)
    finally:
        stop(worker)
        group.close()
