"""A year of timers on a simulated clock, with leaders that die at any moment, on a real broker.

A leader dies where it stands: whenever it looks at the clock (so between shutting out its predecessor and its first
commit, too), with its records sent and the transaction open, or just after a commit. Some are not dead but asleep, with
their transaction open, and wake up when a successor has done their work.
"""

import datetime as dt
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from random import Random

import pytest

from schemas import DomaineApplication, ExecutionMinuterie, Statut, StatutExecution, TypeModele
from tests.storage.model_rows import left
from topics import ENTRIES
from wisebook_ml.messaging.transactions import Fenced, TransactionalProducer
from wisebook_ml.storage import ModelRegistry
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.term import Term, run_by_hand
from wisebook_ml.timers.works import Surroundings, record_id

from .reading import requests, runs, ticks

START = dt.datetime(2026, 1, 1, 9, 30, tzinfo=dt.UTC)
END = START + dt.timedelta(days=365)
MODELS = 2

FATES = ("clock", "beginning", "open", "after", "asleep")
FATED = 5
"""Steps of which one kills."""
BY_HAND = 25
"""Steps of which in one somebody runs a timer by hand."""


class Killed(BaseException):
    """The process ends here: nothing that follows is done, and nobody is told."""


class Clock:
    """A clock that is moved by hand, and at which somebody may die who looks at it once too often."""

    def __init__(self) -> None:
        self.now = START
        self.looks = 1_000_000

    def __call__(self) -> dt.datetime:
        self.looks -= 1
        if self.looks < 0:
            raise Killed
        return self.now


class Mortal(TransactionalProducer):
    """A publisher that meets its fate at a commit: dies before or after it, or sleeps with everything sent."""

    fate = ""

    def meanwhile(self) -> None:
        """What happens while it sleeps."""

    def _insist(self, call: Callable[[float], None]) -> None:
        fate = self.fate if call.__name__ == "commit_transaction" else ""
        if fate:
            self.fate = ""
            while len(self._producer):  # all that was sent is with the brokers, or refused by them
                self._producer.poll(0.01)
        if fate == "open":
            raise Killed
        if fate == "asleep":
            self.meanwhile()
        super()._insist(call)
        if fate == "after":
            raise Killed


class Story:
    """Leaders one after the other, and what must be true of each moment."""

    def __init__(self, around: Surroundings, random: Random) -> None:
        self.clock = Clock()
        self.done: list[dt.datetime] = []
        self.deaths: Counter[str] = Counter()
        self._around, self._random = around, random
        self._publisher: Mortal | None = None
        self._leader: Term | None = None
        self._graves: list[Term] = []

    def lead(self, fate: str = "") -> None:
        """Have the leader do what is due, whoever that is in the end: after a death, a successor."""
        while True:
            try:
                if fate == "beginning":
                    self._bury()
                    self.clock.looks = 0
                self._leader = self._leader or self._begin()
                if fate == "clock":
                    self.clock.looks = self._random.randrange(12)
                elif fate:
                    self._publisher.fate = fate
                    self._publisher.meanwhile = self._succeed
                for _ in self._leader.step():
                    pass
            except Killed:
                self.deaths[fate] += 1
                self._bury()
            except Fenced:  # it woke up, or somebody has run a timer by hand
                self.deaths["shut out"] += 1
                self._bury()
            else:
                self.clock.looks = 1_000_000
                self.done.append(self.clock.now)
                return
            fate, self.clock.looks = "", 1_000_000

    def close(self) -> None:
        self._bury()
        for term in self._graves:
            term.close()

    def _begin(self) -> Term:
        return Term(self._around, clock=self.clock, publisher=self._open)

    def _open(self, around: Surroundings) -> Mortal:
        prefix = around.settings.topic_prefix
        self._publisher = Mortal(around.bootstrap, prefix, f"{prefix}timers")
        return self._publisher

    def _succeed(self) -> None:
        """Somebody else leads while one is asleep."""
        self.deaths["asleep"] += 1
        successor = Term(self._around, clock=self.clock)
        for _ in successor.step():
            pass
        self._graves.append(successor)

    def _bury(self) -> None:
        if self._leader is not None:
            self._graves.append(self._leader)  # not closed: a process that is killed says good-bye to nobody
            self._leader = None


def moments(random: Random) -> Iterator[dt.datetime]:
    """Yield when a leader looks: often enough, late, or after days in which nobody led."""
    now = START
    while now < END:
        hours = random.choices(
            [random.uniform(0, 2), random.uniform(2, 20), random.uniform(24, 400)], weights=[1, 1, 1]
        )[0]
        now = min(now + dt.timedelta(hours=hours), END)
        yield now


