"""Bank positions are those of the ledger: every day, every account, and the balance goes on from day to day."""

import datetime as dt
import itertools
from collections import defaultdict

import pytest

from schemas import PositionTresorerie, to_minor
from wisebook_ml.generator import Ledger, final_state, generate_ledger, treasury_positions


@pytest.fixture(scope="module")
def books() -> Ledger:
    return generate_ledger(entries=1_500, seed=21, years=2)


@pytest.fixture(scope="module")
def positions(books: Ledger) -> list[PositionTresorerie]:
    return treasury_positions(books.publications, seed=21)


def test_every_account_has_a_position_every_day(positions: list[PositionTresorerie]) -> None:
    days = defaultdict(list)
    for one in positions:
        days[one.compte_num].append(one.date)
    assert len(days) == 2
    for dates in days.values():
        assert (dates[0], dates[-1]) == (dt.date(2024, 1, 1), dt.date(2025, 12, 31))
        assert {later - earlier for earlier, later in itertools.pairwise(dates)} == {dt.timedelta(1)}


def test_the_balance_goes_on_from_day_to_day(positions: list[PositionTresorerie]) -> None:
    balance: dict[str, int] = {}
    for one in positions:
        moved = to_minor(one.entrees) - to_minor(one.sorties)
        if one.compte_num in balance:
            assert to_minor(one.solde) == balance[one.compte_num] + moved
        assert to_minor(one.entrees) >= 0
        assert to_minor(one.sorties) >= 0
        balance[one.compte_num] = to_minor(one.solde)


def test_the_last_balance_is_that_of_the_books(books: Ledger, positions: list[PositionTresorerie]) -> None:
    booked: dict[str, int] = defaultdict(int)
    for entry in final_state(books.events):
        if entry.journal_code == "AN" and entry.ecriture_date.year > 2024:
            continue
        for line in entry.lignes:
            if line.compte_num.startswith("512"):
                booked[line.compte_num] += to_minor(line.debit) - to_minor(line.credit)
    assert {one.compte_num: to_minor(one.solde) for one in positions[-2:]} == booked


def test_without_an_opening_entry_the_balance_is_drawn(books: Ledger) -> None:
    without = [one for one in books.publications if one.ecriture.journal_code != "AN"]
    one, same, other = (treasury_positions(without, seed=seed) for seed in (1, 1, 2))
    assert one == same != other
    assert to_minor(one[0].solde) > 1_000_000


def test_no_ledger_has_no_positions() -> None:
    assert treasury_positions([], seed=1) == []
