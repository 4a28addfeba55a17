"""The scale of scores: the threshold keeps the budget, the tail counts what is as large."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.models.ranks import (
    CELLS,
    RANKS,
    cell_of,
    count_as_large,
    rank_add,
    rank_tail,
    rank_threshold,
    tails_of,
)

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=150)
SCORES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=200)
BUDGETS = st.floats(0.0001, 0.5)


def empty() -> np.void:
    return np.zeros(1, RANKS)[0]


@REPEATABLE
@given(SCORES, BUDGETS)
def test_the_threshold_keeps_the_budget_after_every_score(scores: list[float], budget: float) -> None:
    ranks = empty()
    for seen, score in enumerate(scores, 1):
        rank_add(ranks, score, budget)
        reaching = sum(cell_of(other) / CELLS >= rank_threshold(ranks) for other in scores[:seen])
        assert reaching == ranks["above"] <= budget * seen


@REPEATABLE
@given(SCORES, BUDGETS)
def test_the_threshold_is_the_lowest_that_keeps_it(scores: list[float], budget: float) -> None:
    ranks = empty()
    for score in scores:
        rank_add(ranks, score, budget)
    assert ranks["cut"] == 0 or ranks["cells"][ranks["cut"] - 1 :].sum() > budget * ranks["total"]


@REPEATABLE
@given(SCORES, BUDGETS, BUDGETS)
def test_a_new_budget_is_kept_from_the_next_score_on(scores: list[float], before: float, after: float) -> None:
    changed, always = empty(), empty()
    for score in scores:
        rank_add(changed, score, before)
        rank_add(always, score, after)
    rank_add(changed, 0.5, after)
    rank_add(always, 0.5, after)
    assert changed.tobytes() == always.tobytes()


@REPEATABLE
@given(SCORES, st.floats(0, 1))
def test_the_tail_counts_what_is_as_large_and_itself(scores: list[float], asked: float) -> None:
    ranks = empty()
    for score in scores:
        rank_add(ranks, score, 0.01)
    as_large = sum(cell_of(score) >= cell_of(asked) for score in scores)
    tail = rank_tail(ranks["cells"], len(scores), asked)
    assert tail == (as_large + 1) / (len(scores) + 1)
    assert 0 < rank_tail(ranks["cells"], len(scores), 1.0) <= tail <= rank_tail(ranks["cells"], len(scores), 0.0) == 1.0


@REPEATABLE
@given(SCORES, SCORES)
def test_many_tails_are_each_the_tail(scores: list[float], asked: list[float]) -> None:
    ranks = empty()
    for score in scores:
        rank_add(ranks, score, 0.01)
    tails = tails_of(np.array(asked), count_as_large(np.array(scores)))
    assert tails.tolist() == [rank_tail(ranks["cells"], len(scores), score) for score in asked]


def test_without_scores_nothing_is_extreme() -> None:
    assert rank_tail(empty()["cells"], 0, 1.0) == 1.0
    assert tails_of(np.ones(1), count_as_large(np.zeros(0))).tolist() == [1.0]


@pytest.mark.parametrize(
    ("score", "cell"),
    [
        (-math.inf, 0),
        (-0.1, 0),
        (0.0, 0),
        (1 / CELLS, 1),
        (math.nextafter(1.0, 0.0), CELLS - 1),
        (1.0, CELLS - 1),
        (7.0, CELLS - 1),
        (math.inf, CELLS - 1),
        (math.nan, 0),
    ],
)
def test_scores_outside_the_scale_are_at_its_ends(score: float, cell: int) -> None:
    assert cell_of(score) == cell
