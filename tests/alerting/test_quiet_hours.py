"""Quiet hours by French clocks: over midnight, on days off, and on the two nights when clocks are set."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from schemas import HeuresCalmes, Severite
from wisebook_ml.alerting.quiet_hours import LONGEST, quiet_until

PARIS = ZoneInfo("Europe/Paris")
NIGHT = HeuresCalmes(debut="20:00", fin="08:00")


def until(text: str, *calmes: HeuresCalmes, days_off: tuple[dt.date, ...] = (), fold: int = 0) -> str:
    """Return the end of the quiet that a moment (by French clocks) is in, by French clocks."""
    at = dt.datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold).astimezone(dt.UTC)
    end = quiet_until(at, Severite.ELEVEE, calmes, days_off)
    return "" if end is None else end.astimezone(PARIS).strftime("%d %H:%M %Z")


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-02T19:59", ""),
        ("2026-03-02T20:00", "03 08:00 CET"),
        ("2026-03-03T07:59", "03 08:00 CET"),
        ("2026-03-03T08:00", ""),
        ("2026-03-28T23:00", "29 08:00 CEST"),
        ("2026-10-24T23:00", "25 08:00 CET"),
    ],
)
def test_over_midnight(at: str, end: str) -> None:
    assert until(at, NIGHT) == end


def test_nights_when_clocks_are_set() -> None:
    skipped = HeuresCalmes(debut="02:15", fin="02:45")
    assert until("2026-03-29T03:00", skipped) == ""
    assert until("2026-03-29T01:59", HeuresCalmes(debut="01:00", fin="02:30")) == "29 03:00 CEST"
    assert until("2026-03-29T03:10", HeuresCalmes(debut="02:30", fin="04:00")) == "29 04:00 CEST"
    twice = HeuresCalmes(debut="02:15", fin="02:45")
    assert until("2026-10-25T02:10", twice) == ""
    assert until("2026-10-25T02:20", twice) == "25 02:45 CET"
    assert until("2026-10-25T02:10", twice, fold=1) == "25 02:45 CET"
    assert until("2026-10-25T02:45", twice, fold=1) == ""


def test_days() -> None:
    weekend = HeuresCalmes(debut="00:00", fin="00:00", jours=[6, 7])
    assert until("2026-03-06T23:59", weekend) == ""
    assert until("2026-03-07T12:00", weekend) == "09 00:00 CET"
    friday = HeuresCalmes(debut="18:00", fin="08:00", jours=[5])
    assert until("2026-03-07T07:00", friday) == "07 08:00 CET"
    assert until("2026-03-08T07:00", friday) == ""


def test_days_off_are_quiet_as_a_whole_and_join_the_nights() -> None:
    night = HeuresCalmes(debut="20:00", fin="08:00", feries=True)
    assert until("2026-04-30T21:00", night) == "04 08:00 CEST"  # 1 May is a Friday, then a weekend
    assert until("2026-03-03T12:00", night) == ""
    assert until("2026-03-03T12:00", night, days_off=(dt.date(2026, 3, 3),)) == "04 08:00 CET"


def test_the_gravest_disturbs_and_nothing_is_quiet_for_ever() -> None:
    always = HeuresCalmes(debut="00:00", fin="00:00", sauf=Severite.CRITIQUE)
    at = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    assert quiet_until(at, Severite.CRITIQUE, [always]) is None
    end = quiet_until(at, Severite.ELEVEE, [always])
    assert end is not None
    assert end - at == LONGEST
