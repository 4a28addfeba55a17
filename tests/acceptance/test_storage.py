"""The SQL table is the topic, whatever happens to the worker that copies it."""

import datetime as dt

import msgspec

from schemas import Detection, Ecriture
from topics import DETECTIONS, ENTRIES
from wisebook_ml.generator import generate_ledger
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.storage import DetectionStore, StoredDetection, open_database

from .deployment import Deployment, Seen, Worker, with_gaps

MOST = 100_000


def stored(deployment: Deployment) -> list[StoredDetection]:
    """Return all rows."""
    return list(DetectionStore(open_database(deployment.settings.sql_url)).top(MOST, etat=None))


def assert_rows_equal_the_topic(deployment: Deployment, seen: list[Seen]) -> None:
    """Check that each row is the last record of its detection, and that there is none else."""
    last = {str(one.detection.detection_id): one for one in seen}
    rows = {str(row.detection.detection_id): row for row in stored(deployment)}
    assert rows.keys() == last.keys()
    for id_, one in last.items():
        assert encode_detection(rows[id_].detection) == one.value
        assert (rows[id_].topic, rows[id_].partition, rows[id_].offset) == (
            deployment.name(ENTRIES),
            one.partition,
            int(one.header("wb_offset")),
        )
        assert rows[id_].ce_time == dt.datetime.fromisoformat(one.header("ce_time"))


def test_rows_equal_the_last_record_of_each_detection_though_the_worker_is_killed(deployment: Deployment) -> None:
    scoring, storage = deployment.start("scoring"), deployment.start("storage")
    ledgers = [
        with_gaps(generate_ledger(entries=400, seed=51, societe_id=societe_id).events) for societe_id in (1, 2, 3)
    ]
    events: list[Ecriture] = [event for ledger in ledgers for event in ledger]
    half = len(events) // 2
    deployment.publish(events[:half])
    # Rows are written and perhaps not committed in the group yet.
    deployment.until(lambda: len(stored(deployment)) > 0, "first rows", scoring, storage)
    storage.kill()
    deployment.publish(events[half:])
    deployment.wait("scoring", ENTRIES, scoring)
    assert deployment.lag("storage", DETECTIONS) > 0

    storage = deployment.start("storage")
    deployment.wait("storage", DETECTIONS, scoring, storage)
    seen = deployment.detections()
    assert len(seen) > len({one.key for one in seen})  # some were revised
    assert_rows_equal_the_topic(deployment, seen)
    assert deployment.dead_letters() == []

    foreign = a_record_that_is_no_detection(deployment, seen[0], scoring, storage)
    assert_rows_equal_the_topic(deployment, seen)
    (letter,) = deployment.dead_letters()
    assert (letter.key, letter.value) == (b"no-detection", foreign)
    assert letter.header("wb_topic") == deployment.name(DETECTIONS)
    assert letter.header("wb_reason") == "SCHEMA"
    assert "missing required field" in letter.header("wb_detail")


def a_record_that_is_no_detection(deployment: Deployment, good: Seen, *workers: Worker) -> bytes:
    """Publish one, wait until it was read, and return its value."""
    value = msgspec.json.encode({"detection_id": str(good.detection.detection_id), "societe_id": 1})
    deployment.send(DETECTIONS, [(b"no-detection", value, [("ce_type", Detection.ce_type.encode())])], good.partition)
    deployment.wait("storage", DETECTIONS, *workers)
    return value
