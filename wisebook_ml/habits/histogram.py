"""Amounts a company is used to, as exact counts over a logarithmic scale; and counts of other small numbers.

Counts are whole numbers, so that an entry's share can be taken out again when a later revision replaces it, and the
result never depends on the order or on rounding. A bin of amounts is an eighth of a decade wide: a median from it is
within 16 % of the true one, finer than any habit of amounts.

Only bins in use take memory: a histogram of one bin keeps it as its middle; another has a block of (bin, count) cells,
in no order, which doubles when it is full. Blocks of the largest class hold a cell for every bin, in order.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.habits.tables import SMALLEST_BLOCK, release_block, take_block
from wisebook_ml.ledger.facts import BINS_PER_DECADE

__all__ = [
    "DIRECT_CLASS",
    "HISTOGRAM",
    "REACH_SHARE",
    "Cells",
    "add",
    "add_amount",
    "centre",
    "copies",
    "reach",
    "reach_known",
    "share_beyond",
]

REACH_SHARE = 100
"""One in so many amounts, and one more, may be an error itself: they do not tell how far amounts ordinarily go."""

HISTOGRAM = np.dtype(
    [
        ("block", np.int32),
        ("total", np.int32),
        ("below", np.int32),
        ("rounds", np.int32),
        ("middle", np.uint8),
        ("used", np.uint8),
        ("klass", np.uint8),
    ],
    align=True,
)
"""One histogram: its cells, the sum of its counts, the lower median's bin and how many lie below it, and how many of
what it counts are round."""

DIRECT_CLASS = 6
"""Class whose blocks have a cell for every bin (128 of them); the one before it is of 64 cells."""


class Cells(NamedTuple):
    """The cells of all histograms: `heads` and `links` as in `Pool`; `links` are the counts."""

    heads: Any
    bins: Any
    counts: Any


@compiled
def copies(h: Array, cells: Cells, bin_: int) -> int:
    """Return how often a bin was counted."""
    if h.total == 0 or bin_ < 0:
        return 0
    if h.block == 0:
        return int(h.total) if bin_ == h.middle else 0
    if h.klass == DIRECT_CLASS:
        return int(cells.counts[h.block + bin_]) if bin_ < SMALLEST_BLOCK << DIRECT_CLASS else 0
    for k in range(h.block, h.block + h.used):
        if cells.bins[k] == bin_:
            return int(cells.counts[k])
    return 0


@compiled
def add(h: Array, cells: Cells, bin_: int, times: int) -> None:
    """Count a bin (below 128) `times` more, or, when negative, fewer times: never fewer than none."""
    if h.block == 0:
        if h.total == 0:
            h.middle = bin_
        if h.middle == bin_:
            h.total += times
            if h.total == 0:
                h.middle = 0
            return
        _begin_block(h, cells)
    h.total += times
    if h.klass == DIRECT_CLASS:
        cells.counts[h.block + bin_] += times
    else:
        _add_sparse(h, cells, bin_, times)
    if h.total == 0 or (h.klass != DIRECT_CLASS and h.used == 1):
        _end_block(h, cells)


@compiled
def _begin_block(h: Array, cells: Cells) -> None:
    """Move the one bin of a histogram to a block, where there is room for others."""
    h.block = take_block(cells.heads, cells.counts, 0)
    h.klass = 0
    h.used = 1
    cells.bins[h.block] = h.middle
    cells.counts[h.block] = h.total
    h.middle = 0


@compiled
def _end_block(h: Array, cells: Cells) -> None:
    """Give the block of a histogram back that counts one bin, or none."""
    bin_ = cells.bins[h.block] if h.total != 0 else 0
    release_block(cells.heads, cells.counts, h.klass, h.block)
    h.block = 0
    h.used = 0
    h.klass = 0
    h.middle = bin_
    h.below = 0


@compiled
def _add_sparse(h: Array, cells: Cells, bin_: int, times: int) -> None:
    end = h.block + h.used
    for k in range(h.block, end):
        if cells.bins[k] == bin_:
            cells.counts[k] += times
            if cells.counts[k] == 0:
                cells.bins[k] = cells.bins[end - 1]
                cells.counts[k] = cells.counts[end - 1]
                h.used -= 1
            return
    if h.used == SMALLEST_BLOCK << h.klass:
        _grow(h, cells)
        if h.klass == DIRECT_CLASS:
            cells.counts[h.block + bin_] += times
            return
    cells.bins[h.block + h.used] = bin_
    cells.counts[h.block + h.used] = times
    h.used += 1


@compiled
def _grow(h: Array, cells: Cells) -> None:
    """Move a full histogram to a block twice as large; from 32 cells on to one with a cell for every bin."""
    klass = h.klass + 1 if h.klass + 1 < DIRECT_CLASS - 1 else DIRECT_CLASS
    block = take_block(cells.heads, cells.counts, klass)
    if klass == DIRECT_CLASS:
        cells.counts[block : block + (SMALLEST_BLOCK << DIRECT_CLASS)] = 0
        for k in range(h.block, h.block + h.used):
            cells.counts[block + cells.bins[k]] = cells.counts[k]
    else:
        for k in range(h.used):
            cells.bins[block + k] = cells.bins[h.block + k]
            cells.counts[block + k] = cells.counts[h.block + k]
    release_block(cells.heads, cells.counts, h.klass, h.block)
    h.block = block
    h.klass = klass


@compiled
def add_amount(h: Array, cells: Cells, bin_: int, times: int) -> None:
    """Count an amount's bin, and follow the lower median: `below` counts what lies under it."""
    below, middle = h.below + 0, h.middle + 0
    add(h, cells, bin_, times)
    if h.block == 0:
        return  # of one bin, which is its median
    if bin_ < middle:
        below += times
    half = (h.total + 1) // 2
    while below >= half:
        middle -= 1
        below -= copies(h, cells, middle)
    here = copies(h, cells, middle)
    while below + here < half:
        below += here
        middle += 1
        here = copies(h, cells, middle)
    h.below = below
    h.middle = middle


