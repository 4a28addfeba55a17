"""The timers role: the clock in; ticks, training requests and the record of every run out."""

import asyncio
from typing import Any

import faust

from agents.app import Batch, consume, partitions_of, role_app
from topics import TIMER_RUNS
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.settings import Settings
from wisebook_ml.timers.office import Office
from wisebook_ml.timers.term import Term
from wisebook_ml.timers.works import Surroundings
from wisebook_ml.transport.failure import end_process

__all__ = ["create_app"]


def create_app(settings: Settings) -> faust.App:
    """Return the Faust app that runs the timers.

    The worker to which the group gives the one partition of `timer-runs` leads; the others wait to take over. That only
    saves them from being in each other's way: that each due time is done once follows from the transactions alone
    (`wisebook_ml.timers.term`), so a worker that slept need not end itself before it has heard that it was replaced.
    """
    app = role_app("timers", settings)
    around = Surroundings(settings, resolve_bootstrap(settings))
    office = Office(lambda: Term(around), lambda error: end_process("the timers cannot be run", error))

    async def process(partition: int, records: Batch) -> None:
        """Let records pass: the leader knows what it has written."""

    async def keep(_app: Any, assigned: Any, *_: Any, **__: Any) -> None:
        if partitions_of(TIMER_RUNS, settings, assigned):
            office.take()

    async def leave(*_: Any, **__: Any) -> None:
        await asyncio.to_thread(office.leave)

    async def revoke(_app: Any, revoked: Any, *_: Any, **__: Any) -> None:
        if partitions_of(TIMER_RUNS, settings, revoked):
            await leave()

    app.on_partitions_assigned.connect(keep)  # type: ignore[arg-type]  # mode types handlers too narrowly
    app.on_partitions_revoked.connect(revoke)  # type: ignore[arg-type]
    app.on_before_shutdown.connect(leave)
    consume(app, TIMER_RUNS, settings, process)
    return app
