"""A time in office: what is published, what is recorded when something fails, and runs by hand."""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from threading import Event

import pytest

from schemas import DomaineApplication, ExecutionMinuterie, Motif, Statut, StatutExecution, TypeModele
from tests.storage.model_rows import left
from topics import TIMER_RUNS
from wisebook_ml.messaging.events import Outgoing
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.storage import ModelRegistry
from wisebook_ml.timers.catalogue import Timer
from wisebook_ml.timers.exceptions import UnknownTimer
from wisebook_ml.timers.office import Office
from wisebook_ml.timers.plan import Due
from wisebook_ml.timers.runs import last_runs, run_event
from wisebook_ml.timers.schedule import Schedule
from wisebook_ml.timers.term import Term, run_by_hand
from wisebook_ml.timers.works import Surroundings, tick_entries

from .reading import requests, runs, ticks

SATURDAY = dt.datetime(2026, 3, 28, 12, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class Clock:
    def __init__(self, now: dt.datetime = SATURDAY) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def last(around: Surroundings, name: str) -> ExecutionMinuterie:
    return last_runs(around.bootstrap, around.settings.topic_prefix)[name]


def settle(around: Surroundings) -> None:
    Term(around).close()


def test_the_night_of_march_with_all_timers(around: Surroundings) -> None:
    registry = ModelRegistry(around.database)
    models = [
        registry.create(societe_id, "m", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES).id
        for societe_id in (1, 2, 3)
    ]
    left(registry, models[0], statut=Statut.OBSOLETE)
    left(registry, models[1], statut=Statut.ECHEC)
    clock = Clock()
    term = Term(around, clock=clock)
    done = []
    while (soon := term.next_look()) <= SATURDAY + 14 * HOUR:
        clock.now = soon
        done += [(run.minuterie, f"{run.echeance:%H:%M}") for run in term.step()]
    term.close()
    assert [one for one in done if one[0] != "statistics"] == [
        ("absence", "23:30"), ("weekly", "00:00"), ("auto-retrain", "01:00"), ("drift", "01:00")
    ]  # fmt: skip
    assert [at for name, at in done if name == "statistics"] == [f"{hour % 24:02}:00" for hour in range(13, 27)]
    settle(around)
    asked = requests(around)
    assert [(one.modele_id, one.societe_id, one.motif, one.demandeur) for one in asked] == [
        (models[0], 1, Motif.PLANIFIE, "weekly"),
        (models[0], 1, Motif.PLANIFIE, "auto-retrain"),
    ]
    assert len({one.demande_id for one in asked}) == 2
    ticked = ticks(around)
    assert {name for name, _, _ in ticked} == {"absence", "drift", "statistics"}
    assert set(ticked.values()) == {1}


def timer(name: str, work: Callable[[str, Due, Surroundings], Sequence[Outgoing]]) -> Timer:
    return Timer(name, Schedule("0 * * * *"), "", "", work)


def test_what_fails_is_recorded_and_tried_again_and_stops_nobody(around: Surroundings) -> None:
    def away(name: str, due: Due, around: Surroundings) -> list[Outgoing]:
        if due.tentative < 3:
            raise ConnectionError("the database\0 is away")
        return tick_entries(name, due, around)

    timers = {"a": timer("a", away), "b": timer("b", tick_entries)}
    clock = Clock()
    term = Term(around, timers, clock=clock)
    clock.now += HOUR
    assert [(run.minuterie, run.statut, run.tentative) for run in term.step()] == [
        ("a", StatutExecution.ECHEC, 1),
        ("b", StatutExecution.REUSSIE, 1),
    ]
    assert list(term.step()) == []
    clock.now = term.next_look()
    assert clock.now == SATURDAY + HOUR + dt.timedelta(seconds=30)
    (again,) = term.step()
    assert (again.tentative, again.detail, again.publies) == (2, "the database\0 is away", {})
    term.close()
    # Whoever takes over knows how often it was tried.
    successor = Term(around, timers, clock=clock)
    assert list(successor.step()) == []
    clock.now = successor.next_look()
    (well,) = successor.step()
    successor.close()
    assert (well.tentative, well.statut, well.publies) == (3, StatutExecution.REUSSIE, {"entries": 6})
    assert well.echeance == dt.datetime(2026, 3, 28, 13, tzinfo=dt.UTC)
    settle(around)
    ticked = ticks(around)
    assert {name for name, _, _ in ticked} == {"a", "b"}
    assert set(ticked.values()) == {1}


def test_by_hand_in_the_time_of_a_leader(around: Surroundings) -> None:
    clock = Clock()
    leader = Term(around, clock=clock)
    done = run_by_hand(around, "absence", "marie", clock=clock)
    assert (done.statut, done.demandeur, done.echeance) == (StatutExecution.REUSSIE, "marie", SATURDAY)
    assert done.publies == {"entries": 6}
    leader.close()
    clock.now += HOUR
    leader = Term(around, clock=clock)
    assert [run.minuterie for run in leader.step()] == ["statistics"]
    clock.now = dt.datetime(2026, 3, 28, 23, 30, tzinfo=dt.UTC)
    assert [run.minuterie for run in leader.step()] == ["statistics", "absence"]
    leader.close()
    with pytest.raises(UnknownTimer, match="no timer 'nightly'; there are absence, auto-retrain, drift"):
        run_by_hand(around, "nightly", "marie")


def test_a_clock_that_was_years_ahead_is_mended_by_hand(around: Surroundings, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock(SATURDAY + 700 * 24 * HOUR)
    ahead = Term(around, clock=clock)
    clock.now += HOUR
    assert len(list(ahead.step())) == 1
    ahead.close()
    clock.now = SATURDAY
    stuck = Term(around, clock=clock)
    clock.now += HOUR
    assert list(stuck.step()) == []
    stuck.close()
    assert "timer statistics is done up to 2028-02-26" in caplog.text
    assert "wisebook-ml timers run statistics" in caplog.text
    assert run_by_hand(around, "statistics", "marie", clock=clock).acquise == clock.now
    mended = Term(around, clock=clock)
    clock.now += HOUR
    assert [run.minuterie for run in mended.step()] == ["statistics"]
    mended.close()


def test_what_is_no_run_on_the_topic_is_passed_over(around: Surroundings, caplog: pytest.LogCaptureFixture) -> None:
    settle(around)
    armed = last(around, "drift")
    wrong = run_event(armed)
    with EventProducer(around.bootstrap, around.settings.topic_prefix) as producer:
        producer.send(Outgoing(TIMER_RUNS, b"drift", b"{}", wrong.headers))
        producer.send(Outgoing(TIMER_RUNS, b"drift", None, wrong.headers))
    settle(around)
    assert last(around, "drift") == armed
    assert "is passed over" in caplog.text


def test_an_office_leads_while_it_has_it_and_takes_it_back(around: Surroundings) -> None:
    seen, failures = Event(), list[BaseException]()

    def work(name: str, due: Due, around: Surroundings) -> list[Outgoing]:
        seen.set()
        return tick_entries(name, due, around)

    timers, clock = {"a": timer("a", work)}, Clock()
    Term(around, timers, clock=clock).close()
    office = Office(lambda: Term(around, timers, clock=clock), failures.append, clock=clock)
    office.take()
    office.take()
    for _ in range(2):
        clock.now += HOUR
        assert seen.wait(30)
        run_by_hand(around, "a", "marie", timers=timers, clock=clock)  # takes the office for a moment
        deadline = time.monotonic() + 30
        while last(around, "a").acquise + HOUR <= clock.now and time.monotonic() < deadline:
            time.sleep(0.1)
        seen.clear()
    office.leave()
    office.leave()
    clock.now += HOUR
    assert not seen.wait(1)
    assert failures == []
    settle(around)
    scheduled = [run.echeance for run in runs(around) if run.minuterie == "a" and not run.demandeur]
    assert [f"{at:%H:%M}" for at in scheduled] == ["12:10", "13:00", "14:00"]
    assert sum(run.demandeur == "marie" for run in runs(around)) == 2


def test_an_office_that_cannot_begin_says_so() -> None:
    told, failures = Event(), list[BaseException]()

    def fail(error: BaseException) -> None:
        failures.append(error)
        told.set()

    def begin() -> Term:
        raise OSError("no brokers")

    office = Office(begin, fail)
    office.take()
    assert told.wait(10)
    assert [str(error) for error in failures] == ["no brokers"]
    office.leave()
