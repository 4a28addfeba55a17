"""A series has every day once, holds what banks said, and is refused where nothing can be forecast from it."""

import datetime as dt
import math

import numpy as np
import pytest

from schemas import PositionTresorerie
from wisebook_ml.generator import generate_ledger, treasury_positions
from wisebook_ml.treasury.books.from_entries import Nature, natures_by_day, positions_from_entries
from wisebook_ml.treasury.exceptions import NotEnoughHistory, SeriesRefused
from wisebook_ml.treasury.positions import PositionBook
from wisebook_ml.treasury.series import DailySeries, series_from_book, series_from_rows, usable

FIRST = dt.date(2025, 1, 1)


def book_of(*rows: tuple[str, int, str, str, str], devise: str = "EUR") -> PositionBook:
    book = PositionBook(1)
    for account, day, solde, entrees, sorties in rows:
        one = PositionTresorerie(
            societe_id=1,
            compte_num=account,
            date=FIRST + dt.timedelta(days=day),
            solde=solde,
            entrees=entrees,
            sorties=sorties,
            devise="USD" if account == "USD" else devise,
        )
        book.take(one, dt.date(2026, 1, 1))
    return book


def rows(days: list[int], flow: float = 10.0) -> DailySeries:
    return series_from_rows([FIRST + dt.timedelta(days=day) for day in days], [flow] * len(days), [0.0] * len(days))


def test_missing_days_rest_and_accounts_add_up() -> None:
    book = book_of(("A", 0, "100", "0", "0"), ("A", 3, "90", "0", "10"), ("B", 1, "50", "5", "0"))
    series = series_from_book(book)
    assert series.solde.tolist() == [10000, 15000, 15000, 14000]
    assert series.flux.tolist() == [0, 500, 0, -1000]
    assert series.observed.tolist() == [True, True, False, True]
    assert (series.first, series.last) == (FIRST, FIRST + dt.timedelta(days=3))


def test_what_flows_do_not_explain_is_booked_net() -> None:
    series = series_from_book(book_of(("A", 0, "100", "0", "0"), ("A", 1, "130", "0", "0"), ("A", 2, "90", "5", "10")))
    assert series.entrees.tolist() == [0, 3000, 500]
    assert series.sorties.tolist() == [0, 0, 4500]
    assert np.array_equal(np.diff(series.solde), series.flux[1:])


def test_currencies_are_kept_apart() -> None:
    book = book_of(("A", 0, "100", "0", "0"), ("USD", 0, "999", "0", "0"))
    assert series_from_book(book).solde.tolist() == [10000]
    assert series_from_book(book, devise="USD").solde.tolist() == [99900]
    with pytest.raises(NotEnoughHistory, match=r"GBP.*A \(EUR\), USD \(USD\)"):
        series_from_book(book, devise="GBP")


@pytest.mark.parametrize(
    ("amount", "says"),
    [(math.inf, "no finite amount"), (math.nan, "no finite"), (-1.0, "negative"), (1e30, "too large")],
)
def test_impossible_amounts_name_their_day(amount: float, says: str) -> None:
    with pytest.raises(SeriesRefused, match=rf"2025-01-02.*{says}"):
        series_from_rows([FIRST, dt.date(2025, 1, 2)], [1.0, amount], [0.0, 0.0])


def test_two_rows_of_a_day_are_refused() -> None:
    with pytest.raises(SeriesRefused, match="2025-01-01 is there twice"):
        rows([0, 0])


def test_ten_days_are_not_enough() -> None:
    with pytest.raises(NotEnoughHistory, match="10 days; a forecast needs 60"):
        usable(rows(list(range(10))))


def test_a_constant_balance_is_no_history() -> None:
    with pytest.raises(NotEnoughHistory, match="nothing moved in 200 days"):
        usable(rows(list(range(200)), flow=0.0))


def test_only_what_follows_a_gap_of_months_is_used() -> None:
    assert len(usable(rows([*range(100), *range(200, 300)]))) == 99
    with pytest.raises(NotEnoughHistory, match="gap of 150 days that ended on 2025-08-29"):
        usable(rows([*range(90), *range(240, 280)]))


def test_the_books_tell_the_same_as_the_bank() -> None:
    ledger = generate_ledger(entries=800, seed=5, years=1)
    said = treasury_positions(ledger.publications, seed=5)
    until = said[-1].date
    derived = positions_from_entries([one.ecriture for one in ledger.publications], until)
    book, from_books = PositionBook(said[0].societe_id), PositionBook(said[0].societe_id)
    for one in said:
        book.take(one, until)
    for one in derived:
        from_books.take(one, until)
    bank, books = series_from_book(book, compte="512100"), series_from_book(from_books, compte="512100")
    same = bank.since(books.first)
    # The generator counts what is dated wrongly on the nearest day; all else is equal, and so is the last balance.
    assert np.mean(same.flux == books.flux) > 0.98
    assert same.solde[-1] == books.solde[-1]
    natures = natures_by_day(one.ecriture for one in ledger.publications)
    assert {Nature.CLIENTS, Nature.FOURNISSEURS, Nature.SALAIRES, Nature.IMPOTS} <= {
        nature for day in natures.values() for nature in day
    }
