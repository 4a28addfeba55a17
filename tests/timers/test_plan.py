"""What is due, given what was done: after outages, with failures, and with clocks that go back."""

import datetime as dt

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas import ExecutionMinuterie, StatutExecution
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.plan import Due, ahead_of_clock, due, next_look
from wisebook_ml.timers.schedule import Schedule

HOURLY, DAILY = Schedule("0 * * * *"), Schedule("0 2 * * *")
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)

ARMED = ExecutionMinuterie(minuterie="m", echeance=NOON, statut=StatutExecution.ARMEE, acquise=NOON, debut=NOON)


def failed(todo: Due, debut: dt.datetime) -> ExecutionMinuterie:
    return replace(ARMED, echeance=todo.echeance, statut=StatutExecution.ECHEC, debut=debut, tentative=todo.tentative)


def done(last: ExecutionMinuterie, todo: Due, debut: dt.datetime) -> ExecutionMinuterie:
    return replace(
        last, echeance=todo.echeance, statut=StatutExecution.REUSSIE, acquise=todo.acquise, debut=debut,
        tentative=todo.tentative, sautees=todo.sautees,
    )  # fmt: skip


def test_nothing_is_due_before_its_time() -> None:
    assert due(HOURLY, ARMED, NOON + 59 * MINUTE) is None
    assert next_look(HOURLY, ARMED, NOON + 59 * MINUTE) == NOON + HOUR
    assert due(HOURLY, ARMED, NOON + HOUR) == Due(NOON + HOUR, acquise=NOON + HOUR)


def test_after_an_outage_the_last_one_is_run_and_the_others_are_counted() -> None:
    assert due(HOURLY, ARMED, NOON + 5.5 * HOUR) == Due(NOON + 5 * HOUR, acquise=NOON + 5 * HOUR, sautees=4)


def test_what_failed_waits_longer_each_time_until_the_next_due_time() -> None:
    now, last, attempts = NOON + HOUR, ARMED, []
    while (todo := due(HOURLY, last, now)) is not None and todo.echeance == NOON + HOUR:
        attempts.append((now - NOON - HOUR).total_seconds())
        last = failed(todo, now)
        now = next_look(HOURLY, last, now)
        assert due(HOURLY, last, now - MINUTE / 60) is None
    assert attempts == [0, 30, 90, 210, 450, 930, 1890]
    assert now == NOON + 2 * HOUR
    assert todo == Due(NOON + 2 * HOUR, acquise=NOON + 2 * HOUR, sautees=1)


def test_what_failed_is_tried_at_once_by_a_clock_that_was_set_back() -> None:
    todo = due(HOURLY, ARMED, NOON + HOUR)
    assert todo is not None
    ahead = failed(todo, NOON + HOUR + 10 * MINUTE)
    again = due(HOURLY, ahead, NOON + HOUR + MINUTE)
    assert again is not None
    assert again.tentative == 2


def test_a_run_by_hand_does_not_move_what_is_due() -> None:
    by_hand = replace(ARMED, echeance=NOON + 30 * MINUTE, statut=StatutExecution.ECHEC, demandeur="marie")
    assert due(HOURLY, by_hand, NOON + HOUR) == Due(NOON + HOUR, acquise=NOON + HOUR)


def test_a_clock_that_was_ahead_by_more_than_the_timers_interval_shows() -> None:
    assert not ahead_of_clock(HOURLY, ARMED, NOON - HOUR)
    assert ahead_of_clock(HOURLY, ARMED, NOON - HOUR - MINUTE)
    assert not ahead_of_clock(DAILY, ARMED, NOON - HOUR - MINUTE)
    assert due(HOURLY, ARMED, NOON - 120 * HOUR) is None


def test_a_clock_at_the_end_of_time_is_survived() -> None:
    end = replace(ARMED, acquise=dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.UTC))
    assert ahead_of_clock(HOURLY, end, NOON)
    assert due(HOURLY, end, NOON) is None
    assert next_look(HOURLY, end, NOON) == NOON + HOUR


MINUTES = st.integers(-3 * 24 * 60, 5 * 24 * 60)


@settings(deadline=None)
@given(name=st.sampled_from(sorted(TIMERS)), moves=st.lists(MINUTES, max_size=40), fails=st.sets(st.integers(0, 60)))
def test_whatever_the_clock_does_no_due_time_is_done_twice_or_lost(
    name: str, moves: list[int], fails: set[int]
) -> None:
    schedule, now, last = TIMERS[name].schedule, NOON + dt.timedelta(days=17), ARMED
    ran: list[dt.datetime] = []
    accounted = 0
    for k, move in enumerate(moves):
        now = max(NOON, now + move * MINUTE)
        todo = due(schedule, last, now)
        if todo is None:
            assert next_look(schedule, last, now) > now
        elif k in fails:
            last = replace(failed(todo, now), acquise=last.acquise)
        else:
            assert todo.echeance <= now
            ran.append(todo.echeance)
            accounted += todo.sautees + 1
            last = done(last, todo, now)
            assert due(schedule, last, now) is None
    assert ran == sorted(set(ran))
    reached = schedule.reached(NOON, ran[-1]) if ran else None
    assert accounted == (0 if reached is None else reached.before + 1)
