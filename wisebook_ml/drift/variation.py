"""How much the days of a reference differ from one another, beyond what chance makes of so many rows.

No company's days are draws from one urn: month ends, holidays and batches of imports make each day differ, and a test
that takes rows for independent cries out every month. So each window of the reference's days is compared with its
other days, and what they differ by beyond chance is a variance that is added to that of the law: large enough that the
windows of the reference lie under the law, at all quantiles above the median. A day is then conspicuous where it is far
beyond what the most unusual days of the reference were. This is the design effect of survey samples, here estimated
from the tail.

Two things more, since what is checked always lies *outside* of the reference:

* Days near a window are left out of what it is compared with. Neighbours are alike, and a window among its neighbours
  is closer to them than any later one will be to the reference.
* Whole months are compared, too. Six months that were seen say how much months differ, but they are six, and the
  seventh is August. Student's law says how much farther out something has to lie, where a variance is known from so
  few, to be as improbable as by the normal law: by that the variance of months is enlarged. So do tests with survey
  data, which take the F law with the degrees of freedom of the clusters.

References
----------
Rao, Scott: On chi-squared tests for multiway contingency tables with cell proportions estimated from survey data.
Annals of Statistics 1984 (tests with a design effect).
Thomas, Rao: Small-sample comparisons of level and power for simple goodness-of-fit statistics under cluster sampling.
JASA 1987 (the F law, with the degrees of freedom of the clusters).
Burman, Chow, Nolan: A cross-validatory method for dependent data. Biometrika 1994 (what is near is left out).
Künsch: The jackknife and the bootstrap for general stationary observations. Annals of Statistics 1989 (blocks of days).
Williams: Extra-binomial variation in logistic linear models. Applied Statistics 1982.
"""

from collections.abc import Sequence

import numpy as np
from scipy import special

from wisebook_ml.drift.measures import Test, compared, variance_of
from wisebook_ml.drift.sketch import Sketch, merged

__all__ = ["MONTH", "Variances", "variances_between"]

Variances = dict[tuple[int, int, int], float]
"""By variable, test and window: by what variance windows differ beyond chance."""

MARGIN = 2.0
"""So many times the variance that the windows of the reference show beyond chance: from a hundred of them, one has to
tell what happens once in a million, and what days share moves several cells at once, which makes longer tails."""

MONTH = 20
"""Days of a month."""

MONTHS = 6
"""Months from which on their differences are asked for: fewer say nothing of a seventh."""

STRIDE = 5
"""Days from one month that is compared to the next one, which overlaps it."""

APART = 10
"""Days on either side of a window that are left out of what it is compared with, where there are `LEAST` others."""

LEAST = 20

LEVEL = 4e-6
"""What a single question of some 240 has to be as improbable as, after correction, to be an alarm."""


def variances_between(
    days: Sequence[Sketch], pooled: Sketch, tests: list[list[Test]], windows: Sequence[int]
) -> Variances:
    """Return by what variance windows of so many days differ beyond chance.

    Parameters
    ----------
    days : sequence of Sketch
        Of the reference, in their order.
    pooled : Sketch
        All of them together.
    tests : list of list of Test
        By variable.
    windows : sequence of int
        Days; each at most a third of those that there are.
    """
    found: Variances = {}
    for window in windows:
        pairs = _pairs(days, pooled, window)
        for place, asked in enumerate(tests):
            for number, test in enumerate(asked):
                found[place, number, window] = MARGIN * _excess(test, place, pairs)
    if len(days) < MONTHS * MONTH:
        return found
    pairs, margin = _pairs(days, pooled, MONTH, STRIDE), _margin_of(len(days) // MONTH)
    for place, asked in enumerate(tests):
        for number, test in enumerate(asked):
            of_months = margin * _excess(test, place, pairs)
            for window in windows:
                found[place, number, window] = max(found[place, number, window], of_months)
    return found


def _margin_of(blocks: int) -> float:
    """Return by how much a variance that was estimated from so many blocks is enlarged.

    Examples
    --------
    >>> [round(_margin_of(blocks), 1) for blocks in (6, 12, 24)]
    [21.8, 3.3, 2.0]
    """
    student, normal = special.stdtrit(blocks - 1, LEVEL / 2), special.ndtri(LEVEL / 2)
    return max(MARGIN, float(student / normal) ** 2)


def _pairs(days: Sequence[Sketch], pooled: Sketch, window: int, stride: int = 1) -> list[tuple[Sketch, Sketch]]:
    """Return each window of days, after the days that it is compared with."""
    layout = pooled.layout
    apart = APART if len(days) >= window + 2 * APART + LEAST else 0
    found = []
    for at in range(0, len(days) - window + 1, stride):
        part = merged(layout, days[at : at + window])
        if part.rows:
            near = merged(layout, days[max(0, at - apart) : at + window + apart]) if apart else part
            found.append((_without(pooled, near), part))
    return found


def _without(pooled: Sketch, part: Sketch) -> Sketch:
    rest = Sketch(pooled.layout)
    rest.rows = pooled.rows - part.rows
    rest.counts, rest.sums = pooled.counts - part.counts, pooled.sums - part.sums
    rest.missing = pooled.missing - part.missing
    return rest


def _excess(test: Test, place: int, pairs: Sequence[tuple[Sketch, Sketch]]) -> float:
    """Return the smallest variance that brings the windows of the reference under the law."""
    found = []
    for before, after in pairs:
        variance = variance_of(test, before, after, place)
        if variance is None:
            continue
        distance = next(iter(test.distances(compared(before, after, place)).values()))
        found.append((distance.p(variance), variance, distance))
    found.sort(key=lambda one: one[0])
    excess = 0.0
    for rank, (_, variance, distance) in enumerate(found[: (len(found) + 1) // 2], 1):
        limit = distance.law.quantile(rank / (len(found) + 1))
        if 0 < limit < np.inf:
            excess = max(excess, (distance.distance / limit) ** 2 - variance)
    return excess
