"""What a replay does, as it is divided among processes and told apart from others."""

import datetime as dt

import msgspec
import pytest

from wisebook_ml.replay.ahead import AHEAD, read_ahead
from wisebook_ml.replay.bounds import parse_bound
from wisebook_ml.replay.pace import Pace
from wisebook_ml.replay.plan import Plan, shares


def plan(**changes: object) -> Plan:
    given = {"topic": "entries", "topic_id": "x", "partitions": 6, "stretches": {3: (10, 20)}, "fold": "f"}
    return Plan(**(given | changes))  # type: ignore[arg-type]


def test_shares_cover_every_partition_once() -> None:
    parts = shares({0: 3, 1: 1, 2: 4, 3: 1, 4: 5, 5: 9}, 2)
    assert sorted(number for part in parts for number in part) == list(range(6))


@pytest.mark.parametrize("runs", [0, 1, AHEAD, 3 * AHEAD])
def test_runs_that_are_read_ahead_stay_in_order(runs: int) -> None:
    given = [(number, ()) for number in range(runs)]
    assert list(read_ahead(iter(given))) == given


def test_reading_ahead_fails_as_reading_does() -> None:
    def broken() -> object:
        yield 1
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        list(read_ahead(iter(broken())))  # type: ignore[call-overload]


def test_a_plan_is_the_same_after_it_was_written_down() -> None:
    one = plan()
    again = msgspec.json.decode(msgspec.json.encode(one), type=Plan)
    assert again == one
    assert again.id == one.id
    assert plan(stretches={3: (10, 21)}).id != one.id


@pytest.mark.parametrize("text", ["", "yesterday", "2025-02-30", "-5", "٣"])
def test_what_is_no_bound_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no offset"):
        parse_bound(text)


def test_a_moment_keeps_the_zone_that_it_says() -> None:
    assert parse_bound("2025-07-01T08:00") == dt.datetime(2025, 7, 1, 6, tzinfo=dt.UTC)


def test_who_does_not_share_never_rests() -> None:
    slept: list[float] = []
    Pace(1.0, sleep=slept.append).rest()
    assert slept == []


def test_time_that_others_had_the_processor_is_rest() -> None:
    passed, used, slept = iter([0.0, 2.0]), iter([0.0, 0.5]), list[float]()
    Pace(0.5, clock=lambda: next(passed), used=lambda: next(used), sleep=slept.append).rest()
    assert slept == []
