"""A broker that goes away in the middle of transactions."""

import random
import time

import pytest

from tests.acceptance.deployment import Deployment
from wisebook_ml.broker import LocalKafka

from .brokers import frozen_broker, kill_broker
from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .workers import OFTEN, Supervised, eventually, freeze_in_transaction, working

pytestmark = pytest.mark.chaos

STEPS = ["killed", "restarted", "killed"]

AWAY_SECONDS = 2.0

SILENT_SECONDS = 12.0
"""Longer than a session of the group."""


def test_a_broker_that_restarts_in_the_middle_of_transactions(broker: LocalKafka, on_broker: Deployment) -> None:
    """Restart the only broker three times while entries are published and scored, twice by SIGKILL.

    It is killed while a transaction is open: the worker is suspended until the broker is gone. A worker that gives up
    is started again. Checked: all invariants, and that a broker was killed with a transaction open.
    """
    records = make_stream(on_broker, entries=500)
    chance = random.Random(3)
    in_transaction = 0
    with Feed(on_broker, records, per_second=300) as feed, Supervised(on_broker, **OFTEN) as scoring:
        for step, how in enumerate(STEPS, 1):
            feed.up_to(step / (len(STEPS) + 1))
            eventually(working(on_broker), f"something published before step {step}")
            if how == "killed":
                in_transaction += freeze_in_transaction(on_broker, scoring.worker, chance, seconds=10)
                kill_broker(broker)
                scoring.worker.thaw()
            else:
                broker.stop()
            time.sleep(AWAY_SECONDS)
            assert broker.start() == on_broker.bootstrap
        feed.finish()
        assert_lag_free(on_broker)
        assert scoring.stop() == 0
    assert in_transaction > 0
    assert_undisturbed(on_broker)


def test_a_broker_that_is_silent_for_longer_than_a_session(broker: LocalKafka, on_broker: Deployment) -> None:
    """Suspend the broker while a worker publishes: nothing it sends is answered, and no connection is closed.

    Checked: all invariants, and that there is a worker that goes on when the broker does, be it the same or another.
    """
    records = make_stream(on_broker, entries=300)
    with Feed(on_broker, records, per_second=300) as feed, Supervised(on_broker, **OFTEN) as scoring:
        feed.up_to(0.5)
        eventually(working(on_broker), "something published")
        feed.up_to(0.9)
        with frozen_broker(broker):
            time.sleep(SILENT_SECONDS)
        eventually(working(on_broker), "something published when the broker answers again")
        feed.finish()
        assert_lag_free(on_broker)
        assert scoring.stop() == 0
    assert_undisturbed(on_broker)
