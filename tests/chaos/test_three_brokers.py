"""Three brokers with users and encryption, of which one is killed while entries are published and scored."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition

from tests.cluster.cluster import ADMIN, Cluster
from tests.cluster.secured import USERS, SecuredDeployment, acting_as
from topics import ENTRIES
from wisebook_ml.messaging.groups import committed, group_name
from wisebook_ml.messaging.reader import ReadError, end_offsets

from .proof import assert_lag_free, assert_undisturbed
from .stream import Feed, make_stream
from .workers import PATIENCE, Supervised, eventually

pytestmark = pytest.mark.chaos

PER_SECOND = 5_000
ENTRIES_EACH = 9_000
"""Of each of nine companies: some twenty seconds of publishing, with revisions and deletions."""


def test_one_of_three_brokers_is_killed(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """Kill a broker that leads partitions, under 5,000 entries a second, and start it again later.

    Checked: all invariants (nothing lost, nothing twice). Told: when entries of every partition that were published
    after the kill were scored and committed.
    """
    with Cluster(tmp_path / "cluster", brokers=3) as cluster, acting_as(cluster.environment(ADMIN)):
        deployment = SecuredDeployment(cluster, "three.", tmp_path / "home")
        deployment.apply()
        records = make_stream(deployment, entries=ENTRIES_EACH)
        user = cluster.environment(USERS.format(role="scoring"))
        feed = Feed(deployment, records, PER_SECOND, chunk=PER_SECOND // 20)
        with feed, Supervised(deployment, **user) as scoring:
            feed.up_to(0.3)
            eventually(lambda: feed.done >= int(0.3 * len(records)), "a third published")
            assert_lag_free(deployment)
            feed.up_to(1.0)
            begun, before = time.monotonic(), feed.done
            eventually(lambda: feed.done >= int(0.45 * len(records)), "more published")
            rate = (feed.done - before) / (time.monotonic() - begun)
            cluster.kill(cluster.leaders(deployment.name(ENTRIES))[0])
            killed, at = time.monotonic(), _ends(deployment)
            eventually(lambda: _beyond(deployment, at), "entries of every partition that came after the kill")
            recovered = time.monotonic() - killed
            feed.finish()
            assert_lag_free(deployment)
            assert scoring.stop() == 0
        record_property(
            "figures", f"{rate:,.0f} entries a second; scored on every partition {recovered:.1f} s after the kill"
        )
        assert_undisturbed(deployment)
        deployment.close()


def _ends(deployment: SecuredDeployment) -> dict[int, int]:
    """Return where the entries end, once the partitions have leaders again."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            offsets = end_offsets(deployment.bootstrap, deployment.name(ENTRIES))
        except ReadError:
            if time.monotonic() > deadline:
                raise
        else:
            return {partition: end for partition, (_, end) in offsets.items()}


def _beyond(deployment: SecuredDeployment, ends: dict[int, int]) -> bool:
    """Tell whether the scoring role has committed further than these ends on every partition."""
    name = deployment.name(ENTRIES)
    asked = [TopicPartition(name, partition) for partition in ends]
    try:
        done = committed(deployment.bootstrap, group_name(deployment.settings.topic_prefix, "scoring"), asked)
    except ReadError:
        return False
    return all(done.get(partition, 0) > end for partition, end in ends.items())
