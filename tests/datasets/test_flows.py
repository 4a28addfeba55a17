"""Daily cash flows of a company."""

import datetime as dt
from decimal import Decimal

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from schemas import PositionTresorerie
from wisebook_ml.datasets.collected import Collected
from wisebook_ml.datasets.flows import COLUMNS, flow_frame

DAY = dt.date(2024, 2, 27)


def position(days: int, solde: str, entrees: str = "0", sorties: str = "0", **fields: object) -> PositionTresorerie:
    values = {"societe_id": 1, "compte_num": "512100", **fields}
    return PositionTresorerie(
        date=DAY + dt.timedelta(days=days), solde=solde, entrees=entrees, sorties=sorties, **values
    )


def frame(*positions: PositionTresorerie, **bounds: dt.date) -> pd.DataFrame:
    return flow_frame(Collected(positions=positions, **bounds))


def test_days_are_continuous_and_balances_stay() -> None:
    found = frame(position(0, "100", "150.10", "50.10"), position(3, "70", "0", "30"))
    assert list(found.columns) == list(COLUMNS)
    assert found["date"].dt.strftime("%m-%d").tolist() == ["02-27", "02-28", "02-29", "03-01"]
    assert found["flux"].tolist() == [100.0, 0.0, 0.0, -30.0]
    assert found["solde"].tolist() == [100.0, 100.0, 100.0, 70.0]


def test_accounts_are_summed_each_from_its_first_day() -> None:
    found = frame(
        position(0, "100", "5"),
        position(1, "1000", "7", compte_num="512200"),
        position(2, "90", "0", "10"),
    )
    assert found["entrees"].tolist() == [5.0, 7.0, 0.0]
    assert found["solde"].tolist() == [100.0, 1100.0, 1090.0]


def test_the_latest_revision_counts_whatever_comes_last() -> None:
    found = frame(position(0, "2", "2", revision=2), position(0, "1", "1", revision=1))
    assert found["entrees"].tolist() == [2.0]


def test_other_currencies_are_left_out() -> None:
    found = frame(position(0, "1", "1"), position(0, "9", "9", compte_num="512900", devise="USD"))
    assert found["entrees"].tolist() == [1.0]


def test_dates_bound_the_rows_but_not_the_balance() -> None:
    found = frame(
        position(0, "10", "10"), position(2, "30", "20"), position(3, "60", "30"),
        du=DAY + dt.timedelta(days=1), au=DAY + dt.timedelta(days=2),
    )  # fmt: skip
    assert found["solde"].tolist() == [10.0, 30.0]


def test_nothing_makes_no_rows() -> None:
    found = frame()
    assert found.empty
    assert found["date"].dtype.kind == "M"


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(-(10**6), 10**6)), max_size=20))
def test_flows_are_summed_in_cents(moves: list[tuple[int, int]]) -> None:
    positions = [
        position(
            day, "0", f"{Decimal(max(0, cents)) / 100:.2f}", f"{Decimal(max(0, -cents)) / 100:.2f}", compte_num=f"51{i}"
        )
        for i, (day, cents) in enumerate(moves)
    ]
    found = frame(*positions)
    assert round(found["flux"].sum() * 100) == sum(cents for _, cents in moves)
