"""Settings that docs/transport.md recommends to every process; each engine that they help has them."""

import gc

__all__ = ["FETCH_BYTES", "collect_seldom"]

FETCH_BYTES = 4 * 1024 * 1024
"""Most bytes fetched of a partition at once; clients have 1 MiB by default."""

GC_THRESHOLD = 50_000
"""Objects between two looks for garbage in cycles; Python has 700 by default."""


def collect_seldom() -> None:
    """Look for garbage in cycles less often: batches are many objects without any."""
    gc.set_threshold(GC_THRESHOLD)
