"""Sizes of amounts: an eighth of a decade is one bin, so that a median of bins is within 16 % of the true one."""

import math

import numpy as np

from wisebook_ml.compiled import compiled
from wisebook_ml.ledger.batch import Ints

__all__ = ["BINS", "BINS_PER_DECADE", "amount_bin"]

BINS_PER_DECADE = 8
DECADES = 13
"""From one cent to a hundred billion euros."""
BINS = BINS_PER_DECADE * DECADES


def _bin_edges() -> Ints:
    """Return the smallest amount in cents of each bin (0 of the first)."""
    edges = [0]
    for k in range(1, BINS):
        cents = max(2, math.floor(10 ** (k / BINS_PER_DECADE)) - 1)
        while math.log10(cents) * BINS_PER_DECADE + 1e-9 < k:
            cents += 1
        edges.append(cents)
    return np.array(edges, dtype=np.int64)


_EDGES = _bin_edges()


@compiled
def amount_bin(cents: int) -> int:
    """Return the bin of an amount in cents, an eighth of a decade wide; amounts of at most one cent are in bin 0.

    Examples
    --------
    >>> amount_bin(1), amount_bin(100_00), amount_bin(1_000_00)
    (0, 32, 40)
    """
    low, high = 0, len(_EDGES)
    while high - low > 1:
        middle = (low + high) >> 1
        if _EDGES[middle] <= cents:
            low = middle
        else:
            high = middle
    return low
