"""Unlettered lines are money to come, on the day on which their third party usually pays."""

import datetime as dt
import time
from typing import Any

from schemas import Ecriture, Ligne, from_minor
from wisebook_ml.treasury.books.open_items import expected_payments, open_items, usual_delays

DAY = dt.date(2025, 4, 20)


def entry(number: int, day: dt.date, *lines: dict[str, Any]) -> Ecriture:
    return Ecriture(
        societe_id=1,
        ecriture_id=f"E{number}",
        journal_code="VE",
        ecriture_date=day,
        lignes=[Ligne(**line) for line in lines],
    )


def client(
    debit: str = "0.00", credit: str = "0.00", piece: str = "", let: str = "", aux: str = "C1"
) -> dict[str, Any]:
    return {
        "compte_num": "411000",
        "comp_aux_num": aux,
        "debit": debit,
        "credit": credit,
        "piece_ref": piece,
        "ecriture_let": let,
    }


def settled(number: int, delay: int) -> list[Ecriture]:
    day = dt.date(2025, 1, number)
    return [
        entry(10 * number, day, client(debit="10", piece=f"S{number}", let=f"A{number}")),
        entry(10 * number + 1, day + dt.timedelta(days=delay), client(credit="10", let=f"A{number}")),
    ]


def test_part_payments_leave_the_rest() -> None:
    books = [
        entry(1, dt.date(2025, 3, 1), client(debit="100", piece="F1")),
        entry(2, dt.date(2025, 3, 5), client(debit="60", piece="F2")),
        entry(3, dt.date(2025, 3, 9), client(credit="40", piece="F1")),
        entry(4, dt.date(2025, 3, 10), client(credit="70")),  # names nothing: settles the oldest
        entry(5, dt.date(2025, 5, 1), client(debit="999", piece="F9")),  # later
    ]
    assert [(one.piece_ref, one.montant) for one in open_items(books, DAY)] == [("F2", 5000)]


def test_suppliers_are_to_be_paid() -> None:
    line = {"compte_num": "401000", "comp_aux_num": "F1", "credit": "80", "piece_ref": "A1"}
    assert [one.montant for one in open_items([entry(1, dt.date(2025, 4, 1), line)], DAY)] == [-8000]


def test_a_third_party_pays_when_it_usually_does() -> None:
    books = [one for number in (2, 3, 6) for one in settled(number, 50)]
    books.append(entry(1, dt.date(2025, 4, 1), client(debit="100", piece="F1")))
    books.append(entry(2, dt.date(2025, 1, 6), client(debit="30", piece="F0")))
    items = open_items(books, DAY)
    expected = expected_payments(items, usual_delays(books, DAY), DAY)
    assert [(one.date.isoformat(), one.montant, one.en_retard) for one in expected] == [
        ("2025-04-28", 3000, True),
        ("2025-05-21", 10000, False),
    ]


def test_books_without_auxiliary_accounts_and_letterings_are_settled_in_no_time() -> None:
    """All clients are one third party then, and an evening must not look at all invoices for each payment."""
    first, many = dt.date(2025, 1, 1), 6_000
    entries = []
    for at in range(many):
        day, amount = first + dt.timedelta(days=at // 100), from_minor(100_00 + 7 * at)  # each its own
        entries.append(entry(2 * at, day, client(debit=amount, piece=f"F{at}", aux="")))
        if at % 3:  # two of three are paid
            paid = day + dt.timedelta(days=30)
            entries.append(entry(2 * at + 1, paid, client(credit=amount, piece=f"R{at}", aux="")))
    begun = time.process_time()
    left = open_items(entries, first + dt.timedelta(days=365))
    assert time.process_time() - begun < 3  # by looking at all of them: a minute
    assert sorted(item.piece_ref for item in left) == sorted(f"F{at}" for at in range(0, many, 3))
