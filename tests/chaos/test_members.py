"""Workers that come and go while there is work."""

import random
import signal
import time

import pytest

from tests.acceptance.deployment import Deployment
from topics import ENTRIES

from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .workers import OFTEN, Process, eventually, holding

pytestmark = pytest.mark.chaos

STEPS = ["join", "join", "leave", "join", "join", "die", "join", "leave", "die", "join", "join", "leave"]
"""At most three workers at a time."""

READY = "Worker ready"
"""What Faust logs when a worker has been given its partitions for the first time."""


def shared(held: list[list[int]], workers: int) -> bool:
    """Tell whether so many workers have all partitions, each of them one."""
    return len(held) == workers and sorted(p for mine in held for p in mine) == list(range(ENTRIES.partitions))


def test_up_to_three_workers_come_and_go(deployment: Deployment) -> None:
    """Have workers join, leave (SIGTERM) and die (SIGKILL) under load, and compare with a run by one that stays.

    Every second one that joins is waited for until it has partitions, the others meet the next step while they start or
    while the group rebalances. Checked: all invariants; that who is asked to leave leaves in peace, once it has
    partitions; and that in the end those that are left share all partitions.
    """
    records = make_stream(deployment, entries=800)
    chance = random.Random(2)
    alive: list[Process] = []
    started = 0
    try:
        with Feed(deployment, records, per_second=400) as feed:
            for step, what in enumerate(STEPS, 1):
                feed.up_to(step / (len(STEPS) + 1))
                if what == "join":
                    started += 1
                    alive.append(Process(deployment, "scoring", f"scoring-{started}.log", **OFTEN))
                    if step % 2:
                        eventually(lambda: len(holding(deployment)) == len(alive), f"{len(alive)} with partitions")
                else:
                    one = alive.pop(chance.randrange(len(alive)))
                    if what == "die":
                        one.kill()
                    else:
                        ready = READY in one.log.read_text()
                        assert one.stop() in ({0} if ready else {0, -signal.SIGTERM})
                time.sleep(chance.uniform(0.5, 2.0))
            eventually(lambda: shared(holding(deployment), len(alive)), "all that are left have partitions")
            feed.finish()
            assert_lag_free(deployment)
            for one in alive:
                one.check()
            # One after the other, so that the last one gets everything.
            assert [one.stop() for one in alive] == [0] * len(alive)
    finally:
        for one in alive:
            if one.running:
                one.kill()
    assert_undisturbed(deployment, to_the_end=False)
