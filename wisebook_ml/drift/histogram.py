"""A variable before and after, as few bars as a person looks at."""

from dataclasses import dataclass

import numpy as np

from wisebook_ml.drift.grid import Grid
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = ["MISSING_BARS", "Histogram", "histogram_of", "missing_histogram", "quantile"]

BARS = 20
"""Bars of a number."""

SHOWN = 10
"""Values of a category, those that are most frequent before or after."""

TRIM = 0.002
"""Share at each end of a number that is drawn into the last bar, before and after, so that one value hides nothing."""

OTHERS = "…"

MISSING_BARS = ("renseigné", "manquant")


@dataclass(frozen=True, slots=True)
class Histogram:
    """Shares by bar.

    Attributes
    ----------
    edges : tuple of float
        Where the bars of a number begin and end; empty for a category, or a number with few values.
    names : tuple of str
        What the bars of a category are; empty for a number.
    before, after : tuple of float
        The share of each bar, in [0, 1].
    """

    edges: tuple[float, ...]
    names: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]


def histogram_of(before: Sketch, after: Sketch, place: int) -> Histogram:
    """Return the bars of a variable in the reference and in a window."""
    layout = before.layout
    grid, here = layout.grids[place], layout.cells(place)
    counts = (before.counts[here], after.counts[here])
    if grid is None:
        return _named(layout.known[place], before.new[place], after.new[place], counts)
    low = min(quantile(grid, one, TRIM) for one in counts)
    high = max(quantile(grid, one, 1 - TRIM) for one in counts)
    if high <= low:
        low, high = low - 0.5, low + 0.5
    edges = np.linspace(low, high, BARS + 1)
    shares = [tuple(_spread(grid, one, edges).round(6).tolist()) for one in counts]
    return Histogram(tuple(edges.tolist()), (), shares[0], shares[1])


def missing_histogram(before: Sketch, after: Sketch, place: int) -> Histogram:
    """Return two bars: the rows that have a value, and those that have none."""
    shares = [int(one.missing[place]) / max(one.rows, 1) for one in (before, after)]
    bars = [(round(1 - share, 6), round(share, 6)) for share in shares]
    return Histogram((), MISSING_BARS, bars[0], bars[1])


def quantile(grid: Grid, counts: Ints, share: float) -> float:
    """Return a quantile of a number, to within its cell; the reference's extent bounds what is beyond its edges."""
    total = int(counts.sum())
    if not total:
        return grid.low
    cumulated = np.cumsum(counts)
    cell = int(np.searchsorted(cumulated, share * total))
    cell = min(cell, grid.cells - 1)
    below = int(cumulated[cell - 1]) if cell else 0
    inside = (share * total - below) / max(int(counts[cell]), 1)
    low, high = _bounds(grid)
    return float(low[cell] + min(max(inside, 0.0), 1.0) * (high[cell] - low[cell]))


def _bounds(grid: Grid) -> tuple[Floats, Floats]:
    """Return where cells begin and end; the open ones are taken to be a tenth of the others' extent wide."""
    margin = (grid.high - grid.low) / 10 or 0.5
    return np.concatenate([[grid.low - margin], grid.edges]), np.concatenate([grid.edges, [grid.high + margin]])


def _spread(grid: Grid, counts: Ints, edges: Floats) -> Floats:
    """Return the shares of bars, where the values of a cell are spread evenly over it."""
    low, high = _bounds(grid)
    total = max(int(counts.sum()), 1)
    shares = np.zeros(len(edges) - 1)
    for k in np.flatnonzero(counts):
        if grid.atoms[k]:
            bar = min(max(int(np.searchsorted(edges, low[k], side="right")) - 1, 0), len(shares) - 1)
            shares[bar] += counts[k]
            continue
        at = np.clip((edges - low[k]) / max(high[k] - low[k], 1e-300), 0.0, 1.0)
        at[0], at[-1] = 0.0, 1.0
        shares += counts[k] * np.diff(at)
    return shares / total


def _named(known: tuple[str, ...], old: dict[str, int], new: dict[str, int], counts: tuple[Ints, Ints]) -> Histogram:
    totals = [max(int(one.sum()), 1) for one in counts]
    shares = {value: (int(counts[0][k]) / totals[0], int(counts[1][k]) / totals[1]) for k, value in enumerate(known)}
    for value in {*old, *new}:
        shares[value] = (old.get(value, 0) / totals[0], new.get(value, 0) / totals[1])
    ranked = sorted(shares, key=lambda value: (-max(shares[value]), value))[:SHOWN]
    rest = [max(0.0, 1.0 - sum(shares[value][k] for value in ranked)) for k in (0, 1)]
    names, bars = list(ranked), [[shares[value][k] for value in ranked] for k in (0, 1)]
    if max(rest) > 1e-9:
        names.append(OTHERS)
        for k in (0, 1):
            bars[k].append(rest[k])
    return Histogram((), tuple(names), *(tuple(round(share, 6) for share in one) for one in bars))
