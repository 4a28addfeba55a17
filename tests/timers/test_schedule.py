"""Due times on ordinary days and on both nights when clocks are set, and whatever is asked of them."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wisebook_ml.french_time import PARIS
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.schedule import COUNTED, Schedule

MINUTE = dt.timedelta(minutes=1)
SPRING = dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)
"""Midnight of the night in which French clocks go from 2:00 to 3:00."""
AUTUMN = dt.datetime(2026, 10, 24, 22, tzinfo=dt.UTC)
"""Midnight of the night in which they go from 3:00 back to 2:00."""

CRONS = ["0 2 * * *", "30 2 * * *", "0 3 * * *", "0 * * * *", "0 1 * * 0", "30 0 * * *", "*/20 * * * *", "15 2,3 * * *"]


def local(*moments: dt.datetime) -> list[str]:
    return [f"{moment.astimezone(PARIS):%d %H:%M %Z}" for moment in moments]


def between(schedule: Schedule, after: dt.datetime, until: dt.datetime) -> Iterator[dt.datetime]:
    while (after := schedule.after(after)) <= until:
        yield after


def night(cron: str, midnight: dt.datetime) -> list[str]:
    return local(*between(Schedule(cron), midnight - MINUTE, midnight + dt.timedelta(hours=5)))


class TestTheNightOfMarch:
    def test_a_time_that_clocks_skip_is_due_when_they_are_set(self) -> None:
        assert night("0 2 * * *", SPRING) == ["29 03:00 CEST"]
        assert night("30 2 * * *", SPRING) == ["29 03:00 CEST"]

    def test_the_time_they_are_set_to_is_due_once(self) -> None:
        assert night("0 3 * * *", SPRING) == ["29 03:00 CEST"]

    def test_hours_are_real_ones(self) -> None:
        assert night("0 * * * *", SPRING) == [
            "29 00:00 CET", "29 01:00 CET", "29 03:00 CEST", "29 04:00 CEST", "29 05:00 CEST", "29 06:00 CEST"
        ]  # fmt: skip


class TestTheNightOfOctober:
    def test_a_time_that_comes_twice_is_due_the_first_time(self) -> None:
        assert night("0 2 * * *", AUTUMN) == ["25 02:00 CEST"]
        assert night("30 2 * * *", AUTUMN) == ["25 02:30 CEST"]

    def test_the_time_they_are_set_at_is_due_once(self) -> None:
        assert night("0 3 * * *", AUTUMN) == ["25 03:00 CET"]

    def test_hours_are_real_ones(self) -> None:
        assert night("0 * * * *", AUTUMN) == [
            "25 00:00 CEST", "25 01:00 CEST", "25 02:00 CEST", "25 02:00 CET", "25 03:00 CET", "25 04:00 CET"
        ]  # fmt: skip

    @pytest.mark.parametrize("minute", [0, 10, 29, 30, 45])
    def test_asked_within_the_second_time_it_is_over(self, minute: int) -> None:
        """In the repeated hour, what was due in the first one is past, and not due again."""
        second = AUTUMN + dt.timedelta(hours=3, minutes=minute)
        assert local(second) == [f"25 02:{minute:02} CET"]
        assert local(Schedule("30 2 * * *").after(second)) == ["26 02:30 CET"]
        reached = Schedule("30 2 * * *").reached(AUTUMN - MINUTE, second)
        assert reached is not None
        assert (local(reached.echeance), reached.before) == (["25 02:30 CEST"], 0)


@pytest.mark.parametrize("year", range(2024, 2031))
def test_a_year_has_each_day_once_and_each_hour(year: int) -> None:
    first = dt.datetime(year, 1, 1, tzinfo=PARIS).astimezone(dt.UTC)
    last = dt.datetime(year + 1, 1, 1, tzinfo=PARIS).astimezone(dt.UTC)
    for name, timer in TIMERS.items():
        due = list(between(timer.schedule, first - MINUTE, last - MINUTE))
        days = [moment.astimezone(PARIS).date() for moment in due]
        if name == "statistics":
            assert [later - earlier for earlier, later in pairwise(due)] == [dt.timedelta(hours=1)] * (len(due) - 1)
            assert len(due) == (last - first) / dt.timedelta(hours=1)
        elif name == "weekly":
            assert {day.weekday() for day in days} == {6}
            assert {later - earlier for earlier, later in pairwise(days)} == {dt.timedelta(days=7)}
        else:
            assert {later - earlier for earlier, later in pairwise(days)} == {dt.timedelta(days=1)}
            assert len(due) == (last - first) / dt.timedelta(days=1)


NEAR_A_NIGHT = st.sampled_from([SPRING, AUTUMN]).flatmap(
    lambda night: st.datetimes(
        (night - dt.timedelta(days=2)).replace(tzinfo=None),
        (night + dt.timedelta(days=2)).replace(tzinfo=None),
        timezones=st.just(dt.UTC),
    )
)
ANY_TIME = st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC))


@settings(deadline=None)
@given(cron=st.sampled_from(CRONS), moment=NEAR_A_NIGHT | ANY_TIME, days=st.floats(0, 4))
def test_forth_and_back_are_the_same(cron: str, moment: dt.datetime, days: float) -> None:
    schedule, until = Schedule(cron), moment + dt.timedelta(days=days)
    forth = list(between(schedule, moment, until))
    assert all(moment < earlier < later <= until for earlier, later in pairwise(forth))
    reached = schedule.reached(moment, until)
    if not forth:
        assert reached is None
    else:
        assert reached == (forth[-1], len(forth) - 1)


@settings(deadline=None)
@given(cron=st.sampled_from(CRONS), moment=NEAR_A_NIGHT | ANY_TIME)
def test_what_is_due_is_what_the_clock_on_the_wall_says(cron: str, moment: dt.datetime) -> None:
    schedule = Schedule(cron)
    due = schedule.after(moment)
    assert due.tzinfo is dt.UTC
    at = due.astimezone(PARIS)
    if cron == "0 * * * *":
        assert at.minute == 0
        assert due - moment <= dt.timedelta(hours=1)
    before = (due - dt.timedelta(microseconds=1)).astimezone(PARIS)
    if cron == "30 2 * * *":
        set_forth = at.utcoffset() != before.utcoffset()
        assert (at.hour, at.minute) == ((3, 0) if set_forth else (2, 30))
        assert at.fold == 0


def test_what_was_missed_is_counted_up_to_a_bound() -> None:
    schedule = Schedule("0 * * * *")
    reached = schedule.reached(dt.datetime(1970, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    assert reached == (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), COUNTED - 1)


@pytest.mark.parametrize("cron", ["", "0 2 * *", "0 0 2 * * *", "61 * * * *", "0 2 31 2 *", "every night"])
def test_what_is_no_schedule_is_refused(cron: str) -> None:
    with pytest.raises(ValueError, match=r"cron expression|never due"):
        Schedule(cron)
