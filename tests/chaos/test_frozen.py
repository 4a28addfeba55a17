"""A worker that is suspended in the middle of a transaction, and wakes when another has its partitions."""

import random
import signal

import pytest
from confluent_kafka import IsolationLevel

from agents.lease import EXIT_FAILED
from tests.acceptance.deployment import Deployment
from topics import DETECTIONS

from .brokers import ends, open_transactions
from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .workers import OFTEN, Process, eventually, freeze_in_transaction, working

pytestmark = pytest.mark.chaos

UNAWARE = """
from agents.lease import Lease
from wisebook_ml.cli import main
Lease.check = lambda self: None
main(["worker", "scoring"])
"""
"""A worker that does not notice that it slept: what the brokers refuse is all that stops it."""


@pytest.mark.parametrize("aware", [True, False], ids=["notices", "does-not-notice"])
def test_a_frozen_worker_writes_nothing_that_is_seen(deployment: Deployment, aware: bool) -> None:
    """Suspend a worker while its records lie on the broker uncommitted, let another finish the work, and wake it.

    Once as it is, and once without its own look at the clock. Checked: the worker that notices ends by itself; what the
    sleeper had sent, and what it still wants to send, is not visible to a reader of committed records: all invariants;
    and when it wakes nothing is added to what the other has published.
    """
    records = make_stream(deployment, entries=300)
    command = () if aware else ("-c", UNAWARE)
    with Feed(deployment, records, per_second=300) as feed:
        sleeper = Process(deployment, "scoring", "scoring-sleeper.log", command, **OFTEN)
        other = None
        try:
            feed.up_to(0.5)
            eventually(working(deployment), "something published")
            assert freeze_in_transaction(deployment, sleeper, random.Random(4), seconds=60)
            other = Process(deployment, "scoring", "scoring-other.log", **OFTEN)
            feed.up_to(0.9)
            eventually(working(deployment), "something published by the other")
            eventually(lambda: not open_transactions(deployment), "the sleeper's transaction is aborted")
            feed.finish()
            assert_lag_free(deployment)
            published = ends(deployment, DETECTIONS, IsolationLevel.READ_COMMITTED)
            sleeper.thaw()
            if aware:
                eventually(lambda: sleeper.status == EXIT_FAILED, "the sleeper ends")
            else:
                eventually(lambda: "taken over" in sleeper.log.read_text() or not sleeper.running, "it is refused")
                if sleeper.running:
                    assert sleeper.stop() in {0, EXIT_FAILED}
            assert ends(deployment, DETECTIONS, IsolationLevel.READ_COMMITTED) == published
            assert_lag_free(deployment)
            assert other.stop() == 0
        finally:
            for one in (sleeper, other):
                if one is not None and one.running:
                    one.thaw()
                    one.kill()
    assert sleeper.status != -signal.SIGKILL
    assert_undisturbed(deployment)
