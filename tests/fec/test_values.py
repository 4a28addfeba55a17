import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.money import MAX_MINOR, from_minor
from wisebook_ml.fec.findings import Code
from wisebook_ml.fec.values import Amounts, Dates, devise


@pytest.mark.parametrize(
    ("text", "cents"),
    [("", 0), ("0,00", 0), ("-0,00", 0), ("12", 1200), ("12,34", 1234), ("-12,34", -1234), ("0000000069,60", 6960)],
)
def test_compliant_amounts_have_no_remark(text: str, cents: int) -> None:
    assert Amounts()[text] == (cents, from_minor(cents), None)


@pytest.mark.parametrize(
    ("text", "cents", "remark"),
    [
        ("12.34", 1234, "decimal dot"),
        ("1 234,56", 123456, "thousands"),
        ("1\u00a0234,56", 123456, "thousands"),
        ("1\u202f234\u202f567,00", 123456700, "thousands"),
        ("1.234,56", 123456, "thousands"),
        ("1,234.56", 123456, "thousands"),
        ("1.234.567", 123456700, "thousands"),
        ("12,3", 1230, "1 decimal"),
        ("12,", 1200, "0 decimal"),
        (",5", 50, "1 decimal"),
        ("12,3400", 1234, "4 decimal"),
        ("+12,34", 1234, "sign"),
        ("12,34-", -1234, "sign"),
        ("\u221212,34", -1234, "sign"),
    ],
)
def test_other_amounts_are_read_with_a_remark(text: str, cents: int, remark: str) -> None:
    amount = Amounts()[text]
    assert amount.cents == cents
    assert remark in amount.remark[1]


@pytest.mark.parametrize(
    "text",
    ["abc", "-", "1E+05", "12 34,00", "1,,2", "1,2,3", "0x10", "١٢", "nan", "12,345", "12€", "9" * 14, "9" * 5000],
)
def test_what_is_no_amount_is_not_read(text: str) -> None:
    assert Amounts()[text].cents is None


def test_the_largest_amount_is_that_of_the_events() -> None:
    assert Amounts()[from_minor(MAX_MINOR).replace(".", ",")].cents == MAX_MINOR
    assert Amounts()[from_minor(MAX_MINOR + 1).replace(".", ",")].cents is None


@given(st.integers(-MAX_MINOR, MAX_MINOR), st.sampled_from([",", "."]), st.integers(0, 6))
def test_any_amount_comes_back(cents: int, mark: str, zeros: int) -> None:
    sign = "-" if cents < 0 else ""
    text = sign + "0" * zeros + from_minor(abs(cents)).replace(".", mark)
    assert Amounts()[text].cents == cents == int(Decimal(from_minor(cents)) * 100)


@given(st.text(max_size=30))
def test_nothing_breaks_the_readers(text: str) -> None:
    Amounts()[text], Dates()[text], devise(text)


@pytest.mark.parametrize(
    ("text", "date", "code"),
    [
        ("", None, None),
        ("20240229", dt.date(2024, 2, 29), None),
        ("20230229", None, Code.DATE_ILLISIBLE),
        ("00000000", None, Code.DATE_ILLISIBLE),
        ("2024", None, Code.DATE_ILLISIBLE),
        ("2024-01-31", dt.date(2024, 1, 31), Code.DATE_FORMAT),
        ("31/01/2024", dt.date(2024, 1, 31), Code.DATE_FORMAT),
        ("2024-01-31 00:00:00", dt.date(2024, 1, 31), Code.DATE_FORMAT),
        ("19000101", dt.date(1900, 1, 1), Code.ANNEE),
        ("22020101", dt.date(2202, 1, 1), Code.ANNEE),
    ],
)
def test_dates(text: str, date: dt.date | None, code: Code | None) -> None:
    assert Dates()[text] == (date, code)


def test_foreign_amounts_keep_four_decimals() -> None:
    assert devise("1234,5678") == "1234.5678"
    assert devise("-0012,50") == "-12.50"
    assert devise("1 234,5") == "1234.5"
    assert devise("-0,00") == "0.00"
    assert devise("12") == "12"
    for wrong in ("1,23456", "x", "", ",", "1" * 16):
        assert devise(wrong) is None