@pytest.fixture
def story(around: Surroundings) -> Iterator[Story]:
    random = Random(7)
    registry = ModelRegistry(around.database)
    for societe_id in range(1, MODELS + 1):
        model = registry.create(societe_id, "m", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES)
        left(registry, model.id, statut=Statut.OBSOLETE)
    told = Story(around, random)
    yield told
    told.close()


def live_a_year(story: Story, around: Surroundings) -> Counter[str]:
    """Return how many runs were made by hand."""
    random, by_hand = Random(11), Counter[str]()
    story.lead()
    for story.clock.now in moments(random):
        if random.randrange(BY_HAND) == 0:
            name = random.choice(list(TIMERS))
            by_hand[name] += 1
            done = run_by_hand(around, name, "marie", clock=lambda: story.clock.now)
            assert done.statut is StatutExecution.REUSSIE
        story.lead(random.choice(FATES) if random.randrange(FATED) == 0 else "")
    story.lead()
    settle(around)
    return by_hand


def settle(around: Surroundings) -> None:
    """Wait until what was committed can be read: brokers answer a commit a moment earlier, and a fence later."""
    Term(around, clock=lambda: START).close()


def dues(name: str) -> list[dt.datetime]:
    """Return all due times of the year, counted one after the other."""
    found, now = [], START
    while (now := TIMERS[name].schedule.after(now)) <= END:
        found.append(now)
    return found


def test_a_year_with_kills(story: Story, around: Surroundings, record_property: Callable[[str, object], None]) -> None:
    began = time.monotonic()
    by_hand = live_a_year(story, around)
    lived = time.monotonic() - began

    assert set(story.deaths) >= {*FATES, "shut out"}
    told = runs(around)
    scheduled = [run for run in told if run.statut is StatutExecution.REUSSIE and not run.demandeur]
    asked = [run for run in told if run.demandeur]
    assert Counter(run.minuterie for run in asked) == by_hand
    assert Counter(run.statut for run in told) == {
        StatutExecution.ARMEE: len(TIMERS),
        StatutExecution.REUSSIE: len(scheduled) + len(asked),
    }
    for name in TIMERS:
        each_due_time_once(name, [run for run in scheduled if run.minuterie == name], story.done)
    each_run_published_once(around, [*scheduled, *asked])
    record_property(
        "figures",
        f"{len(scheduled)} runs, {sum(run.sautees for run in scheduled)} skipped, "
        f"{dict(story.deaths)} in {lived:.0f} s",
    )


def each_due_time_once(name: str, done: list[ExecutionMinuterie], looked: list[dt.datetime]) -> None:
    """Check that each due time was run once, or skipped by the rule: none looked until the next one."""
    expected, run_at = dues(name), [run.echeance for run in done]
    assert run_at == sorted(set(run_at))
    assert set(run_at) <= set(expected)
    assert run_at[-1] == expected[-1]
    skipped = set(expected) - set(run_at)
    assert sum(run.sautees for run in done) == len(skipped)
    for due, following in pairwise(expected):
        if due in skipped:
            assert not any(due <= moment < following for moment in looked)
    for before, run in pairwise([None, *done]):
        since = START if before is None else before.echeance
        assert run is not None and run.sautees == sum(since < due < run.echeance for due in expected)


def each_run_published_once(around: Surroundings, done: list[ExecutionMinuterie]) -> None:
    """Check that every run has exactly what it says it published, and nothing else was published."""
    ticking = {name for name in TIMERS if "retrain" not in TIMERS[name].work.__name__}
    assert ticks(around) == Counter(
        (run.minuterie, run.echeance, partition)
        for run in done
        if run.minuterie in ticking
        for partition in range(ENTRIES.partitions)
    )
    assert sorted(request.demande_id for request in requests(around)) == sorted(
        record_id(f"{run.minuterie}/{modele_id}", run.echeance)
        for run in done
        if run.minuterie not in ticking
        for modele_id in range(1, MODELS + 1)
    )
    for run in done:
        count = ENTRIES.partitions if run.minuterie in ticking else MODELS
        assert sum(run.publies.values()) == count


def test_one_that_wakes_up_publishes_nothing(story: Story, around: Surroundings) -> None:
    story.lead()
    story.clock.now += dt.timedelta(hours=1)
    sleeper = story._leader
    assert sleeper is not None
    successor = Term(around, clock=story.clock)
    assert [run.minuterie for run in successor.step()] == ["statistics"]
    with pytest.raises(Fenced, match="another process has taken over"):
        list(sleeper.step())
    assert list(successor.step()) == []
    successor.close()
    settle(around)
    assert len(runs(around)) == len(TIMERS) + 1
