"""The scale of scores: the threshold keeps the budget, the tail counts what is as large."""

from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.models.ranks import CELLS, RankHistogram, cell_of

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=150)
SCORES = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=200)
BUDGETS = st.floats(0.0001, 0.5)


@REPEATABLE
@given(SCORES, BUDGETS)
def test_the_threshold_keeps_the_budget_after_every_score(scores: list[float], budget: float) -> None:
    ranks = RankHistogram()
    for seen, score in enumerate(scores, 1):
        ranks.add(score, budget)
        reaching = sum(cell_of(other) / CELLS >= ranks.threshold for other in scores[:seen])
        assert reaching == ranks.above <= budget * seen


@REPEATABLE
@given(SCORES, BUDGETS)
def test_the_threshold_is_the_lowest_that_keeps_it(scores: list[float], budget: float) -> None:
    ranks = RankHistogram()
    for score in scores:
        ranks.add(score, budget)
    assert ranks.cut == 0 or sum(ranks.cells[ranks.cut - 1 :]) > budget * ranks.total


@REPEATABLE
@given(SCORES, BUDGETS, BUDGETS)
def test_a_new_budget_is_kept_from_the_next_score_on(scores: list[float], before: float, after: float) -> None:
    changed, always = RankHistogram(), RankHistogram()
    for score in scores:
        changed.add(score, before)
        always.add(score, after)
    changed.add(0.5, after)
    always.add(0.5, after)
    assert changed == always


@REPEATABLE
@given(SCORES, st.floats(0, 1))
def test_the_tail_counts_what_is_as_large_and_itself(scores: list[float], asked: float) -> None:
    ranks = RankHistogram()
    for score in scores:
        ranks.add(score)
    as_large = sum(cell_of(score) >= cell_of(asked) for score in scores)
    assert ranks.tail(asked) == (as_large + 1) / (len(scores) + 1)
    assert 0 < ranks.tail(1.0) <= ranks.tail(asked) <= ranks.tail(0.0) == 1.0


def test_without_scores_nothing_is_extreme() -> None:
    assert RankHistogram().tail(1.0) == 1.0


def test_scores_outside_the_scale_are_at_its_ends() -> None:
    assert (cell_of(-0.1), cell_of(0.0), cell_of(1.0), cell_of(7.0)) == (0, 0, CELLS - 1, CELLS - 1)
