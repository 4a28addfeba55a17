"""Histograms of amounts: exact counts that can be taken back, and a centre within a bin of the true one."""

import math
import random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.habits.histogram import BINS, AmountHistogram, amount_bin

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=150)
AMOUNTS = st.lists(st.integers(1, 10**13), min_size=1, max_size=60)
BIN = 1 / 8
"""Width of a bin, in decades."""


def filled(amounts: list[int]) -> AmountHistogram:
    histogram = AmountHistogram()
    for cents in amounts:
        histogram.add(amount_bin(cents), 1)
    return histogram


@REPEATABLE
@given(AMOUNTS)
def test_the_centre_is_numpys_within_a_bin(amounts: list[int]) -> None:
    median, spread = filled(amounts).centre()
    logs = np.log10(np.array(amounts, float))
    true = float(np.quantile(logs, 0.5, method="inverted_cdf"))
    assert abs(median - true) <= BIN / 2 + 1e-9, "the lower median, at the middle of its bin"
    true_spread = float(np.quantile(np.abs(logs - true), 0.5, method="inverted_cdf"))
    assert abs(spread - true_spread) <= BIN + 1e-9


@REPEATABLE
@given(AMOUNTS, AMOUNTS, st.randoms(use_true_random=False))
def test_what_was_added_can_be_taken_out_in_any_order(kept: list[int], gone: list[int], order: random.Random) -> None:
    histogram = filled(kept + gone)
    histogram.centre()
    order.shuffle(gone)
    for cents in gone:
        histogram.add(amount_bin(cents), -1)
    alone = filled(kept)
    assert (histogram.count, histogram.bins) == (alone.count, alone.bins)
    assert histogram.centre() == alone.centre()


@REPEATABLE
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**13), st.integers(1, 4)), max_size=60))
def test_the_centre_is_followed_through_every_step(steps: list[tuple[bool, int, int]]) -> None:
    """Adding and taking out in any mixture: at every moment what it would be from the start."""
    followed, kept = AmountHistogram(), list[tuple[int, int]]()
    for take_out, cents, times in steps:
        if take_out and kept:
            bin_, times = kept.pop(cents % len(kept))
            followed.add(bin_, -times)
        else:
            kept.append((amount_bin(cents), times))
            followed.add(*kept[-1])
        fresh = AmountHistogram()
        for bin_, times in kept:
            fresh.add(bin_, times)
        assert followed.centre() == fresh.centre() or (math.isnan(followed.centre()[0]) and not kept)
        assert (followed.count, followed.bins) == (fresh.count, fresh.bins)


@REPEATABLE
@given(AMOUNTS, st.integers(1, 10**13))
def test_the_tail_is_what_lies_as_far_on_its_side(amounts: list[int], asked: int) -> None:
    bins, bin_ = sorted(amount_bin(cents) for cents in amounts), amount_bin(asked)
    middle = bins[(len(bins) - 1) // 2]
    as_far = [other for other in bins if (other >= bin_ if bin_ >= middle else other <= bin_)]
    assert filled(amounts).tail(bin_) == len(as_far)


def test_nothing_has_no_tail() -> None:
    assert AmountHistogram().tail(7) == 0


@REPEATABLE
@given(AMOUNTS, st.randoms(use_true_random=False))
def test_the_centre_does_not_depend_on_the_order(amounts: list[int], order: random.Random) -> None:
    shuffled = list(amounts)
    order.shuffle(shuffled)
    assert filled(shuffled).centre() == filled(amounts).centre()


def test_empty_again_means_unknown_again() -> None:
    histogram = filled([100_00])
    histogram.add(amount_bin(100_00), -1)
    assert all(math.isnan(value) for value in histogram.centre())
    assert histogram.bins == {}, "bins that are not in use take no memory"


@REPEATABLE
@given(st.integers(-(10**20), 10**20), st.integers(0, 10**20))
def test_bins_are_ordered_and_bounded(cents: int, more: int) -> None:
    assert 0 <= amount_bin(cents) <= amount_bin(cents + more) < BINS


def test_every_power_of_ten_opens_its_bin() -> None:
    """A logarithm that came out a hair too small would put 1,000 euros beside 800."""
    assert [amount_bin(10**k) for k in range(13)] == [8 * k for k in range(13)]
    assert amount_bin(0) == amount_bin(1) == 0
