"""Which measures a variable is compared by, in a window of so many rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from wisebook_ml.drift.base import Distance
from wisebook_ml.drift.chi2 import chi2
from wisebook_ml.drift.ks import ks
from wisebook_ml.drift.layout import Layout
from wisebook_ml.drift.psi import grouped, groups_of, psi
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.wasserstein import Counted, wasserstein
from wisebook_ml.ledger.batch import Ints

__all__ = ["CHI2", "KS", "MISSING", "PSI", "WASSERSTEIN", "Compared", "Test", "compared", "tests_of", "variance_of"]

KS, WASSERSTEIN, PSI, CHI2, MISSING = "ks", "wasserstein", "psi", "chi2", "manquants"
"""Names of the measures, in reports and in thresholds."""


FEW = 3
"""Values of a number for which groups of them say nothing more."""


class Compared(NamedTuple):
    """One variable in the reference and in a window: the values by cell, and how many are missing."""

    place: int
    before: Counted
    after: Counted
    missing_before: int
    missing_after: int


@dataclass(frozen=True, slots=True)
class Test:
    """A question that is asked of a variable: one probability, told by any of some measures.

    Attributes
    ----------
    measures : tuple of str
        What can tell it: they share their probability, and each has its own threshold.
    distances : callable
        ``Compared -> {measure: Distance}``.
    """

    measures: tuple[str, ...]
    distances: Callable[[Compared], dict[str, Distance]]


def tests_of(layout: Layout, place: int, before: Sketch) -> list[Test]:
    """Return what can be asked of a variable.

    Parameters
    ----------
    layout : Layout
    place : int
        The variable.
    before : Sketch
        The reference, which decides how cells are grouped.
    """
    grid = layout.grids[place]
    missing = Test((MISSING,), _missing)
    by_value = Test((CHI2,), lambda one: {CHI2: chi2(one.before.counts, one.after.counts)})
    if grid is None:
        return [by_value, missing]
    counts = before.counts[layout.cells(place)]
    groups = groups_of(counts)
    if grid.discrete:
        # A number with few values is compared value by value: its cells are its values. Where most are rare, what they
        # say together is compared, too.
        few = np.count_nonzero(counts) <= FEW
        return (
            [by_value, missing] if few else [by_value, Test((PSI, CHI2), lambda one: _by_groups(groups, one)), missing]
        )
    return [
        Test((KS,), lambda one: {KS: ks(one.before.counts, one.after.counts)}),
        Test((WASSERSTEIN,), lambda one: {WASSERSTEIN: wasserstein(grid, one.before, one.after)}),
        Test((PSI, CHI2), lambda one: _by_groups(groups, one)),
        missing,
    ]


def compared(before: Sketch, after: Sketch, place: int) -> Compared:
    """Return a variable in the reference and in a window."""
    here = before.layout.cells(place)
    return Compared(
        place,
        Counted(before.counts[here], before.sums[here]),
        Counted(after.counts[here], after.sums[here]),
        int(before.missing[place]),
        int(after.missing[place]),
    )


def variance_of(test: Test, before: Sketch, after: Sketch, place: int) -> float | None:
    """Return ``1/n + 1/m`` of the rows that a test sees; None where there are none."""
    every = MISSING in test.measures
    n, m = (one.rows if every else one.present(place) for one in (after, before))
    return 1 / n + 1 / m if n and m else None


def _by_groups(groups: Ints, one: Compared) -> dict[str, Distance]:
    before, after = grouped(one.before.counts, groups), grouped(one.after.counts, groups)
    found = psi(before, after)
    return {PSI: found, CHI2: Distance(chi2(before, after).value, found.distance, found.law)}


def _missing(one: Compared) -> dict[str, Distance]:
    """Compare the shares of missing values; the value is by how many more (or less) rows in all are missing."""
    before = np.array([one.missing_before, one.before.counts.sum()])
    after = np.array([one.missing_after, one.after.counts.sum()])
    shift = float(after[0] / after.sum() - before[0] / before.sum())
    found = chi2(before, after)
    return {MISSING: Distance(abs(shift), found.distance, found.law)}
