"""Amounts a company is used to, as exact counts over a logarithmic scale.

Counts are whole numbers, so that an entry's share can be taken out again when a later revision replaces it, and the
result never depends on the order or on rounding. A bin is an eighth of a decade wide: a median from it is within
16 % of the true one, finer than any habit of amounts.
"""

import math
from dataclasses import dataclass, field

from wisebook_ml.habits.bounded import count

__all__ = ["BINS", "AmountHistogram", "amount_bin"]

BINS_PER_DECADE = 8
DECADES = 13
"""From one cent to a hundred billion euros."""
BINS = BINS_PER_DECADE * DECADES


def amount_bin(cents: int) -> int:
    """Return the bin of an amount in cents; amounts of at most one cent are in bin 0.

    Examples
    --------
    >>> amount_bin(1), amount_bin(100_00), amount_bin(1_000_00)
    (0, 32, 40)
    """
    if cents <= 1:
        return 0
    return min(BINS - 1, int(math.log10(cents) * BINS_PER_DECADE + 1e-9))


@dataclass(slots=True)
class AmountHistogram:
    """How often amounts of each size were seen; only bins in use take memory.

    Examples
    --------
    >>> seen = AmountHistogram()
    >>> for euros in (100, 110, 95, 105, 5000):
    ...     seen.add(amount_bin(euros * 100), 1)
    >>> median, spread = seen.centre()
    >>> round(10 ** median / 100)  # about a hundred euros
    115
    """

    count: int = 0
    bins: dict[int, int] = field(default_factory=dict)
    middle: int = 0
    below: int = 0

    def add(self, bin_: int, times: int) -> None:
        """Count an amount's bin `times` more (or, when negative, fewer) times."""
        count(self.bins, bin_, times)
        self.count += times
        if self.count <= 0:
            self.middle = self.below = 0
            return
        # Follow the lower median: `below` counts what lies under it.
        if bin_ < self.middle:
            self.below += times
        half, bins = (self.count + 1) // 2, self.bins
        while self.below >= half:
            self.middle -= 1
            self.below -= bins.get(self.middle, 0)
        while self.below + bins.get(self.middle, 0) < half:
            self.below += bins.get(self.middle, 0)
            self.middle += 1

    def centre(self) -> tuple[float, float]:
        """Return the median of log10(cents) and the median absolute deviation from it (NaN when empty)."""
        if self.count <= 0:
            return math.nan, math.nan
        half, bins, middle = (self.count + 1) // 2, self.bins, self.middle
        within, distance = bins.get(middle, 0), 0
        while within < half:
            distance += 1
            within += bins.get(middle - distance, 0) + bins.get(middle + distance, 0)
        return (middle + 0.5) / BINS_PER_DECADE, distance / BINS_PER_DECADE

    def tail(self, bin_: int) -> int:
        """Return how many amounts lie at least as far from the median as a bin does, on its side."""
        if self.count <= 0:
            return 0
        if bin_ >= self.middle:
            return sum(times for other, times in self.bins.items() if other >= bin_)
        return sum(times for other, times in self.bins.items() if other <= bin_)
