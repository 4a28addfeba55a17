import datetime as dt
from collections import Counter

import pytest

from wisebook_ml.fec.exercice import Fiscal, fiscal_year


def year(name: str, *days: str, openings: tuple[str, ...] = ()) -> Fiscal:
    return fiscal_year(name, Counter(map(dt.date.fromisoformat, days)), set(map(dt.date.fromisoformat, openings)))


@pytest.mark.parametrize(
    ("name", "days", "openings", "expected"),
    [
        ("732829320FEC20241231.txt", ("2024-01-02", "2024-12-31"), (), "2024"),
        ("732829320FEC20241231.txt", ("2024-05-02", "2024-06-30"), (), "2024"),
        ("732829320FEC20220831.txt", ("2021-09-01", "2022-08-31"), (), "2021-09-01/2022-08-31"),
        ("732829320FEC20240229.txt", ("2023-05-01",), (), "2023-03-01/2024-02-29"),
        ("732829320FEC20240228.txt", ("2023-05-01",), (), "2023-03-01/2024-02-28"),
        ("732829320FEC20230228.txt", ("2022-05-01",), (), "2022-03-01/2023-02-28"),
        # a long first year, and a short one after the closing date was moved
        ("732829320FEC20241231.txt", ("2023-10-15", "2024-12-31"), (), "2023-10-15/2024-12-31"),
        ("732829320FEC20241231.txt", ("2024-07-01", "2024-12-31"), ("2024-07-01",), "2024-07-01/2024-12-31"),
        # a closing date that does not fit
        ("732829320FEC20221231.txt", ("2023-01-01", "2023-07-31"), (), "2023"),
        # no closing date
        ("ledger.txt", ("2024-03-01", "2024-04-01"), (), "2024"),
        ("ledger.txt", ("2021-09-01", "2022-08-31"), (), "2021-09-01/2022-08-31"),
        ("732829320FEC20241399.txt", ("2024-03-01",), (), "2024"),
    ],
)
def test_the_fiscal_year(name: str, days: tuple[str, ...], openings: tuple[str, ...], expected: str) -> None:
    assert year(name, *days, openings=openings).exercice(dt.date.fromisoformat(days[0])) == expected


def test_without_any_sign_each_entry_has_its_calendar_year() -> None:
    fiscal = year("ledger.txt", "2021-05-01", "2023-04-30")
    assert fiscal.exercice(dt.date(2022, 3, 1)) == fiscal.label(dt.date(2022, 3, 1)) == "2022"
    assert fiscal.contains(dt.date(1999, 1, 1))


def test_a_stray_date_does_not_make_a_long_year() -> None:
    dates = Counter({dt.date(2024, 3, 1): 500, dt.date(2023, 12, 31): 1})
    fiscal = fiscal_year("732829320FEC20241231.txt", dates, set())
    assert fiscal.exercice(dt.date(2023, 12, 31)) == "2024"
    assert not fiscal.contains(dt.date(2023, 12, 31))


def test_labels_of_ids() -> None:
    assert Fiscal.parse("2024").label(dt.date(2020, 1, 1)) == "2024"
    assert Fiscal.parse("2021-09-01/2022-08-31").label(dt.date(2022, 1, 1)) == "20220831"


def test_a_wrong_fiscal_year_is_refused() -> None:
    for wrong in ("24", "", "2024-01-01", "2024-12-31/2024-01-01", "2024-02-30/2024-12-31"):
        with pytest.raises(ValueError, match="fiscal year"):
            Fiscal.parse(wrong)
