"""From lines to entries, and accounts by their first digits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.ledger.accounts import accounts_under
from wisebook_ml.ledger.batch import account_root
from wisebook_ml.ledger.per_entry import any_line, largest_line, lines_that_reach

VALUES = st.lists(st.lists(st.floats(0, 9) | st.sampled_from([math.nan, 0.0, 1.0]), min_size=1, max_size=5), max_size=6)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(VALUES)
def test_what_lines_say_of_entries(entries: list[list[float]]) -> None:
    first = np.cumsum([0, *map(len, entries)])
    values = np.array([value for lines in entries for value in lines], dtype=np.float64)
    largest = largest_line(values, first)
    expected = [max((value for value in lines if not math.isnan(value)), default=math.nan) for lines in entries]
    np.testing.assert_array_equal(largest, np.array(expected))
    reached = [value == most for lines, most in zip(entries, expected, strict=True) for value in lines]
    assert lines_that_reach(values, largest, first).tolist() == reached
    assert any_line(values > 1, first).tolist() == [any(value > 1 for value in lines) for lines in entries]


@pytest.mark.parametrize("compte", ["6", "60", "606400", "6A", "709", "70900X", "7", "5", "A6", "é", "0606"])
def test_accounts_start_with_the_digits_of_their_table(compte: str) -> None:
    table = accounts_under(6, 709)
    digits = str(account_root(compte)) if compte[0].isdigit() else ""
    assert table[account_root(compte)] == digits.rjust(5, "0").startswith(("6", "709"))
