"""Benford's law of first digits, and how surely counts deviate from what is expected.

References
----------
Benford: The law of anomalous numbers. Proc. Am. Philos. Soc. 78 (1938). Nigrini: Benford's Law. Wiley 2012 (first-two
digits, mean absolute deviation and its limits). Wilson, Hilferty: The distribution of chi-square. PNAS 17 (1931).
Fisher: Statistical Methods for Research Workers, 1925, section 21.1. Hill: Random-number guessing and the first digit
phenomenon. Psychological Reports 62 (1988). Rayner, Best: Smooth Tests of Goodness of Fit. Oxford 1989.
"""

import math

import numpy as np

from wisebook_ml.compiled import Array, compiled

__all__ = [
    "DIGITS",
    "PAIRS",
    "PAIR_LAW",
    "both",
    "chi_square",
    "deviation",
    "doubt",
    "doubt_of",
    "first_pair",
]

DIGITS, PAIRS = 9, 90
"""First digits 1 to 9, and first two digits 10 to 99."""

PAIR_LAW = np.log10(1.0 + 1.0 / np.arange(10.0, 100.0))
"""Benford's law of the first two digits."""

LEAST_EXPECTED = 2.0
"""Lines expected of a class of digits: chi-square does not hold for fewer (Cochran 1954 allows one or two)."""

LARGEST_DOUBT = 300.0
"""In -log10: a smaller probability is no number any more."""


@compiled
def first_pair(cents: int) -> int:
    """Return the place of an amount's first two digits: 0 for 10 to 89 for 99; amounts below 10 cents count as 10.

    Examples
    --------
    >>> first_pair(4_713_00), first_pair(99)
    (37, 89)
    """
    while cents >= 100:
        cents //= 10
    return max(0, cents - 10)


@compiled
def chi_square(counts: Array, expected: Array) -> float:
    """Return Pearson's chi-square of counts against expected ones, all positive."""
    total = 0.0
    for k in range(len(counts)):
        total += (counts[k] - expected[k]) ** 2 / expected[k]
    return total


@compiled
def doubt_of(z: float) -> float:
    """Return ``-log10`` of the probability that a standard normal variable is larger."""
    tail = 0.5 * math.erfc(z / math.sqrt(2.0))
    return -math.log10(tail) if tail > 0.0 else LARGEST_DOUBT


@compiled
def doubt(chi: float, freedom: int) -> float:
    """Return ``-log10`` of the probability that chance alone gives so large a chi-square.

    By the cube root of Wilson and Hilferty, whose error is below a tenth here from 8 degrees of freedom on.

    Examples
    --------
    >>> round(doubt(26.12, 8), 1), round(doubt(7.0, 8), 1)
    (3.0, 0.3)
    """
    spread = 2.0 / (9.0 * freedom)
    return doubt_of(((chi / freedom) ** (1.0 / 3.0) - (1.0 - spread)) / math.sqrt(spread))


@compiled
def digits_doubt(counts: Array, expected: Array, inflation: float) -> float:
    """Return the doubt that first digits are as expected: that they are so high on average, or else so different.

    People who make amounts up begin too few with 1 and too many with 6 to 9 (Hill 1988), and a test of that one
    tendency needs fewer lines than one of any deviation. It is the part of chi-square along the logarithm of the digit;
    the rest, with one degree of freedom less, does not depend on it (Rayner, Best 1989), so that both are taken
    together. Digits next to each other are counted as one until enough are expected for chi-square to hold.

    Parameters
    ----------
    counts, expected : ndarray, shape (9,)
        Of the same sum.
    inflation : float
        Of the variance, since what is expected is an estimate.
    """
    groups, total, seen, mean, square, chi = 0, 0.0, 0.0, 0.0, 0.0, 0.0
    count, share, score, ahead = 0.0, 0.0, 0.0, 0.0
    for k in range(len(counts)):
        ahead += expected[k]
    for k in range(len(counts)):
        count += counts[k]
        share += expected[k]
        score += expected[k] * math.log10(k + 1.5)
        ahead -= expected[k]
        if k == len(counts) - 1 or (share >= LEAST_EXPECTED and ahead >= LEAST_EXPECTED):
            groups += 1
            middle = score / share
            chi += (count - share) ** 2 / share
            total += share
            seen += count * middle
            mean += share * middle
            square += share * middle**2
            count, share, score = 0.0, 0.0, 0.0
    if groups < 2:
        return 0.0
    variance = (square / total - (mean / total) ** 2) * inflation / total
    high = (seen - mean) / total / math.sqrt(variance)
    if groups == 2:
        return doubt_of(high)
    return both(doubt_of(high), doubt(max(0.0, chi / inflation - high**2), groups - 2))


@compiled
def both(first: float, second: float) -> float:
    """Return the doubt of two independent tests taken together (Fisher 1925), in ``-log10``.

    Examples
    --------
    >>> round(both(2.0, 2.0), 1), round(both(3.0, 0.0), 1)
    (3.0, 2.1)
    """
    total = (first + second) * math.log(10.0)
    return min(LARGEST_DOUBT, (total - math.log1p(total)) / math.log(10.0))


@compiled
def deviation(counts: Array, law: Array, total: float, inflation: float) -> float:
    """Return the mean absolute deviation of shares from a law, less what chance alone gives for so few lines.

    The mean absolute deviation of `total` lines that follow the law is about ``mean(sqrt(2 p (1 - p) / (pi total)))``,
    three times Nigrini's limit at 500 lines. Deviations by chance and by nature add up in squares.

    Parameters
    ----------
    counts, law : ndarray, shape (90,)
    total : float
        Sum of the counts.
    inflation : float
        Of the variance, where the law itself is an estimate.
    """
    seen, chance = 0.0, 0.0
    for k in range(len(counts)):
        seen += abs(counts[k] / total - law[k])
        chance += math.sqrt(2.0 * law[k] * (1.0 - law[k]) * inflation / (math.pi * total))
    seen, chance = seen / len(counts), chance / len(counts)
    return math.sqrt(max(0.0, seen**2 - chance**2))
