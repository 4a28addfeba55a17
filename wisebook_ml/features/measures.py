"""How far something lies from a habit, in two currencies that controls and features share.

*Deviation*: robust z-score of log10(amount), ``|x - median| / (1.4826 MAD)``.
*Surprise*: ``-log10`` of the smoothed share of earlier cases like this one; 2 is "one in a hundred".

References
----------
Good: The population frequencies of species and the estimation of population parameters. Biometrika 1953.
Iglewicz, Hoaglin: How to Detect and Handle Outliers. ASQC Quality Press 1993 (robust z-score).
"""

import numpy as np

from wisebook_ml.habits.observe import Habits
from wisebook_ml.ledger.batch import EntryBatch, Floats

__all__ = [
    "account_deviation",
    "deviation",
    "hour_surprise",
    "journal_account_surprise",
    "party_deviation",
    "side_surprise",
    "surprise",
]

MIN_ACCOUNT = 20
"""Lines of an account before its amounts are called a habit."""
MIN_PARTY = 6
"""Lines of a third party before its amounts are: a supplier is billed monthly, so half a year."""
MIN_SPREAD = 0.10
"""Smallest spread in log10: amounts within a quarter of each other are the same to an accountant, and the histogram's
bin is an eighth of a decade."""
SHRINKAGE = 0.5
NEVER_SEEN = 1.7
"""Surprise from which "never that far before" counts fully: none among twenty-five."""
TOO_SMALL = 0.5
MIN_JOURNAL_LINES = 100
MIN_SIDE = 30
MIN_HOURS = 50
"""An author's hours are known after some days at work."""


def surprise(count: Floats, total: Floats) -> Floats:
    """Return ``-log10((count + 1/2) / (total + 1))`` (Krichevsky-Trofimov estimate), never negative.

    Examples
    --------
    >>> surprise(np.array([0.0, 50.0]), np.array([99.0, 99.0])).round(2).tolist()
    [2.3, 0.3]
    """
    return np.maximum(0.0, -np.log10((count + 0.5) / (np.maximum(total, 0.0) + 1.0)))


def deviation(amount: Floats, median: Floats, spread: Floats) -> Floats:
    """Return the signed robust z-score of log10 amounts in cents; NaN without a habit."""
    value = np.log10(np.maximum(amount, 1.0))
    return (value - median) / (1.4826 * np.maximum(spread, MIN_SPREAD))


def account_deviation(batch: EntryBatch, habits: Habits) -> Floats:
    """Return each line's deviation from the amounts of its account, on its side, in its journal."""
    line = habits.line
    z = deviation(batch.amount.astype(np.float64), line["side_median"], line["side_spread"])
    return np.where(line["side_count"] >= MIN_ACCOUNT, _weighed(z, line["side_tail"], line["side_count"]), np.nan)


def party_deviation(batch: EntryBatch, habits: Habits) -> Floats:
    """Return each line's deviation from its third party's amounts.

    A few invoices tell little about how much they vary: the spread is at least half of that of all third parties.
    """
    line, entry = habits.line, habits.entry
    common = np.nan_to_num(entry["newcomer_spread"])[batch.entry_of] * SHRINKAGE
    z = deviation(batch.amount.astype(np.float64), line["party_median"], np.maximum(line["party_spread"], common))
    return np.where(line["party_count"] >= MIN_PARTY, _weighed(z, line["party_tail"], line["party_count"]), np.nan)


def _weighed(z: Floats, tail: Floats, count: Floats) -> Floats:
    """Return absolute deviations, less where amounts that far were seen before or little was seen at all.

    The tails of amounts are heavier than any formula's, so what was seen decides with the distance. An amount that is
    too small is half the concern of one too large: assets and expenses are rarely understated by mistake.
    """
    seen = np.minimum(1.0, surprise(tail, count) / NEVER_SEEN)
    return np.where(z < 0, -z * TOO_SMALL, z) * seen


def journal_account_surprise(habits: Habits) -> Floats:
    """Return how surprising each line's account is in its journal.

    A known account by its share of the journal's lines; a new one by how likely new ones are, which the accounts used
    just once tell (Good 1953).
    """
    line = habits.line
    new = line["account_count"] == 0
    value = np.where(
        new,
        surprise(line["journal_singles"] + 1.0, line["journal_lines"]),
        surprise(line["account_count"], line["journal_lines"]),
    )
    return np.where(line["journal_lines"] >= MIN_JOURNAL_LINES, value, np.nan)


def side_surprise(habits: Habits) -> Floats:
    """Return how surprising each line's side is for its account in its journal."""
    line = habits.line
    value = surprise(line["side_count"], line["account_count"])
    return np.where(line["account_count"] >= MIN_SIDE, value, np.nan)


def hour_surprise(habits: Habits) -> Floats:
    """Return how surprising each entry's time is for its author."""
    entry = habits.entry
    value = surprise(entry["hour_count"], entry["author"])
    return np.where((entry["author"] >= MIN_HOURS) & (entry["hour"] >= 0), value, np.nan)
