"""(a) Decoding only, and the transport alone: what an engine costs before anybody does anything with an event."""

from itertools import chain, repeat
from typing import Any

from bench.context import BYTEWAX, FAUST, OURS, PEERS, Context, Place, Runs, cpu_times
from bench.engines.job import Task
from bench.ledgers import small_events
from bench.preload import create_topic, preload
from bench.results import line_of

__all__ = ["run"]

ENGINES = (OURS, *PEERS)
OVER_BYTEWAX, OVER_FAUST = 2.0, 25.0
"""Targets: so many times the events a second of the peer."""

DIFFERENT = 100_000
"""Small events that are made; they are published again and again."""


def run(context: Context) -> None:
    """Compare all engines on entries, on small events, and without decoding."""
    small, size = _small(context)
    entries, place = context.ledgers.described(), context.place
    _transport(context, context.compare(ENGINES, Task.COUNT, place), entries)
    _decoding(context, "entries", context.compare(ENGINES, Task.DECODE_ENTRIES, place), entries)
    _decoding(context, "small", context.compare(ENGINES, Task.DECODE_SMALL, small), size)


def _small(context: Context) -> tuple[Place, dict[str, Any]]:
    records = small_events(DIFFERENT)
    times = max(1, context.sizes.small // DIFFERENT)
    create_topic(context.bootstrap, "small")
    preload(context.bootstrap, "small", chain.from_iterable(repeat(records, times)))
    events = times * len(records)
    size = {"events": events, "bytes_per_event": round(sum(len(one.value) for one in records) / len(records))}
    return Place("small.", "small", "small", events), size


def _transport(context: Context, runs: dict[str, Runs], data: dict[str, Any]) -> None:
    for name, found in runs.items():
        context.results.add(
            line_of(
                f"transport.cpu.{name}", found.cpu_micros, "µs CPU/event", rate=found.rate, **found.described(), **data
            )
        )


def _decoding(context: Context, what: str, runs: dict[str, Runs], data: dict[str, Any]) -> None:
    for name, found in runs.items():
        context.results.add(line_of(f"decode.{what}.{name}", found.rate, "events/s", **found.described(), **data))
    ours = runs[OURS.name].rate
    for peer, target in ((BYTEWAX, OVER_BYTEWAX), (FAUST, OVER_FAUST)):
        rate = runs[peer.name].rate
        context.results.add(
            line_of(
                f"decode.{what}.ratio",
                ours / rate if ours and rate else None,
                "times",
                at_least=target,
                compared_with=peer.name,
                cpu_times=cpu_times(runs[OURS.name], runs[peer.name]),
            )
        )
