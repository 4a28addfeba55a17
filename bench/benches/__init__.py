"""The benchmarks, one file each, in the order in which they run."""

from collections.abc import Callable

from bench.benches import (
    alerts,
    bulk,
    core,
    decode,
    forest,
    guarantee,
    latency,
    lists,
    memory,
    opinions,
    predictions,
    recovery,
    replay,
    swap,
    tables,
    training,
    whole,
)
from bench.context import Context

__all__ = ["BENCHES"]

BENCHES: dict[str, Callable[[Context], None]] = {
    "a": decode.run,
    "b1": core.run,
    "b2": whole.run,
    "c": bulk.run,
    "d": latency.run,
    "e": memory.run,
    "f": recovery.run,
    "g": guarantee.run,
    "h": forest.run,
    "i": training.run,
    "j": swap.run,
    "k": opinions.run,
    "l": tables.run,
    "m": alerts.run,
    "n": lists.run,
    "o": predictions.run,
    "p": replay.run,
}
