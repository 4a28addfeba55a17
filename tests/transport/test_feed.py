"""The bookkeeping of one partition, without a broker."""

from types import SimpleNamespace
from typing import Any

from faust.types import TP

from wisebook_ml.transport.feed import PartitionFeed


def feed() -> PartitionFeed:
    one = PartitionFeed(TP("topic", 0), max_records=3)
    one.start()
    return one


def records(*offsets: int) -> list[Any]:
    return [SimpleNamespace(offset=offset) for offset in offsets]


def offsets(one: PartitionFeed) -> list[int]:
    batch = one.take()
    assert batch is not None
    return [record.offset for record in batch.records]


def test_one_batch_is_in_work_at_a_time_and_those_that_wait_grow_together() -> None:
    one = feed()
    one.add(records(5), 6, 6, now=0.0)
    assert offsets(one) == [5]
    one.add(records(6), 7, 8, now=0.0)
    one.add(records(7), 8, 8, now=0.0)
    assert one.take() is None
    assert one.finish()
    assert one.committable() == 6
    assert offsets(one) == [6, 7]


def test_a_gap_between_batches_is_committed_with_what_stands_before_it() -> None:
    one = feed()
    one.add(records(0, 4, 5, 9, 12), 20, 20, now=0.0)
    assert offsets(one) == [0, 4, 5]
    one.finish()
    assert one.committable() == 9
    assert offsets(one) == [9, 12]
    one.finish()
    assert one.committable() == 20


def test_control_records_are_passed_only_when_all_before_them_is_finished() -> None:
    one = feed()
    one.add(records(0, 1), 2, 3, now=0.0)
    assert offsets(one) == [0, 1]
    one.add([], 3, 3, now=0.0)
    assert one.committable() is None
    one.finish()
    assert one.committable() == 3
    one.commit(3, now=1.0)
    one.add([], 5, 5, now=2.0)
    assert one.committable() == 5


def test_a_position_where_a_group_starts_is_not_committed() -> None:
    one = feed()
    one.add([], 17, 17, now=0.0)
    assert one.committable() is None
    assert one.lag == 0


def test_a_batch_of_an_earlier_assignment_counts_for_nothing_and_is_waited_for() -> None:
    one = feed()
    one.add(records(0, 1), 2, 2, now=0.0)
    assert offsets(one) == [0, 1]
    one.drop()
    one.end_assignment()
    one.start()
    one.add(records(0, 1), 2, 2, now=0.0)
    assert one.take() is None
    assert not one.finish()
    assert one.committable() is None
    assert offsets(one) == [0, 1]
    assert one.finish()
    assert one.committable() == 2


def test_what_was_dropped_is_not_committed_and_what_was_in_work_is() -> None:
    one = feed()
    one.add(records(0, 1, 2, 3, 4), 5, 5, now=0.0)
    assert offsets(one) == [0, 1, 2]
    one.drop()
    one.finish()
    assert one.committable() == 3
    assert one.take() is None


def test_a_topic_made_anew_starts_anew() -> None:
    one = feed()
    one.add(records(100, 101), 102, 102, now=0.0)
    assert offsets(one) == [100, 101]
    one.finish()
    one.commit(102, now=0.0)
    one.add(records(0, 1), 2, 2, now=0.0)
    assert offsets(one) == [0, 1]
    one.finish()
    assert one.committable() == 2


def test_the_clock_of_a_stall_starts_when_there_is_something_to_do() -> None:
    one = feed()
    one.add([], 5, 5, now=0.0)
    one.add(records(5, 6, 7, 8), 9, 9, now=100.0)
    assert one.lag == 4
    assert one.progress_at == 100.0
    one.add([], 9, 12, now=150.0)
    assert one.progress_at == 100.0
    assert offsets(one) == [5, 6, 7]
    one.finish()
    one.commit(8, now=160.0)
    assert one.progress_at == 160.0
    assert one.lag == 4


def test_a_batch_begins_where_the_one_before_ended_whatever_is_missing_between() -> None:
    one = feed()
    one.add(records(4, 7), 9, 20, now=0.0)
    stretches = []

    def take() -> None:
        batch = one.take()
        assert batch is not None
        stretches.append((batch.first_offset, batch.next_offset))
        one.finish()

    take()
    one.add([], 12, 20, now=0.0)  # markers alone
    one.add(records(15, 16, 17, 19), 20, 20, now=0.0)
    take()
    take()
    assert stretches == [(4, 9), (9, 19), (19, 20)]


def test_the_first_batch_of_an_assignment_begins_where_the_consumer_stood() -> None:
    one = feed()
    one.add([], 30, 40, now=0.0)
    one.add(records(33), 40, 40, now=0.0)
    batch = one.take()
    assert batch is not None
    assert (batch.first_offset, batch.next_offset) == (30, 40)
    one.finish()
    one.end_assignment()
    one.start()
    one.add(records(8), 9, 9, now=0.0)  # the group was rewound
    batch = one.take()
    assert batch is not None
    assert (batch.first_offset, batch.next_offset) == (8, 9)


def test_whoever_sees_a_lag_sees_since_when() -> None:
    class Watched(PartitionFeed):
        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value)
            if started:  # as the watchdog's thread may look at any moment
                assert not self.lag or self.progress_at == 90_000.0

    started = False
    one = Watched(TP("topic", 0), max_records=3)
    one.start()
    started = True
    one.add(records(0, 1), 2, 9, now=90_000.0)
    assert one.lag == 9
