"""What is in memory is bounded, no partition waits for another, and who does not get on says so."""

import logging
import time

import pytest

from wisebook_ml.transport import Health
from wisebook_ml.transport import health as watch

from .stage import PARTITIONS, Stage


def test_a_slow_agent_holds_no_more_than_the_bounds(stage: Stage) -> None:
    stage.publish([2000] * PARTITIONS)
    options = {"max_records": 100, "max_buffered": 500}
    worker = stage.start(sleep=0.1, watch=0.005, concurrency=2, options=options)
    stage.until(lambda: len(worker.finished()) > 30, "some work")
    held = [line["held"] for line in worker.lines if "held" in line]
    assert max(sum(each.values()) for each in held) <= 500
    assert max(max(each.values(), default=0) for each in held) <= 200
    assert max(sum(each.values()) for each in held) > 300  # and it is not starved
    finished = worker.finished()
    assert {line["partition"] for line in finished} == set(range(PARTITIONS))
    assert max(len(line["offsets"]) for line in finished) == 100


def test_a_partition_with_a_backlog_does_not_delay_another(stage: Stage) -> None:
    stage.publish([60_000, 0, 0, 0])
    worker = stage.start(sleep=0.05, options={"max_records": 100})
    stage.until(lambda: len(worker.finished()) > 10, "the backlog")
    passed = []
    for k in range(5):
        stage.publish([0, 1, 0, 0], first=k)
        before = len(worker.finished())
        stage.until(lambda k=k: len(worker.seen()[1]) > k, "the small partition")  # type: ignore[misc]
        (*_, place) = [place for place, line in enumerate(worker.finished()) if line["partition"] == 1]
        passed.append(place - before)
    assert len(worker.seen()[0]) < 60_000  # still at it
    # Batches of the backlog that were finished between; counted, since a machine that is busy slows both.
    assert sorted(passed)[2] < 20


def test_an_agent_that_hangs_makes_the_worker_ill_and_ends_it(stage: Stage) -> None:
    stage.publish([100, 100, 100, 100])
    options = {"max_records": 10, "stall_seconds": 2.0}
    worker = stage.start(hang_at="3:55", watch=0.1, options=options)
    assert worker.wait() == 70
    assert "partition 3: nothing committed for" in worker.errors.read_text()
    assert stage.committed() == {0: 100, 1: 100, 2: 100, 3: 50}
    assert all(len(worker.seen()[p]) == 100 for p in range(3))
    told = [line["reasons"] for line in worker.lines if "reasons" in line]
    assert told[0] == []


def test_a_batch_that_gets_on_may_take_longer_than_a_stall(stage: Stage) -> None:
    stage.publish([1, 0, 0, 0])
    worker = stage.start(gets_on=10, watch=0.1, options={"stall_seconds": 4.0})
    stage.until_done()
    assert worker.running
    assert worker.seen()[0] == [0]
    assert all(line["reasons"] == [] for line in worker.lines if "reasons" in line)


def test_a_topic_that_does_not_exist_is_said_and_ends_nothing(stage: Stage) -> None:
    worker = stage.start(topic=f"{stage.group}-missing", watch=0.1, options={"stall_seconds": 1.0})
    told = [f"topic {stage.group}-missing does not exist; create it and restart"]
    stage.until(lambda: any(line.get("reasons") == told for line in worker.lines), "the reason")
    time.sleep(3)
    assert worker.running


def test_the_watchdog_survives_a_look_that_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(watch, "CHECK_SECONDS", 0.01)
    looks = iter([RuntimeError("dictionary changed size"), Health((), {}), Health(("stalled", "and ill"), {})])
    told: list[str] = []

    def look() -> Health:
        found = next(looks)
        if isinstance(found, Exception):
            raise found
        return found

    caplog.set_level(logging.ERROR)
    watch.Watchdog(look, told.append).start()
    deadline = time.monotonic() + 60
    while not told:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert told == ["stalled; and ill"]
    assert "dictionary changed size" in caplog.text
