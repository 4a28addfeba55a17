"""The French business calendar, as long as dates go."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.ledger.calendar import is_off_day


@pytest.mark.parametrize(
    "day",
    ["2024-01-01", "2024-04-01", "2024-05-01", "2024-05-08", "2024-05-09", "2024-05-20", "2024-07-14", "2024-08-15"],
)
def test_public_holidays_of_2024(day: str) -> None:
    assert is_off_day(dt.date.fromisoformat(day))


@pytest.mark.parametrize("day", ["2024-03-29", "2024-05-10", "2024-12-24", "2024-12-26", "2024-12-31"])
def test_days_that_are_only_off_elsewhere(day: str) -> None:
    assert not is_off_day(dt.date.fromisoformat(day)), "Good Friday, bridges and Boxing Day are worked on"


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.dates())
def test_every_weekend_is_off_and_no_date_is_too_odd(day: dt.date) -> None:
    assert is_off_day(day) or day.weekday() < 5
