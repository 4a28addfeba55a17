"""A leader's time in office: it shuts out whoever led before, reads what was done, and does what is due.

What a run publishes and the record that it was done are one transaction of one transactional id. A leader starts that
id anew *before* it reads: what its predecessor had open is aborted by then, and what it sends later is refused. So each
leader knows exactly what was done, and exactly once holds even where two of them believe to lead: they take turns in
shutting each other out, and each reads before it acts.
"""

import datetime as dt
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing

from schemas import ExecutionMinuterie, StatutExecution
from wisebook_ml.clock import utc_now
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.metrics import TIMER_RUNS as RUNS
from wisebook_ml.timers.catalogue import TIMERS, Timer
from wisebook_ml.timers.exceptions import UnknownTimer
from wisebook_ml.timers.plan import Due, ahead_of_clock, due, next_look
from wisebook_ml.timers.runs import last_runs, run_event
from wisebook_ml.timers.works import Surroundings

__all__ = ["Term", "open_publisher", "run_by_hand"]

LOGGER = logging.getLogger(__name__)

SHOWN_CHARACTERS = 1_000
"""How much of an error a record keeps."""

ATTEMPTS = 5
"""How often a run by hand is begun that the leader shuts out; it pauses before it takes its office back."""

PAUSE_SECONDS = 0.2


def open_publisher(around: Surroundings) -> TransactionalProducer:
    """Return the publisher of timers; starting it shuts out every other.

    Raises
    ------
    PublishError
        Where the brokers do not let it start.
    """
    prefix = around.settings.topic_prefix
    return TransactionalProducer(around.bootstrap, prefix, f"{prefix}timers")


class Term:
    """One time in office; of use until somebody else begins another. Not for several threads.

    Parameters
    ----------
    around : Surroundings
        What the timers can reach.
    timers : mapping
        By name.
    clock : callable
        Tells the present moment.
    publisher : callable
        Opens the publisher.

    Raises
    ------
    PublishError, ReadError
        Where the brokers do not let it begin.
    """

    def __init__(
        self,
        around: Surroundings,
        timers: Mapping[str, Timer] = TIMERS,
        *,
        clock: Callable[[], dt.datetime] = utc_now,
        publisher: Callable[[Surroundings], TransactionalProducer] = open_publisher,
    ) -> None:
        self._around = around
        self._timers = timers
        self._clock = clock
        self._publisher = publisher(around)
        try:
            self._last = last_runs(around.bootstrap, around.settings.topic_prefix)
            self._arm()
        except BaseException:
            self.close()
            raise
        for name in self._ahead():
            LOGGER.warning(
                "timer %s is done up to %s, beyond its next due time: a clock was wrong then, or is now. It is "
                "due again after that; with the right clock, `wisebook-ml timers run %s` makes it due as usual",
                name,
                self._last[name].acquise,
                name,
            )

    def step(self) -> Iterator[ExecutionMinuterie]:
        """Do what is due, and yield each run once it is committed.

        Raises
        ------
        Fenced
            Where somebody else leads since; nothing of the run is visible.
        PublishError
            Where the brokers do not answer. Whether the run is done, the next term finds out.
        """
        for timer in self._timers.values():
            todo = due(timer.schedule, self._last[timer.name], self._clock())
            if todo is not None:
                yield self._run(timer, todo)

    def next_look(self) -> dt.datetime:
        """Return when there may be something to do next."""
        now = self._clock()
        return min(next_look(timer.schedule, self._last[timer.name], now) for timer in self._timers.values())

    def run(self, name: str, demandeur: str, echeance: dt.datetime) -> ExecutionMinuterie:
        """Run a timer for a person, whatever is due, and return its record, committed.

        That changes nothing about when it is due by the clock, unless a wrong clock has taken it into the future.

        Raises
        ------
        UnknownTimer
            Where there is no timer of this name.
        Fenced, PublishError
            As `step` does.
        """
        if name not in self._timers:
            raise UnknownTimer(name, self._timers)
        last = self._last[name]
        acquise = echeance if ahead_of_clock(self._timers[name].schedule, last, echeance) else last.acquise
        return self._run(self._timers[name], Due(echeance, acquise=acquise, demandeur=demandeur))

    def close(self) -> None:
        """Give up the connections."""
        self._publisher.close()

    def _run(self, timer: Timer, todo: Due) -> ExecutionMinuterie:
        debut = self._clock()
        statut, acquise, detail = StatutExecution.REUSSIE, todo.acquise, ""
        try:
            records = list(timer.work(timer.name, todo, self._around))
        except Exception as error:  # of whatever kind: it is told, tried again, and stops no other timer
            LOGGER.warning("timer %s, due at %s, failed", timer.name, todo.echeance, exc_info=True)
            records, statut, acquise = [], StatutExecution.ECHEC, self._last[timer.name].acquise
            detail = (str(error) or type(error).__name__)[:SHOWN_CHARACTERS]
        run = ExecutionMinuterie(
            minuterie=timer.name,
            echeance=todo.echeance,
            statut=statut,
            acquise=acquise,
            debut=debut,
            duree_ms=max(0, round((self._clock() - debut).total_seconds() * 1000)),
            sautees=todo.sautees,
            tentative=todo.tentative,
            demandeur=todo.demandeur,
            publies=dict(Counter(record.topic.name for record in records)),
            detail=detail,
        )
        self._publisher.publish([*records, run_event(run)])
        self._last[timer.name] = run
        RUNS.labels(timer.name, run.statut.value).inc()
        LOGGER.info(
            "timer %s, due at %s, %s: published %s",
            timer.name,
            run.echeance,
            run.statut.value,
            run.publies or "nothing",
        )
        return run

    def _arm(self) -> None:
        """Note from when on a timer is due that has never run: a successor must not begin to count later."""
        now = self._clock()
        new = [
            ExecutionMinuterie(minuterie=name, echeance=now, statut=StatutExecution.ARMEE, acquise=now, debut=now)
            for name in self._timers
            if name not in self._last
        ]
        self._publisher.publish([run_event(run) for run in new])
        self._last.update((run.minuterie, run) for run in new)

    def _ahead(self) -> list[str]:
        now = self._clock()
        return [name for name, timer in self._timers.items() if ahead_of_clock(timer.schedule, self._last[name], now)]


def run_by_hand(
    around: Surroundings,
    name: str,
    demandeur: str,
    *,
    timers: Mapping[str, Timer] = TIMERS,
    clock: Callable[[], dt.datetime] = utc_now,
    sleep: Callable[[float], None] = time.sleep,
) -> ExecutionMinuterie:
    """Run a timer now, and return its record, committed: REUSSIE, or ECHEC with the reason.

    It takes the office for that moment; the leader, if there is one, takes it back.

    Parameters
    ----------
    around : Surroundings
        What the timers can reach.
    name : str
        Which timer.
    demandeur : str
        Who asks.
    timers, clock, sleep
        As of `Term`; `sleep` waits between two attempts.

    Raises
    ------
    UnknownTimer
        Where there is no timer of this name.
    PublishError, ReadError
        Where the brokers do not take it.
    """
    if name not in timers:
        raise UnknownTimer(name, timers)
    asked = clock()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with closing(Term(around, timers, clock=clock)) as term:
                return term.run(name, demandeur, asked)
        except Fenced:
            if attempt == ATTEMPTS:
                raise
            sleep(PAUSE_SECONDS)
    raise AssertionError("unreachable")
