"""The rhythm of dates: whether they come every month, two, three, six or twelve, and when the next one is due."""

from wisebook_ml.compiled import Array, compiled
from wisebook_ml.ledger.characters import DIGIT, LETTER, MARK, WORD, code_point, fold_of, kind_of
from wisebook_ml.ledger.dates import civil, ordinal
from wisebook_ml.ledger.hashing import mix

__all__ = ["LABELLED", "MONTH", "NEED", "SERVICE", "add_months", "label_words", "learn_rhythm", "steps_between"]

SAME_DAYS = 5
"""Entries within so many days are one occurrence: two invoices of one delivery."""

MONTH = 30.44
"""Mean days of a month."""

PERIODS = ((24, 38, 1), (52, 70, 2), (82, 101, 3), (170, 195, 6), (350, 381, 12))
"""Shortest and longest interval in days that is one of so many months: weekends and holidays move a date by up to
four days, a person by some more."""

SERVICE, NEED, LABELLED = range(3)
"""What may come regularly: what a supplier does for the company, at amounts that may vary; what is bought when it is
needed, by some once a month, where only equal amounts make a rhythm; entries that share no more than a label, where
they do until six have come."""

LETTER_BASE, LETTERS = 32, 12
"""A word is a number in this base, by its first letters."""


MONTH_NAMES = (
    "janvier janv jan fevrier fevr fev mars avril avr mai juin juillet juil jul aout septembre sept sep octobre oct",
    "novembre nov decembre dec",
)
LAST_WORDS = "derniere dernier resilie resiliee resiliation anticipe"
END_WORDS, OF_WORDS = "fin solde cloture", "contrat bail abonnement pret emprunt location credit"


def _words(text: str) -> tuple[int, ...]:
    """Return words as numbers."""
    numbers = []
    for word in text.split():
        number = 0
        for character in word[:LETTERS]:
            number = number * LETTER_BASE + ord(character) - 96
        numbers.append(number)
    return tuple(numbers)


MONTHS = _words(" ".join(MONTH_NAMES))
"""Words of labels that change from month to month."""

LAST, END, OF = _words(LAST_WORDS), _words(END_WORDS), _words(OF_WORDS)
"""What says that nothing comes any more: one of `LAST`, or one of `END` with one of `OF`."""


@compiled
def label_words(data: Array, start: int, end: int, fold: Array, kind: Array) -> tuple[int, bool]:
    """Return a hash of a label's words without figures and months (0: none), and whether it says it is the last one."""
    hashed, word, length, figures = 0, 0, 0, False
    last, ends, of = False, False, False
    at = start
    while at <= end:
        bits, code, size = 0, 0, 1
        if at < end:
            code, size = code_point(data, at)
            bits = kind_of(code, kind)
        at += size
        if bits & MARK:
            continue
        if bits & WORD:
            figures |= bits & DIGIT != 0
            if bits & LETTER and length < LETTERS:
                word = word * LETTER_BASE + (fold_of(code, fold) - 96)
                length += 1
            continue
        if length > 1 and not figures:
            last |= word in LAST
            ends |= word in END
            of |= word in OF
            if word not in MONTHS:
                hashed = mix(hashed + 1, word)
        word, length, figures = 0, 0, False
    return hashed, last or (ends and of)


@compiled
def steps_between(anchor: int, day: int, period: int, early: int, late: int) -> int:
    """Return how many periods of months after an anchor a day lies, but for some days; 0 where it does not."""
    steps = int((day - anchor + early) / (MONTH * period))
    off = day - add_months(anchor, steps * period)
    return steps if steps > 0 and -early - 2 <= off <= late else 0


@compiled
def add_months(day: int, months: int) -> int:
    """Return the same day some months later, or the last one of a shorter month."""
    year, month, date = civil(day)
    month += months - 1
    year, month = year + month // 12, month % 12 + 1
    while date > 28 and ordinal(year, month, date) == 0:
        date -= 1
    return ordinal(year, month, date)


