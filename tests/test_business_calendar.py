"""Business days are counted from both ends of the month, and due dates move to the next one."""

import datetime as dt

import numpy as np
import pytest

from wisebook_ml.business_calendar import FEATURES, BusinessDays, calendar_features, fiscal_days


def features(*days: dt.date, country: str = "FR") -> dict[str, list[float]]:
    table = calendar_features(np.array([day.toordinal() for day in days]), BusinessDays(country))
    return dict(zip(FEATURES, table.T.tolist(), strict=True))


def test_ranks_count_business_days_from_both_ends() -> None:
    may = features(*(dt.date(2025, 5, day) for day in (2, 5, 30)))  # the 1st, 8th, 29th are holidays
    assert may["rang_debut"] == [1, 2, 19]
    assert may["rang_fin"] == [19, 18, 1]
    assert may["ouvres_mois"] == [19, 19, 19]


def test_a_day_off_lies_between_two_business_days() -> None:
    sunday = features(dt.date(2025, 6, 15))
    assert (sunday["jour_repos"], sunday["repos_avant"], sunday["repos_apres"]) == ([1], [2], [1])
    monday = features(dt.date(2025, 6, 16))
    assert (monday["jour_repos"], monday["repos_avant"], monday["quinze"], monday["reporte_quinze"]) == (
        [0],
        [3],
        [0],
        [1],
    )


def test_distances_cross_the_end_of_the_month() -> None:
    found = features(dt.date(2025, 6, 30), dt.date(2025, 7, 2))
    assert found["premier"] == [-1, 1]


def test_features_do_not_depend_on_what_else_is_asked() -> None:
    days = [dt.date(2024, 12, 27) + dt.timedelta(days=at) for at in range(20)]
    whole = features(*days)
    assert all(features(day)[name] == [whole[name][at]] for at, day in enumerate(days) for name in FEATURES)


def test_other_countries_and_none() -> None:
    assert features(dt.date(2025, 7, 4), country="US")["jour_repos"] == [1]
    assert features(dt.date(2025, 7, 14), country="")["jour_repos"] == [0]
    with pytest.raises(ValueError, match="XX"):
        BusinessDays("XX")


def test_the_tax_calendar_of_a_year() -> None:
    found = list(fiscal_days(dt.date(2025, 1, 1), dt.date(2025, 12, 31)))
    assert len(found) == 12 + 12 + 4 + 1
    assert [one.date for one in found] == sorted(one.date for one in found)
    assert {one.date.isoformat() for one in found if one.code == "IS"} == {
        "2025-03-17",
        "2025-06-16",
        "2025-09-15",
        "2025-12-15",
    }
