"""What a bank says is taken once, corrected by revision, and refused with a reason a person can act on."""

import datetime as dt
from typing import Any

import pytest

from schemas import PositionTresorerie
from wisebook_ml.treasury.exceptions import PositionRefused
from wisebook_ml.treasury.positions import PositionBook, Taken

TODAY = dt.date(2025, 3, 10)


def position(day: int, solde: str, **given: Any) -> PositionTresorerie:
    fields: dict[str, Any] = {"societe_id": 7, "compte_num": "512000", "date": dt.date(2025, 3, day), "solde": solde}
    return PositionTresorerie(**(fields | given))


def test_new_past_and_corrected_days_are_told_apart() -> None:
    book = PositionBook(7)
    assert book.take(position(3, "10.00"), TODAY) is Taken.NEW_DAY
    assert book.take(position(5, "12.00"), TODAY) is Taken.NEW_DAY
    assert book.take(position(4, "11.00"), TODAY) is Taken.PAST_DAY
    assert book.take(position(4, "11.50", revision=2), TODAY) is Taken.CORRECTION
    assert book.take(position(4, "11.00"), TODAY) is Taken.UNCHANGED  # overtaken by its revision
    assert book.accounts["512000"][dt.date(2025, 3, 4)].solde == 1150


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (position(12, "10.00"), "in the future"),
        (position(4, "10.00", devise="USD"), "other positions are in EUR"),
        (position(3, "99.00"), "higher revision"),
        (position(4, "10.00", sorties="-5.00"), "not negative"),
        (position(4, "10.00", societe_id=8), "company 8, not 7"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(wrong: PositionTresorerie, says: str) -> None:
    book = PositionBook(7)
    book.take(position(3, "10.00"), TODAY)
    with pytest.raises(PositionRefused, match=says):
        book.take(wrong, TODAY)
    assert list(book.accounts["512000"]) == [dt.date(2025, 3, 3)]


def test_the_order_of_positions_does_not_matter() -> None:
    sent = [position(3, "1"), position(4, "2"), position(4, "3", revision=2), position(5, "4")]
    books = []
    for order in (sent, sent[::-1]):
        book = PositionBook(7)
        for one in order:
            book.take(one, TODAY)
        books.append({name: dict(sorted(days.items())) for name, days in book.accounts.items()})
    assert books[0] == books[1]
