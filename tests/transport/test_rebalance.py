"""Workers join and leave, and ordinary agents and tables go on beside batches."""

from collections import Counter
from threading import Thread

from .stage import PARTITIONS, Stage


def test_workers_that_join_and_leave_finish_what_they_began_and_nothing_is_done_twice(stage: Stage) -> None:
    options = {"max_records": 10}
    first = stage.start(options=options, sleep=0.05, commit_interval=60.0)
    stage.publish([2000] * PARTITIONS)
    stage.until(lambda: len(first.finished()) > 10, "the first at work")
    second = stage.start("loop", options=options, sleep=0.05, commit_interval=60.0)
    stage.until(lambda: len(second.finished()) > 10, "the second at work")
    more = Thread(target=stage.publish, args=([500] * PARTITIONS, 2000))
    more.start()
    assert first.stop() == 0
    assert any(len(offsets) < 2000 for offsets in first.seen().values())
    more.join()
    stage.until(lambda: len(second.finished()) > 50, "the second at work alone")
    assert second.stop() == 0
    third = stage.start()
    stage.until_done()
    workers = [first.seen(), second.seen(), third.seen()]
    for partition in range(PARTITIONS):
        offsets = [offset for seen in workers for offset in seen[partition]]
        assert sorted(offsets) == [*range(2500)]
        for seen in workers:
            assert seen[partition] == sorted(seen[partition])


def test_a_batch_that_a_rebalance_does_not_wait_for_counts_for_nothing(stage: Stage) -> None:
    go_on = stage.home / "go-on"
    first = stage.start(hold=str(go_on), options={"finish_seconds": 0.5, "max_records": 50})
    stage.publish([100] * PARTITIONS)
    stage.until(lambda: sum("began" in line for line in first.lines) == PARTITIONS, "batches in work")
    second = stage.start(options={"max_records": 50})
    stage.until(lambda: any(second.seen().values()), "the second at work with what it was given")
    go_on.touch()
    stage.until_done()
    assert second.running
    assert all(offsets in ([], [*range(100)]) for offsets in second.seen().values())
    taken = [partition for partition, offsets in second.seen().items() if offsets]
    assert 0 < len(taken) < PARTITIONS
    for partition in set(range(PARTITIONS)) - set(taken):
        # Its batch was finished too late to count, and came again when it was finished.
        assert first.seen()[partition] == [*range(50), *range(100)]


def test_a_table_beside_batches_is_filled_and_recovered_as_in_plain_faust(stage: Stage) -> None:
    counted = stage.create("counted")
    first = stage.start(table=counted)
    stage.publish([700, 700, 0, 0])
    stage.publish([70, 0, 0, 0], topic=counted)
    stage.until_done()
    stage.until(lambda: counts(first.lines) == {f"k{k}": 10 for k in range(7)}, "all counted")
    assert first.stop() == 0
    second = stage.start(table=counted)
    stage.publish([7, 7, 0, 0], first=700)
    stage.publish([7, 0, 0, 0], first=70, topic=counted)
    stage.until_done()
    stage.until(lambda: counts(second.lines) == {f"k{k}": 11 for k in range(7)}, "counted on")
    assert second.seen() == {0: [*range(700, 707)], 1: [*range(700, 707)], 2: [], 3: []}
    assert second.stop() == 0


def counts(lines: list[dict[str, object]]) -> Counter[str]:
    """Return the last count of each key."""
    return Counter({str(line["key"]): int(str(line["count"])) for line in lines if "key" in line})