@compiled
def learn_rhythm(days: Array, amounts: Array, count: int, kind: int, scratch: Array, series: Array) -> bool:
    """Learn the rhythm of some occurrences by ascending date; return whether there is one.

    Parameters
    ----------
    days, amounts : ndarray, shape (RING,)
        The first `count` are used.
    kind : int
        What comes: `SERVICE`, `NEED` or `LABELLED`.
    scratch : ndarray of int64, shape (4, RING)
    series : record of `SERIES`
        Its period, anchor, spread, amount, length and steady are set where there is one.
    """
    seen, extras, since = 0, 0, 0
    for j in range(count):
        if seen > 0 and days[j] - since <= SAME_DAYS:
            extras += 1
            continue
        since = days[j]
        scratch[0, seen], scratch[1, seen] = days[j], amounts[j]
        seen += 1
    if seen < 3 or extras * 3 > seen:
        return False
    usual = _middle_interval(scratch[0], seen)
    period = 0
    for least, most, months in PERIODS:
        if least <= usual <= most:
            period = months
    if period == 0:
        return False
    start = _regular_from(scratch[0], seen, period)
    length = seen - start
    if length < (3 if period in (1, 12) else 4):
        return False
    return _describe(scratch, start, seen, period, kind, series)


@compiled
def _middle_interval(days: Array, seen: int) -> int:
    """Return the middle one of the last three intervals, the shorter one of two."""
    last: int = days[seen - 1] - days[seen - 2]
    before: int = days[seen - 2] - days[seen - 3]
    if seen == 3:
        return min(last, before)
    first: int = days[seen - 3] - days[seen - 4]
    return max(min(last, before), min(max(last, before), first))


@compiled
def _steps(interval: int, period: int) -> int:
    """Return how many periods an interval is; 0 where it is none."""
    steps = int(interval / (MONTH * period) + 0.5)
    slack = 12 if period <= 6 else 16  # one that is two weeks late, and the next one in time
    if steps < 1 or steps > 3 or abs(interval - steps * MONTH * period) > slack:
        return 0
    return steps


@compiled
def _regular_from(days: Array, seen: int, period: int) -> int:
    """Return from which occurrence on all are regular: one in four may have been missed."""
    start, gaps, after_gap = seen - 1, 0, seen - 1
    gapless = True
    while start > 0:
        steps = _steps(days[start] - days[start - 1], period)
        if steps == 0:
            break
        if steps > 1 and gapless:
            gapless, after_gap = False, start
        gaps += steps - 1
        start -= 1
    if gapless:
        after_gap = start
    return start if gaps * 4 <= seen - start else after_gap


@compiled
def _describe(scratch: Array, start: int, seen: int, period: int, kind: int, series: Array) -> bool:
    """Write down a rhythm, if dates and amounts are those of one."""
    days, amounts, due, sizes = scratch[0], scratch[1], scratch[2], scratch[3]
    length, slots = seen - start, 0
    for j in range(seen - 1, start - 1, -1):
        due[j - start] = add_months(days[j], slots * period)
        sizes[j - start] = amounts[j]
        if j > start:
            slots += _steps(days[j] - days[j - 1], period)
    for j in range(length):
        days[j] = due[j]
    due[:length].sort()
    sizes[:length].sort()
    anchor, amount = due[(length - 1) // 2], sizes[(length - 1) // 2]
    worst, spread, steady, near = 0, 0, 0, 0
    for j in range(length):
        off = abs(days[j] - anchor)
        if off >= worst:
            worst, spread = off, worst
        else:
            spread = max(spread, off)
        steady += abs(sizes[j] - amount) * 50 <= amount
        near += abs(sizes[j] - amount) * 20 <= 7 * amount
    if length < 4:
        spread = worst
    if 4 * steady < 3 * length and (kind == NEED or (kind == LABELLED and length < 6)):
        return False
    if kind == NEED and (length < 4 or (length < 6 and steady < length)):
        return False  # goods for a like amount three times in a row are chance
    if not _is_rhythm(period, length, spread, steady / length, near / length):
        return False
    series.period, series.anchor, series.spread, series.amount = period, anchor, spread, amount
    series.length, series.steady = length, 100 * steady // length
    return True


@compiled
def _is_rhythm(period: int, length: int, spread: int, steady: float, near: float) -> bool:
    """Return whether dates within `spread` days and amounts, of which shares are equal or near, are no chance."""
    if period == 12:
        return spread <= 15 and near >= 0.75
    if period > 1:
        return (spread <= 6 and near >= 0.75 and length >= 6) or (spread <= 10 and steady >= 0.75)
    if length == 3:
        return spread <= 9 and steady == 1.0
    if length == 4:
        return spread <= 4 and steady >= 0.75
    if spread <= 4 and near >= (1.0 if length == 5 else 0.8):
        return True
    return (spread <= 6 and steady >= 0.75) or (spread <= 3 and length >= 6)
