"""Every record is delivered, in order, and committed when it is finished and not before."""

import pytest
from confluent_kafka import Producer

from .stage import PARTITIONS, SECONDS, Stage, Worker

STYLES = ["loop", "each"]
FAILED = 70


def together(*workers: Worker) -> dict[int, list[int]]:
    """Return what workers finished one after the other."""
    return {p: [offset for worker in workers for offset in worker.seen()[p]] for p in range(PARTITIONS)}


def assert_all(seen: dict[int, list[int]], counts: list[int]) -> None:
    """Check that every record was finished at least once, and nothing before what comes before it."""
    for partition, count in enumerate(counts):
        offsets = list(dict.fromkeys(seen[partition]))
        assert offsets == list(range(count))


@pytest.mark.parametrize("style", STYLES)
def test_every_record_comes_once_and_in_order_whatever_the_codec(stage: Stage, style: str) -> None:
    worker = stage.start(style)
    for k, codec in enumerate(["gzip", "snappy", "lz4", "zstd", "none"]):
        stage.publish([500, 300, 200, 0], first=1000 * k, **{"compression.type": codec})
    stage.until_done()
    assert worker.seen() == {0: [*range(2500)], 1: [*range(1500)], 2: [*range(1000)], 3: []}
    values = [value for line in worker.finished() if line["partition"] == 0 for value in line["values"]]
    assert values == [f"0:{1000 * k + i}" for k in range(5) for i in range(500)]
    assert worker.stop() == 0


@pytest.mark.parametrize("style", STYLES)
def test_after_a_crash_the_group_stands_at_the_last_finished_batch(stage: Stage, style: str) -> None:
    counts = [1000, 1000, 1000, 1000]
    stage.publish(counts)
    first = stage.start(style, exit_at="2:555", exit_after=1.0, options={"max_records": 100})
    assert first.wait() == 9
    committed, seen = stage.committed(), first.seen()
    assert seen[2] == [*range(committed[2])]  # those after the last commit: none, there was a second for it
    assert committed[2] <= 555
    for partition, offsets in seen.items():
        assert committed.get(partition, 0) <= len(offsets)

    second = stage.start(style, options={"max_records": 100})
    stage.until_done()
    for partition, offsets in second.seen().items():
        assert offsets == [*range(committed.get(partition, 0), counts[partition])]
    assert_all(together(first, second), counts)


@pytest.mark.parametrize("style", STYLES)
def test_an_exception_ends_the_worker_and_skips_nothing(stage: Stage, style: str) -> None:
    counts = [400, 400, 400, 400]
    stage.publish(counts)
    first = stage.start(style, raise_at="1:250", sleep=0.3, options={"max_records": 50})
    assert first.wait() == FAILED
    assert "this one cannot be processed" in first.errors.read_text()
    assert all(offset < 250 for offset in first.seen()[1])
    assert stage.committed().get(1, 0) <= 250

    second = stage.start(style)
    stage.until_done()
    assert_all(together(first, second), counts)


def test_a_worker_that_is_asked_to_end_finishes_commits_and_leaves(stage: Stage) -> None:
    stage.publish([200, 0, 0, 0])
    worker = stage.start(sleep=1.0, commit_interval=60.0, options={"max_records": 100})
    stage.until(lambda: any("began" in line for line in worker.lines), "a batch in work")
    assert worker.stop() == 0
    assert worker.seen()[0] == [*range(100)]
    assert stage.committed() == {0: 100}
    assert stage.members() == 0


def test_a_worker_that_reads_committed_moves_on_over_what_was_aborted(stage: Stage) -> None:
    producer = Producer({"bootstrap.servers": stage.bootstrap, "transactional.id": stage.group})
    producer.init_transactions(SECONDS)
    for k in range(6):
        producer.begin_transaction()
        for i in range(50):
            producer.produce(stage.topic, f"{k}:{i}", partition=0)
        producer.flush(SECONDS)
        if k % 2:
            producer.abort_transaction(SECONDS)
        else:
            producer.commit_transaction(SECONDS)
    worker = stage.start(options={"read_committed": True})
    stage.until_done("the commit behind the last marker")
    values = [value for line in worker.finished() for value in line["values"]]
    assert values == [f"{k}:{i}" for k in (0, 2, 4) for i in range(50)]
    assert stage.committed() == {0: 6 * 51}

    producer.begin_transaction()
    producer.produce(stage.topic, "open", partition=0)
    producer.flush(SECONDS)
    stage.publish([0, 10, 0, 0])
    stage.until(lambda: stage.committed().get(1) == 10, "the other partition")
    assert stage.committed()[0] == 6 * 51
    producer.commit_transaction(SECONDS)
    stage.until_done()
    assert worker.finished()[-1]["values"] == ["open"]


def test_batches_of_small_transactions_follow_each_other_without_a_gap(stage: Stage) -> None:
    producer = Producer({"bootstrap.servers": stage.bootstrap, "transactional.id": stage.group, "linger.ms": 0})
    producer.init_transactions(SECONDS)

    def publish(first: int) -> None:
        for k in range(first, first + 50):
            producer.begin_transaction()
            producer.produce(stage.topic, str(k), partition=0)
            producer.commit_transaction(SECONDS)

    publish(0)
    worker = stage.start(options={"read_committed": True, "max_records": 8})
    publish(50)
    stage.until_done()
    assert worker.seen()[0] == [*range(0, 200, 2)]  # a marker after each
    stretches = [line["stretch"] for line in worker.finished()]
    assert stretches[0][0] == 0
    assert [first for first, _ in stretches[1:]] == [end for _, end in stretches[:-1]]
    assert len(stretches) > 10
    assert stage.committed()[0] == 200
