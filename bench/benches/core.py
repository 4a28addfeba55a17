"""(b1) The same core under every engine: each batches as it can, outputs are encoded and counted."""

from bench.context import OURS, PEERS, Context, cpu_times
from bench.engines.job import Task
from bench.results import line_of

__all__ = ["run"]


def run(context: Context) -> None:
    """Compare what is left of the core's speed."""
    data, lines = context.ledgers.described(), context.ledgers.lines
    runs = context.compare((OURS, *PEERS), Task.CORE, context.place)
    for name, found in runs.items():
        rate = None if found.rate is None else found.rate * lines
        context.results.add(line_of(f"core.{name}", rate, "lines/s", **found.described(), **data))
    peers = {peer.name: rate for peer in PEERS if (rate := runs[peer.name].rate)}
    best, ours = max(peers, key=peers.__getitem__, default=None), runs[OURS.name].rate
    context.results.add(
        line_of(
            "core.ratio",
            ours / peers[best] if best and ours else None,
            "times",
            at_least=1.0,
            compared_with=best or "no peer ran",
            cpu_times=cpu_times(runs[OURS.name], runs[best]) if best else None,
        )
    )
