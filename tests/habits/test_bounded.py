"""What bounds memory forgets by order, and only that."""

from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.habits.bounded import count, forget_oldest


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 12))
def test_the_youngest_stay(keys: list[int], limit: int) -> None:
    table = dict.fromkeys(keys)
    before = list(table)
    forget_oldest(table, limit)
    assert list(table) == before[max(0, len(before) - limit) :]


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 5)), max_size=20))
def test_counting_back_leaves_nothing(steps: list[tuple[str, int]]) -> None:
    counter: dict[str, int] = {}
    for key, times in steps:
        count(counter, key, times)
    for key, times in steps:
        count(counter, key, -times)
    assert counter == {}
