"""How far something lies from a habit, in two currencies that controls and features share.

*Deviation*: robust z-score of log10(amount), ``|x - median| / (1.4826 MAD)``.
*Surprise*: ``-log10`` of the smoothed share of earlier cases like this one; 2 is "one in a hundred".

References
----------
Good: The population frequencies of species and the estimation of population parameters. Biometrika 1953.
Iglewicz, Hoaglin: How to Detect and Handle Outliers. ASQC Quality Press 1993 (robust z-score).
"""

import math

import numpy as np
import numpy.typing as npt

from wisebook_ml.features.usual import usual_side
from wisebook_ml.features.view import View, once
from wisebook_ml.habits.histogram import REACH_SHARE
from wisebook_ml.ledger.batch import Floats, Ints

__all__ = [
    "MIN_SIDE",
    "TOLD_BY",
    "account_deviation",
    "amount_surprise",
    "dealing_surprise",
    "deviation",
    "hour_surprise",
    "journal_account_surprise",
    "lag_surprise",
    "log_amounts",
    "minor_lines",
    "other_side_surprise",
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

TOLD_BY = ("side", "party", "purpose")
"""What tells which amounts to expect, from the least specific on."""

HALF = math.log10(2)
LEAST_REACH = 0.3
"""So far, in log10, amounts are taken to go from the median at least: twice of what always was the same is a change."""
BELOW = 0.5
"""Share that is left of what is smaller than anything ordinary: fees and remainders are, and hardly matter."""

FEW_LINES, FEW_OF_PARTY = 10, 2
"""Lines from which an account's, or a third party's, amounts tell what to expect of the next, if not much."""
OWN_SPREAD, SPREAD_LINES = 0.6, 4.0
"""How much one third party's amounts vary, as a share of those of all on its account, and as how many lines this counts
beside its own: invoices of one supplier are more alike than those of all."""
OWN_WIDEST = 0.25
"""Never more than this is expected: half of a third party's amounts within 1.8 times of its middle. An account spreads
wider where it mixes small things and large ones, each of which has its price."""
OWN_MIDDLE = 1.0
"""Lines that the account's middle counts as beside a third party's own amounts."""

MIN_JOURNAL_LINES = 100
MIN_SIDE = 30
"""Lines of an account before the side that they are on is called a habit."""
MIN_DEALT = 3
"""Lines of a third party before its accounts are called a habit."""
COMMON_DEALT = 3.0
"""How many lines of a third party weigh as much as what is usual for all third parties."""
MIN_COMPANY_DEALT = 30
MINOR = 10
"""So many times smaller than its entry is what only comes along: it says nothing of the other accounts."""
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


def deviation(logs: Floats, median: Floats, spread: Floats) -> Floats:
    """Return the signed robust z-score of log10 amounts in cents; NaN without a habit."""
    return (logs - median) / (1.4826 * np.maximum(spread, MIN_SPREAD))


@once
def minor_lines(view: View) -> npt.NDArray[np.bool_]:
    """Return the lines below a tenth of their entry's amount: fees, roundings, discounts that come along."""
    minor: npt.NDArray[np.bool_] = MINOR * view.batch.amount < view.batch.total[view.batch.entry_of]
    return minor


@once
def log_amounts(view: View) -> Floats:
    """Return log10 of each line's amount in cents; 0 for none."""
    logs: Floats = np.log10(np.maximum(view.batch.amount, 1))
    return logs


@once
def account_deviation(view: View) -> Floats:
    """Return each line's deviation from the amounts of its account, on its side, in its journal."""
    line = view.habits.line
    z = deviation(log_amounts(view), line["side_median"], line["side_spread"])
    return np.where(line["side_count"] >= MIN_ACCOUNT, _weighed(z, line["side_tail"], line["side_count"]), np.nan)


@once
def party_deviation(view: View) -> Floats:
    """Return each line's deviation from its third party's amounts.

    A few invoices tell little about how much they vary: the spread is at least half of that of all third parties.
    """
    line = view.habits.line
    common = (np.nan_to_num(view.habits.entry["newcomer_spread"]) * SHRINKAGE)[view.batch.entry_of]
    z = deviation(log_amounts(view), line["party_median"], np.maximum(line["party_spread"], common))
    return np.where(line["party_count"] >= MIN_PARTY, _weighed(z, line["party_tail"], line["party_count"]), np.nan)


@once
def amount_surprise(view: View) -> tuple[Floats, Ints]:
    """Return how surprising each line's amount is (NaN without a habit), and the place in `TOLD_BY` of what tells so.

    The amount's place in Student's distribution with four degrees of freedom about what is expected where it stands:
    on its account, for its third party, and for what it is for (the account in entries about the same third party or of
    the same wording). Each of these knows better than the one before, and weighs as much as is known of it: the tails
    of amounts are heavier than the normal ones, and with few lines much is possible. Never more than the share of
    earlier amounts as far off says, once there were some, and no less than what follows from how far they ever went.

    References
    ----------
    Lange, Little, Taylor: Robust statistical modeling using the t distribution. JASA 1989.
    Efron, Morris: Stein's estimation rule and its competitors. JASA 1973 (shrinkage towards the group).
    """
    line, logs = view.habits.line, log_amounts(view)
    known = line["side_count"] >= FEW_LINES
    common = np.nan_to_num(view.habits.entry["newcomer_spread"])[view.batch.entry_of]
    wide = np.maximum(np.where(known, np.nan_to_num(line["side_spread"]), common), MIN_SPREAD)
    borrowed = np.where(known, OWN_MIDDLE, 0.0)
    middle, spread, lines = np.nan_to_num(line["side_median"]), wide, line["side_count"]
    seen, beyond, by = line["side_tail"], _beyond(logs, line, "side"), np.zeros(len(logs), np.int64)
    borrowed_spread = np.minimum(OWN_SPREAD * wide, OWN_WIDEST)
    for k, whose in enumerate(TOLD_BY[1:], 1):
        own = np.maximum(line[f"{whose}_count"], 0.0)
        tells = own >= FEW_OF_PARTY
        own_middle = (own * np.nan_to_num(line[f"{whose}_median"]) + borrowed * middle) / np.maximum(
            own + borrowed, 1.0
        )
        own_spread = np.sqrt(
            (own * np.nan_to_num(line[f"{whose}_spread"]) ** 2 + SPREAD_LINES * borrowed_spread**2)
            / (own + SPREAD_LINES)
        )
        middle, spread, lines = (
            np.where(tells, one, other) for one, other in ((own_middle, middle), (own_spread, spread), (own, lines))
        )
        seen = np.where(tells, line[f"{whose}_tail"], seen)
        beyond, by = np.where(tells, _beyond(logs, line, whose), beyond), np.where(tells, k, by)
    z = (logs - middle) / (1.4826 * np.maximum(spread, MIN_SPREAD) * np.sqrt(1.0 + 1.0 / (lines + 1.0)))
    value = np.maximum(_student_surprise(np.where(z < 0, -z * TOO_SMALL, z)), beyond)
    value = np.where(seen > 0, np.minimum(value, surprise(seen, lines)), value)
    return np.where(known | (by > 0), value, np.nan), by


def _beyond(logs: Floats, line: dict[str, Floats], whose: str) -> Floats:
    """Return how surprising an amount is that goes beyond all that is ordinary, however wide that is; else 0.

    From the median to what one in a hundred goes beyond, the logarithm of the share that is left falls by so much a
    decade: it falls on at least as fast, where amounts are log-normal or Pareto's.
    """
    lines = np.maximum(line[f"{whose}_count"], 0.0)
    median, ordinary = np.nan_to_num(line[f"{whose}_median"]), line[f"{whose}_reach"]
    left = np.log10((lines + 1.0) / (lines // REACH_SHARE + 1.5))
    wide = np.maximum(np.abs(ordinary - median), LEAST_REACH)
    farther = (logs - ordinary) * np.where(logs < median, -1.0, 1.0)
    value = left + np.maximum(left - HALF, 0.0) / wide * farther
    known = (lines >= MIN_ACCOUNT) & (farther > 0)
    return np.where(known, np.where(logs < median, value * BELOW, value), 0.0)


def _student_surprise(t: Floats) -> Floats:
    """Return -log10 of the probability of a larger value of Student's distribution with four degrees of freedom."""
    s = t / np.sqrt(t * t + 4.0)
    tail = 0.5 - 0.75 * s + 0.25 * s**3
    return -np.log10(np.maximum(2.0 * tail, 1e-12))


def _weighed(z: Floats, tail: Floats, count: Floats) -> Floats:
    """Return absolute deviations, less where amounts that far were seen before or little was seen at all.

    The tails of amounts are heavier than any formula's, so what was seen decides with the distance. An amount that is
    too small is half the concern of one too large: assets and expenses are rarely understated by mistake.
    """
    seen = np.minimum(1.0, surprise(tail, count) / NEVER_SEEN)
    return np.where(z < 0, -z * TOO_SMALL, z) * seen


@once
def journal_account_surprise(view: View) -> Floats:
    """Return how surprising each line's account is in its journal.

    A known account by its share of the journal's lines; a new one by how likely new ones are, which the accounts used
    just once tell (Good 1953).
    """
    line = view.habits.line
    count, lines = line["account_count"], line["journal_lines"]
    value = surprise(np.where(count == 0, line["journal_singles"] + 1.0, count), lines)
    return np.where(lines >= MIN_JOURNAL_LINES, value, np.nan)


@once
def side_surprise(view: View) -> Floats:
    """Return how surprising each line's side is for its account in its journal, where that or the PCG expects one."""
    line = view.habits.line
    return _surprise_of_side(view, line["side_count"], usual_side(view)[1])


@once
def other_side_surprise(view: View) -> Floats:
    """Return how surprising it would be if each line stood on the other side."""
    line, (lines, on_side) = view.habits.line, usual_side(view)
    return _surprise_of_side(view, line["account_count"] - line["side_count"], lines - on_side)


def _surprise_of_side(view: View, own: Floats, prior: Floats) -> Floats:
    lines, of_account = usual_side(view)[0], view.habits.line["account_count"]
    count, side = of_account + lines, own + prior
    # With pseudo-counts, the halves of the estimate would count twice.
    value = np.where(lines > 0, -np.log10(np.maximum(side, 0.5) / np.maximum(count, 1.0)), surprise(side, count))
    return np.where(count >= MIN_SIDE, value, np.nan)


@once
def dealing_surprise(view: View) -> Floats:
    """Return how surprising each line's account is for the entry's third party, where it is new to it.

    How likely a new account is, is told by how many the third party has had, and by how many others have: the few lines
    of one third party are shrunk towards what is usual in the company (Good 1953; empirical Bayes).
    """
    line, entry, of = view.habits.line, view.habits.entry, view.batch.entry_of
    new, known = entry["company_dealings"] - entry["company_dealers"], entry["company_dealt"] - entry["company_dealers"]
    usual = ((new + 0.5) / (np.maximum(known, 0.0) + 1.0))[of]
    dealt = line["dealt"]
    chance = (np.maximum(line["dealings"] - 1.0, 0.0) + COMMON_DEALT * usual) / (dealt + COMMON_DEALT)
    value = np.where(line["dealing_count"] == 0, -np.log10(np.minimum(chance, 1.0)), 0.0)
    return np.where((dealt >= MIN_DEALT) & (known[of] >= MIN_COMPANY_DEALT), value, np.nan)


@once
def hour_surprise(view: View) -> Floats:
    """Return how surprising each entry's time is for its author."""
    entry = view.habits.entry
    value = surprise(entry["hour_count"], entry["author"])
    return np.where((entry["author"] >= MIN_HOURS) & (entry["hour"] >= 0), value, np.nan)


@once
def lag_surprise(view: View) -> Floats:
    """Return how surprising each entry's delay is for its journal, among entries made as it was."""
    return surprise(view.habits.entry["lag_tail"], view.habits.entry["lag_timed"])