@compiled
def centre(h: Array, cells: Cells, scratch: Array) -> tuple[float, float]:
    """Return the median of log10(cents) and the median absolute deviation from it (NaN when empty).

    `scratch` is an int64 array of `BINS` zeros, and is left so.
    """
    if h.total <= 0:
        return math.nan, math.nan
    half, middle = (h.total + 1) // 2, h.middle + 0
    within, distance = copies(h, cells, middle), 0
    if within < half:
        if h.klass == DIRECT_CLASS:
            while within < half:
                distance += 1
                within += copies(h, cells, middle - distance) + copies(h, cells, middle + distance)
        else:
            end = h.block + h.used
            for k in range(h.block, end):
                scratch[abs(cells.bins[k] + 0 - middle)] += cells.counts[k]
            while within < half:
                distance += 1
                within += scratch[distance]
            for k in range(h.block, end):
                scratch[abs(cells.bins[k] + 0 - middle)] = 0
    return (middle + 0.5) / BINS_PER_DECADE, distance / BINS_PER_DECADE


@compiled
def share_beyond(h: Array, cells: Cells, bin_: int, middle: int) -> int:
    """Return how much was counted at least as far from `middle` as a bin is, on its side."""
    if h.total == 0:
        return 0
    above = bin_ >= middle
    if h.block == 0:
        return int(h.total) if (h.middle >= bin_ if above else h.middle <= bin_) else 0
    found = 0
    if h.klass == DIRECT_CLASS:
        first, last = (bin_, (SMALLEST_BLOCK << DIRECT_CLASS)) if above else (0, bin_ + 1)
        for k in range(first, last):
            found += cells.counts[h.block + k]
        return int(found)
    for k in range(h.block, h.block + h.used):
        if (cells.bins[k] >= bin_) == above or cells.bins[k] == bin_:
            found += cells.counts[k]
    return int(found)


@compiled
def reach_known(total: int) -> int:
    """Return the rank, from the farthest, of the amount that tells how far amounts ordinarily go."""
    return 1 + total // REACH_SHARE


@compiled
def reach(h: Array, cells: Cells, above: bool) -> float:
    """Return how far amounts ordinarily go on one side: log10 of the amount of rank `reach_known` (NaN when empty).

    Few passes over the cells, since the rank is low where cells are in no order.
    """
    if h.total == 0:
        return math.nan
    if h.block == 0:
        return float((h.middle + 0.5) / BINS_PER_DECADE)
    wanted, found = reach_known(h.total), 0
    bins, step = SMALLEST_BLOCK << DIRECT_CLASS, -1 if above else 1
    bin_ = bins if above else -1
    while found < wanted:
        if h.klass == DIRECT_CLASS:
            bin_ += step
            found += cells.counts[h.block + bin_]
        else:
            nearest = -1 if above else bins
            for k in range(h.block, h.block + h.used):
                other = cells.bins[k] + 0
                if (nearest < other < bin_) if above else (bin_ < other < nearest):
                    nearest = other
            bin_ = nearest
            found += copies(h, cells, bin_)
    return (bin_ + 0.5) / BINS_PER_DECADE
