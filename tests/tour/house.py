"""Where the scenario takes place: topics, a database, workers, the dashboard in a browser, and a clock of the story."""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from playwright.sync_api import Browser, Page
from sqlalchemy import Engine

from schemas import ExecutionMinuterie, Record
from tests.acceptance.dashboard import served, sign_in, token_of
from tests.acceptance.deployment import Deployment, Seen, Worker, values_of
from topics import COUNTS, DETECTIONS, DRIFT, ENTRIES, FEEDBACK, SKETCHES, STATISTICS, TIMER_RUNS, TREASURY, Topic
from wisebook_ml.access import Right
from wisebook_ml.storage import open_database
from wisebook_ml.timers.catalogue import TIMERS
from wisebook_ml.timers.term import Term
from wisebook_ml.timers.works import Surroundings

from .companies import day

ROLES = ("scoring", "storage", "tuning", "alerting", "statistics", "drift", "treasury")
"""Those that work all the time; trainers come and go."""

WORK: tuple[tuple[str, Topic], ...] = (
    ("scoring", ENTRIES),
    ("treasury", TREASURY),
    ("drift", SKETCHES),
    ("statistics", COUNTS),
    ("statistics", DETECTIONS),
    ("statistics", FEEDBACK),
    ("tuning", FEEDBACK),
    ("alerting", DETECTIONS),
    ("storage", DETECTIONS),
    ("storage", STATISTICS),
    ("storage", DRIFT),
    ("storage", TIMER_RUNS),
)
"""Who reads what, each after those whose results it reads."""

SMALL = {"WISEBOOK_ML_BATCH_SIZE": "200", "WISEBOOK_ML_SNAPSHOT_RECORDS": "1000"}
"""Many batches and snapshots, so that a kill has many places to strike, and a recovery something to begin from."""

WATCHED_TIMERS = ("drift", "statistics")
"""The timers of the story; those that train models by their age have the calendar of the machine, not the story's."""

VIEW = {"width": 1280, "height": 860}

R = TypeVar("R", bound=Record)


@dataclass
class StoryClock:
    """Tells the time of the story, which is moved on by hand."""

    now: dt.datetime

    def __call__(self) -> dt.datetime:
        return self.now.astimezone(dt.UTC)

    def night_after(self, day_: dt.datetime) -> None:
        """Move on to the next night, when all timers have been due."""
        self.now = day_.replace(hour=3, minute=0) + dt.timedelta(days=1)


@dataclass
class House:
    """All parts at work.

    Parameters
    ----------
    deployment : Deployment
        Topics, settings, processes.
    workers : dict of str to Worker
        By role.
    disturbed : bool
        Whether scoring workers are killed.
    engine : Engine
        The database.
    clock, term : StoryClock, Term
        The clock of the timers, and the leader who runs them by it.
    address, token, page : str, str, Page
        The dashboard, what lets in, and the browser's page, signed in.
    kept : dict
        What the steps found that the end is compared by.
    """

    deployment: Deployment
    workers: dict[str, Worker]
    disturbed: bool
    engine: Engine
    clock: StoryClock
    term: Term
    address: str
    token: str
    page: Page
    kept: dict[str, object] = field(default_factory=dict)

    def settle(self) -> None:
        """Wait until everybody has done all that there is."""
        for role, topic in WORK:
            self.deployment.wait(role, topic, *self.workers.values())

    def read(self, topic: Topic, kind: type[R]) -> list[R]:
        """Return the records of a kind on a topic, in their order."""
        found = [one for one in self.deployment.read(topic) if one.header("ce_type") == kind.ce_type]
        return [msgspec.json.decode(one.value or b"", type=kind) for one in found]

    def detections(self) -> Mapping[str, Seen]:
        """Return the last record of each detection, by its id."""
        return {str(one.detection.detection_id): one for one in self.deployment.detections()}

    def told(self) -> int:
        """Return how many different records of detections are out."""
        return len(set(values_of(self.deployment.detections())))

    def night(self, day_: dt.datetime) -> list[ExecutionMinuterie]:
        """Let the night after a day come, in which the timers run; returns their runs."""
        self.clock.night_after(day_)
        runs = list(self.term.step())
        self.settle()
        return runs

    @contextmanager
    def trainer(self) -> Iterator[Worker]:
        """Have a trainer at work."""
        worker = self.deployment.start("training")
        try:
            yield worker
        finally:
            assert worker.stop() == 0

    def restart(self, role: str) -> None:
        """Start a role anew whose worker has ended."""
        self.workers[role] = self.deployment.start(role, **SMALL)


@contextmanager
def house(
    bootstrap: str, prefix: str, home: Path, database_url: str, browser: Browser, *, disturbed: bool
) -> Iterator[House]:
    """Start everything; end it afterwards, whatever happens."""
    with ExitStack() as ends:
        deployment = Deployment(bootstrap, prefix, home, database_url)
        ends.callback(deployment.close)
        deployment.apply()
        ends.callback((engine := open_database(deployment.settings.sql_url)).dispose)
        workers = {role: deployment.start(role, **SMALL) for role in ROLES}
        address = ends.enter_context(served(deployment))
        clock = StoryClock(day(10, 1))
        term = Term(
            Surroundings(deployment.settings, bootstrap), {name: TIMERS[name] for name in WATCHED_TIMERS}, clock=clock
        )
        ends.callback(term.close)
        token = token_of(deployment, None, *Right)
        page = sign_in(browser, address, token)
        ends.callback(page.context.close)
        page.set_viewport_size(VIEW)
        yield House(deployment, workers, disturbed, engine, clock, term, address, token, page)
        for worker in workers.values():
            worker.check()
