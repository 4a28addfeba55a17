"""Histograms: exact counts that can be taken back, and a centre within a bin of the true one.

Every test works on several histograms that share their cells, as they do in the state: a block that two of them wrote
to would show.
"""

import math
import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.habits.histogram import (
    DIRECT_CLASS,
    HISTOGRAM,
    Cells,
    add,
    add_amount,
    centre,
    copies,
    share_beyond,
)
from wisebook_ml.habits.store import BLOCK_CLASSES
from wisebook_ml.habits.tables import SMALLEST_BLOCK
from wisebook_ml.ledger.facts import BINS, amount_bin

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=150)
AMOUNTS = st.lists(st.integers(1, 10**13), min_size=1, max_size=60)
BIN = 1 / 8
"""Width of a bin, in decades."""
SCRATCH = np.zeros(BINS, np.int64)
STEPS = st.lists(st.tuples(st.integers(0, 2), st.booleans(), st.integers(0, BINS - 1), st.integers(1, 4)), max_size=80)


def new_cells(capacity: int = 4096) -> Cells:
    heads = np.zeros(BLOCK_CLASSES + 1, np.int64)
    heads[-1] = SMALLEST_BLOCK
    return Cells(heads, np.zeros(capacity, np.uint8), np.zeros(capacity, np.int32))


class Histogram:
    """One histogram over cells, with the numbers that it counts beside it."""

    def __init__(self, cells: Cells | None = None) -> None:
        self.record = np.zeros(1, HISTOGRAM)[0]
        self.cells = new_cells() if cells is None else cells
        self.plain: Counter[int] = Counter()

    def add(self, bin_: int, times: int = 1) -> None:
        add_amount(self.record, self.cells, bin_, times)
        self.plain[bin_] += times
        self.plain = +self.plain

    def centre(self) -> tuple[float, float]:
        found = centre(self.record, self.cells, SCRATCH)
        assert not SCRATCH.any()
        return found

    def tail(self, bin_: int) -> int:
        return share_beyond(self.record, self.cells, bin_, self.record["middle"])

    def counts(self) -> Counter[int]:
        return +Counter({bin_: copies(self.record, self.cells, bin_) for bin_ in range(SMALLEST_BLOCK << DIRECT_CLASS)})

    def block(self) -> range:
        """Return the cells that are this histogram's alone."""
        start, size = int(self.record["block"]), SMALLEST_BLOCK << int(self.record["klass"])
        return range(start, start + size) if start else range(0)

    def check(self) -> None:
        """Check all that can be asked against the numbers themselves."""
        ordered = sorted(self.plain.elements())
        assert self.record["total"] == len(ordered)
        assert self.counts() == self.plain
        median, spread = self.centre()
        if not ordered:
            assert math.isnan(median)
            assert math.isnan(spread)
            assert self.block() == range(0), "what counts nothing takes no memory"
            return
        half = (len(ordered) - 1) // 2
        assert median == (ordered[half] + 0.5) * BIN
        assert spread == sorted(abs(bin_ - ordered[half]) for bin_ in ordered)[half] * BIN
        for asked in (0, ordered[0], ordered[half], ordered[-1], min(ordered[half] + 1, BINS - 1), BINS - 1):
            beyond = [bin_ >= asked if asked >= ordered[half] else bin_ <= asked for bin_ in ordered]
            assert self.tail(asked) == sum(beyond)


def filled(amounts: list[int]) -> Histogram:
    histogram = Histogram()
    for cents in amounts:
        histogram.add(amount_bin(cents))
    return histogram


def disjoint(histograms: list[Histogram]) -> bool:
    taken = [cell for histogram in histograms for cell in histogram.block()]
    return len(taken) == len(set(taken))


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
    order.shuffle(gone)
    for cents in gone:
        histogram.add(amount_bin(cents), -1)
    alone = filled(kept)
    assert histogram.counts() == alone.counts()
    assert histogram.centre() == alone.centre()
    assert histogram.record["below"] == alone.record["below"]


@REPEATABLE
@given(STEPS)
def test_every_step_is_what_the_numbers_say(steps: list[tuple[int, bool, int, int]]) -> None:
    """Adding and taking out in any mixture, in three histograms side by side."""
    cells = new_cells()
    histograms = [Histogram(cells) for _ in range(3)]
    for which, take_out, bin_, times in steps:
        histogram = histograms[which]
        if take_out and histogram.plain:
            bin_ = sorted(histogram.plain)[bin_ % len(histogram.plain)]
            histogram.add(bin_, -min(times, histogram.plain[bin_]))
        else:
            histogram.add(bin_, times)
        histogram.check()
        assert disjoint(histograms)


@pytest.mark.parametrize("seed", range(3))
def test_from_few_bins_to_all_of_them_and_back(seed: int) -> None:
    """The block grows from cells in no order to one cell for every bin, and is given back at the end."""
    order, cells = random.Random(seed), new_cells()
    histograms = [Histogram(cells) for _ in range(4)]
    classes = set()
    for which, bin_ in order.sample([(k, bin_) for k in range(4) for bin_ in range(BINS)], 4 * BINS):
        histograms[which].add(bin_, order.randint(1, 5))
        classes.add(int(histograms[which].record["klass"]))
        if bin_ % 8 == 0:
            histograms[which].check()
    assert classes == {0, 1, 2, 3, 4, DIRECT_CLASS}
    assert disjoint(histograms)
    high_water = int(cells.heads[-1])
    for histogram in order.sample(histograms, 4):
        for bin_, times in order.sample(sorted(histogram.plain.items()), BINS):
            histogram.add(bin_, -times)
            if bin_ % 8 == 0:
                histogram.check()
        histogram.check()
    for histogram in histograms:
        for bin_ in range(BINS):
            histogram.add(bin_)
        histogram.check()
    assert disjoint(histograms)
    assert cells.heads[-1] == high_water, "blocks that were given back are used again"


def test_small_numbers_have_bins_beyond_those_of_amounts() -> None:
    """Delays go up to 120."""
    histogram = Histogram()
    for bin_ in range(121):
        add(histogram.record, histogram.cells, bin_, 2)
    assert share_beyond(histogram.record, histogram.cells, 120, 60) == 2
    assert share_beyond(histogram.record, histogram.cells, 60, 60) == 2 * 61
    assert share_beyond(histogram.record, histogram.cells, 59, 60) == 2 * 60
    assert histogram.counts() == Counter(dict.fromkeys(range(121), 2))


@REPEATABLE
@given(AMOUNTS, st.integers(1, 10**13))
def test_the_tail_is_what_lies_as_far_on_its_side(amounts: list[int], asked: int) -> None:
    bins, bin_ = sorted(amount_bin(cents) for cents in amounts), amount_bin(asked)
    middle = bins[(len(bins) - 1) // 2]
    as_far = [other for other in bins if (other >= bin_ if bin_ >= middle else other <= bin_)]
    assert filled(amounts).tail(bin_) == len(as_far)


def test_nothing_has_no_tail() -> None:
    assert Histogram().tail(7) == 0


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
    histogram.check()


@REPEATABLE
@given(st.integers(-(10**18), 10**18), st.integers(0, 10**18))
def test_bins_are_ordered_and_bounded(cents: int, more: int) -> None:
    assert 0 <= amount_bin(cents) <= amount_bin(cents + more) < BINS


def test_every_power_of_ten_opens_its_bin() -> None:
    """A logarithm that came out a hair too small would put 1,000 euros beside 800."""
    assert [amount_bin(10**k) for k in range(13)] == [8 * k for k in range(13)]
    assert amount_bin(0) == amount_bin(1) == 0
