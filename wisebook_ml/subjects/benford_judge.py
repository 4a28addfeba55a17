"""Whether the first digits of an account's month or year are told of."""

import numpy as np

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.subjects.benford_law import DIGITS, PAIR_LAW, PAIRS, chi_square, deviation, digits_doubt, doubt

__all__ = ["judge_month", "judge_year"]

GROWTH, UNSEEN = 1.75, 1.1
"""A month is judged by itself where it has so many times the amounts of the account's average month, and of its
largest: a run of invented ones is added to the real ones. Without growth, only the year can tell."""

MIN_AGE = 3
"""Months of a company's books before a month is unlike the others."""

DIGIT_PRIOR, LEAST_PRIOR, PAIR_PRIOR = 30.0, 6.0, 90.0
"""How many lines Benford's law itself counts for in an account's habit: it decides where there is hardly any. For first
digits that is less with every line of the habit, since an account of one kind of expense may be far from the law."""

HABIT_KNOWN, OTHERS_KNOWN = 300, 1_000
"""Lines of earlier years, and of other accounts, from which a year is compared with them, too."""

MIN_DEVIATION = 0.0022
"""Mean absolute deviation of first-two digits from which they do not conform (Nigrini 2012, table 7.1)."""

YEAR_THRESHOLD = 6.0
"""A year's threshold in a month's: the more lines, the surer is every small deviation of ordinary books."""

FIRST_THRESHOLD, FIRST_DEVIATION = 15.0, 3.0
"""A year's without a year before it: threshold in a month's, and least deviation in `MIN_DEVIATION`. Many accounts
follow no law by their nature; one of which half the amounts were invented deviates by four times the limit."""

MIN_DECADES, DECADE_SHARE = 3, 0.05
"""Amounts span two orders of magnitude where three decades have this share of them each; others follow no law."""

CLOSING = 0.75
"""A finding is withdrawn below this share of its threshold."""


@compiled
def judge_month(
    company: Array, account: Array, window: Array, other: Array, threshold: float, events: Array, used: Array
) -> None:
    """Compare a month's first digits with the account's months before it, and with Benford's law where they are few."""
    if window.month - company.first_month < MIN_AGE:
        return
    law, expected = np.zeros(DIGITS), np.zeros(DIGITS)
    for k in range(PAIRS):
        law[k // 10] += PAIR_LAW[k]
    before = other.month < window.month and not other.open
    habit = account.habit + (other.lines if before else 0)
    prior = max(LEAST_PRIOR, DIGIT_PRIOR - habit / 2.0)
    for k in range(DIGITS):
        seen = account.digits[k] + (other.digits[k] if before else 0)
        expected[k] = window.lines * (seen + prior * law[k]) / (habit + prior)
    largest = max(account.largest, other.lines if before else 0)
    usual = habit / max(1, window.month - account.first_month)
    inflation = 1.0 + window.lines / (habit + prior)
    value = digits_doubt(window.digits, expected, inflation)
    if window.open:
        if value >= CLOSING * threshold:
            return
    elif value < threshold or window.lines < max(GROWTH * usual, UNSEEN * largest):
        return
    window.open = 1 - window.open
    window.revision += 1
    event = events[used[0]]
    used[0] += 1
    event.kind, event.stands, event.month, event.revision = DIGITS, window.open, window.month, window.revision
    event.first, event.last, event.deviation = 0, 0, 0.0
    event.lines, event.habit, event.usual = window.lines, habit, usual
    event.value, event.threshold = value, threshold
    event.stake = _tell(window.digits, window.sums, expected, event)


@compiled
def judge_year(company: Array, year: Array, threshold: float, events: Array, used: Array) -> None:
    """Compare a year's first two digits with Benford's law, the account's years before, and the company's accounts.

    Told where they deviate from each of these that is known.
    """
    expected, law = np.empty(PAIRS), np.empty(PAIRS)
    value, distance = _against(year, PAIR_LAW, 0.0)
    if year.habit >= HABIT_KNOWN:
        for k in range(PAIRS):
            law[k] = (year.learnt[k] + PAIR_PRIOR * PAIR_LAW[k]) / (year.habit + PAIR_PRIOR)
        surely, far = _against(year, law, year.habit + PAIR_PRIOR)
        value, distance = min(value, surely), min(distance, far)
    own = 0
    for k in range(PAIRS):
        own += year.own[k]
    if company.lines - own >= OTHERS_KNOWN:
        others = company.lines - own + PAIR_PRIOR
        for k in range(PAIRS):
            law[k] = (company.pairs[k] - year.own[k] + PAIR_PRIOR * PAIR_LAW[k]) / others
        surely, far = _against(year, law, others)
        value, distance = min(value, surely), min(distance, far)
    limit, least = YEAR_THRESHOLD * threshold, MIN_DEVIATION
    if year.habit < HABIT_KNOWN:
        limit, least = FIRST_THRESHOLD * threshold, FIRST_DEVIATION * MIN_DEVIATION
    if year.open:
        if value >= CLOSING * limit and distance >= CLOSING * least:
            return
    elif value < limit or distance < least or not _spans(year):
        return
    year.open = 1 - year.open
    year.revision += 1
    for k in range(PAIRS):
        expected[k] = year.lines * PAIR_LAW[k]
    event = events[used[0]]
    used[0] += 1
    event.kind, event.stands, event.month, event.revision = PAIRS, year.open, 0, year.revision
    event.first, event.last, event.deviation = year.first, year.last, distance
    event.lines, event.habit, event.usual = year.lines, year.habit, 0.0
    event.value, event.threshold = value, limit
    event.stake = _tell(year.pairs, year.sums, expected, event)


@compiled
def _against(year: Array, law: Array, known: float) -> tuple[float, float]:
    """Return how surely and how far a year deviates from a law, which `known` lines have told (0: it is given)."""
    inflation = 1.0 + year.lines / known if known > 0.0 else 1.0
    expected = np.empty(PAIRS)
    for k in range(PAIRS):
        expected[k] = year.lines * law[k]
    value = doubt(chi_square(year.pairs, expected) / inflation, PAIRS - 1)
    return value, deviation(year.pairs, law, year.lines, inflation)


@compiled
def _spans(year: Array) -> bool:
    decades = 0
    for count in year.decades:
        decades += count >= DECADE_SHARE * year.lines
    return decades >= MIN_DECADES


@compiled
def _tell(counts: Array, sums: Array, expected: Array, event: Array) -> int:
    """Write counts and what was expected; return the sum of what is too much, in cents."""
    stake = 0.0
    for k in range(PAIRS):
        event.counts[k], event.expected[k] = 0, 0.0
    for k in range(len(counts)):
        event.counts[k], event.expected[k] = counts[k], expected[k]
        if counts[k] > expected[k]:
            stake += sums[k] * ((counts[k] - expected[k]) / counts[k])
    return round(stake)
