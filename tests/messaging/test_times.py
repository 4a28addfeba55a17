"""Event times: what headers tell, what happens where they tell nothing, and that both readings agree."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.messaging.times import FIRST_HOUR, LAST_HOUR, event_hours, event_time, hour_of

NOON = dt.datetime(2024, 3, 5, 12, tzinfo=dt.UTC)


def hours_of(told: list[bytes | None]) -> list[int]:
    return event_hours(told, np.full(len(told), hour_of(NOON))).tolist()


def raw(told: bytes | None) -> RawRecord:
    return RawRecord(0, b"1", b"{}", [("ce_id", b"x"), ("ce_time", told), ("ce_time", b"2001-01-01T00:00:00Z")])


TOLD = {
    b"2024-03-05T08:30:00+00:00": "2024-03-05T08:30:00+00:00",
    b"2024-03-05T08:30:00.123456Z": "2024-03-05T08:30:00.123456+00:00",
    b"2024-03-05T23:59:59.999999-00:30": "2024-03-06T00:29:59.999999+00:00",
    b"2024-03-05T08:30:00,123456+00:00": "2024-03-05T08:30:00.123456+00:00",
    b"2024-03-05T08:30:00.12345x+00:00": None,
    b"2024-03-05T00:15:00+05:30": "2024-03-04T18:45:00+00:00",
    b"2024-03-05T08:30:00": "2024-03-05T08:30:00+00:00",
    b"0001-01-01T00:00:00Z": "0001-01-01T00:00:00+00:00",
    b"9999-12-31T23:59:59Z": "9999-12-31T23:59:59+00:00",
    b"0001-01-01T00:00:00+05:00": None,
    b"9999-12-31T23:59:59-05:00": None,
    b"2024-02-30T08:30:00Z": None,
    b"yesterday": None,
    b"\xff": None,
    b"": None,
    None: None,
}


@pytest.mark.parametrize("told", TOLD)
def test_the_time_of_an_event(told: bytes | None) -> None:
    expected = TOLD[told]
    moment = event_time(raw(told), NOON)
    assert moment == (NOON if expected is None else dt.datetime.fromisoformat(expected))
    assert moment.utcoffset() == dt.timedelta(0)
    assert hours_of([told]) == [hour_of(moment)]


def test_a_record_without_headers_is_of_the_other_time() -> None:
    bare = RawRecord(0, b"1", b"{}", [])
    assert event_time(bare, NOON) == NOON
    assert event_hours([None], np.array([7])).tolist() == [7]


@given(st.datetimes(timezones=st.sampled_from([None, dt.UTC, dt.timezone(dt.timedelta(hours=-3, minutes=-30))])))
def test_both_readings_agree(moment: dt.datetime) -> None:
    told = moment.isoformat().encode()
    expected = hour_of(event_time(raw(told), NOON))
    assert hours_of([told]) == [expected]
    assert FIRST_HOUR <= expected <= LAST_HOUR


def test_times_of_every_day_and_texts_that_are_almost_times_are_read_alike() -> None:
    zones = [dt.timezone(dt.timedelta(minutes=minutes)) for minutes in (0, 60, 120, -210, 345, -1439)]
    days = [dt.datetime(1999, 1, 1, 23, 29, 59) + dt.timedelta(days=k) for k in range(800)]
    days += [dt.datetime.max.replace(microsecond=0), dt.datetime.min]
    told = [day.replace(tzinfo=zone).isoformat().encode() for day in days for zone in zones]
    told += [b"2023-02-29T08:30:00+00:00", b"2024-03-05T08:30:00+24:00", b"2024-03-05T08:30:00+01:60"]
    plain = b"2024-02-28T08:30:00+00:00"
    for place in range(len(plain)):
        told += [plain[:place] + bytes([other]) + plain[place + 1 :] for other in b"02369:-T /Zz\xff"]
    assert len({len(one) for one in told}) == 1
    assert hours_of(told) == [hour_of(event_time(raw(one), NOON)) for one in told]
