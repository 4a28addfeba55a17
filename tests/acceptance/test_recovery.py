"""A worker that starts does not begin at the beginning."""

import re

from topics import ENTRIES
from wisebook_ml.generator import generate_ledger

from .deployment import Deployment, Worker, assert_one_value_each, last_of_each, values_of, with_gaps

OFTEN = {"WISEBOOK_ML_BATCH_SIZE": "50", "WISEBOOK_ML_SNAPSHOT_RECORDS": "100", "WISEBOOK_ML_SNAPSHOT_SECONDS": "3600"}
"""By records alone: on a busy machine one would be due after a minute, too."""

RECOVERED = re.compile(r"recovered up to offset (\d+): snapshot of offset (\d+) .* (\d+) records read again")


def recovered(worker: Worker) -> tuple[int, int, int]:
    """Return up to where a worker recovered, from which snapshot, and how many records it read again."""
    (found,) = RECOVERED.findall(worker.log.read_text())
    return int(found[0]), int(found[1]), int(found[2])


def test_a_worker_goes_on_from_the_last_snapshot_after_a_kill_and_after_a_stop(deployment: Deployment) -> None:
    events = with_gaps(generate_ledger(entries=1500, seed=31, societe_id=5).events)
    parts = [events[:830], events[830:1100], events[1100:]]

    first = deployment.start("scoring", **OFTEN)
    deployment.publish(parts[0])
    deployment.wait("scoring", ENTRIES, first)
    first.kill()
    already = len(deployment.detections())
    deployment.publish(parts[1])
    second = deployment.start("scoring", **OFTEN)
    deployment.until(lambda: len(deployment.detections()) > already, "detections by the second worker", second)
    # In the middle of its work, perhaps.
    assert second.stop() == 0
    offset, snapshot, read = recovered(second)
    assert offset == 830  # all of it was committed
    assert 0 < offset - snapshot == read < 400

    stopped = values_of(deployment.detections())
    deployment.publish(parts[2])
    third = deployment.start("scoring", **OFTEN)
    deployment.wait("scoring", ENTRIES, third)
    offset, snapshot, read = recovered(third)
    assert 830 < offset == snapshot <= 1100
    assert read == 0

    told, expected = values_of(deployment.detections()), deployment.undisturbed(events)
    assert_one_value_each(told)
    assert last_of_each(told) == last_of_each(expected)
    assert list(dict.fromkeys(told)) == list(dict.fromkeys(expected))
    # Nothing is published twice by who comes after one that was stopped.
    rest = told[len(stopped) :]
    assert told[: len(stopped)] == stopped
    assert len(set(rest) - set(stopped)) == len(rest)
