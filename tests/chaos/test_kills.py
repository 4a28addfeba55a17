"""A scoring worker that is killed again and again."""

import random
import re
import time

import pytest

from tests.acceptance.deployment import Deployment

from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .workers import OFTEN, Supervised, eventually, freeze_in_transaction, working

pytestmark = pytest.mark.chaos

MOMENTS = ["starting"] * 7 + ["scoring"] * 6 + ["publishing"] * 7
KILLS = len(MOMENTS)

PUBLISHED = (1, 20)
"""Offsets of `detections` that a worker gets on before a kill, at least and at most: less than it has been given."""

MOST_READ_AGAIN = 1_000
"""Records of a partition; a snapshot is due every 300, and some are lost with those who write them."""

RECOVERED = re.compile(r"recovered up to offset \d+: snapshot of offset \d+ .* (\d+) records read again")


def test_twenty_kills_leave_no_trace(deployment: Deployment) -> None:
    """Kill a worker twenty times while entries are published all the while, and compare with a run without.

    A supervisor starts it again each time, and it lives long enough to commit (once a second) or not. A third of the
    kills strike at any time of its start (imports, joining the group), a third while it scores, and a third while a
    transaction of its is open on the broker. Snapshots are taken every 300 records, so that recoveries begin with one;
    the stream has revisions, deletions, two models that are activated in the middle and records that are none.
    Checked: all invariants; that recoveries used snapshots and did not read more and more; that half of the kills of
    the last kind, at least, did find an open transaction.
    """
    records = make_stream(deployment, entries=1200)
    chance = random.Random(1)
    moments = chance.sample(MOMENTS, KILLS)
    in_transaction = 0
    with Feed(deployment, records, per_second=200) as feed, Supervised(deployment, **OFTEN) as scoring:
        for kill, moment in enumerate(moments, 1):
            feed.up_to((kill - 0.5) / (KILLS + 1))
            if moment == "starting":
                time.sleep(chance.uniform(0, 4))
            else:
                eventually(working(deployment, chance.randint(*PUBLISHED)), f"something published before kill {kill}")
                time.sleep(chance.uniform(0, 2))
                feed.up_to(kill / (KILLS + 1))  # so that there is work when it strikes
                if moment == "publishing":
                    in_transaction += freeze_in_transaction(deployment, scoring.worker, chance, seconds=5)
                else:
                    time.sleep(chance.uniform(0, 1))
            scoring.kill()
        feed.pace(2_000)
        feed.finish()
        assert_lag_free(deployment)
        assert scoring.stop() == 0
    assert scoring.statuses == [-9] * KILLS
    assert in_transaction >= MOMENTS.count("publishing") // 2
    read_again = [int(records) for records in RECOVERED.findall(scoring.log)]
    assert read_again
    assert max(read_again) < MOST_READ_AGAIN
    assert_undisturbed(deployment)
