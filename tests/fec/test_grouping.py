"""Lines become entries, and entries keep their ids."""

import datetime as dt

import pytest

from schemas import Ligne
from wisebook_ml.fec.grouping import Row, group


def rows(*lines: tuple) -> list[Row]:
    """Make rows of (journal, number, day of January, piece, net)."""
    return [
        Row(i, journal, "", num, dt.date(2024, 1, day), None, net, Ligne(compte_num="512", piece_ref=piece))
        for i, (journal, num, day, piece, net) in enumerate(lines, 2)
    ]


def found(*lines: tuple) -> list[tuple[str, list[int]]]:
    return [(g.ecriture_id("2024"), [row.line for row in g.rows]) for g in group(rows(*lines)).groups]


def test_by_number_wherever_the_lines_are() -> None:
    assert found(("VE", "1", 1, "a", 5), ("VE", "2", 1, "b", 7), ("VE", "2", 1, "b", -7), ("VE", "1", 1, "a", -5)) == [
        ("2024:VE:1", [2, 5]),
        ("2024:VE:2", [3, 4]),
    ]


def test_one_number_in_two_journals_is_two_entries() -> None:
    assert found(("VE", "1", 1, "a", 5), ("VE", "1", 1, "a", -5), ("AC", "1", 1, "a", 5), ("AC", "1", 1, "a", -5)) == [
        ("2024:VE:1", [2, 3]),
        ("2024:AC:1", [4, 5]),
    ]


def test_an_entry_of_two_dates_stays_one() -> None:
    assert found(("VE", "1", 1, "a", 5), ("VE", "1", 2, "a", -5), ("VE", "2", 2, "b", 1), ("VE", "2", 2, "b", -1)) == [
        ("2024:VE:1", [2, 3]),
        ("2024:VE:2", [4, 5]),
    ]


def test_numbers_that_come_again_are_told_apart_by_date() -> None:
    lines = [(("VE"), str(n), day, f"{day}{n}", sign) for day in (1, 9, 20) for n in (1, 2) for sign in (5, -5)]
    assert [name for name, _ in found(*lines)] == [f"2024:VE:{n}:202401{day:02d}" for day in (1, 9, 20) for n in (1, 2)]


def test_one_spoilt_entry_does_not_change_how_the_others_are_told_apart() -> None:
    lines = [(("VE"), str(n), day, f"{day}{n}", sign) for day in (1, 9, 20) for n in (1, 2) for sign in (5, -5)]
    before = {name for name, _ in found(*lines)}
    lines[0] = (*lines[0][:4], 4)
    assert {name for name, _ in found(*lines)} == before


@pytest.mark.parametrize("num", ["0", "", "0000"])
def test_without_numbers_by_date_and_piece(num: str) -> None:
    assert found(("VE", num, 1, "a", 5), ("VE", num, 1, "b", 7), ("VE", num, 1, "a", -5), ("VE", num, 1, "b", -7)) == [
        ("2024:VE::20240101:a:1", [2, 4]),
        ("2024:VE::20240101:b:1", [3, 5]),
    ]


def test_without_numbers_the_running_balance_cuts() -> None:
    lines = [("BQ", "0", 1, "", net) for net in (5, -5, 7, 0, -7, 0)]
    assert found(*lines) == [("2024:BQ::20240101::1", [2, 3]), ("2024:BQ::20240101::2", [4, 5, 6, 7])]


def test_without_numbers_an_entry_may_have_several_pieces() -> None:
    assert found(("BQ", "0", 1, "a", 5), ("BQ", "0", 1, "b", 2), ("BQ", "0", 1, "", -7), ("BQ", "0", 1, "c", 1),
                 ("BQ", "0", 1, "c", -1)) == [
        ("2024:BQ::20240101:a:1", [2, 3, 4]),
        ("2024:BQ::20240101:c:1", [5, 6]),
    ]  # fmt: skip


def test_without_numbers_what_never_balances_is_kept_by_piece() -> None:
    assert found(("BQ", "0", 1, "a", 5), ("BQ", "0", 1, "b", 2), ("BQ", "0", 1, "a", -4)) == [
        ("2024:BQ::20240101:a:1", [2, 4]),
        ("2024:BQ::20240101:b:1", [3]),
    ]


def test_one_number_per_line_is_no_numbering() -> None:
    lines = [("VE", str(i + 1), 1 + i // 4, f"p{i // 2}", 5 if i % 2 == 0 else -5) for i in range(8)]
    assert [numbers for _, numbers in found(*lines)] == [[2, 3], [4, 5], [6, 7], [8, 9]]
    assert group(rows(*lines)).useless == ["VE"]


def test_one_number_for_all_is_no_numbering() -> None:
    lines = [(journal, "1", day, "p", sign) for journal in ("VE", "AC") for day in (1, 2, 3) for sign in (5, -5)]
    assert len(found(*lines)) == 6
    assert group(rows(*lines)).useless == ["AC", "VE"]


def test_one_number_of_a_small_journal_is_a_number() -> None:
    lines = [("AN", "1", 1, "RAN", net) for net in (5, -5, 3, -3)]
    assert found(*lines) == [("2024:AN:1", [2, 3, 4, 5])]


def test_numbers_of_batches_are_no_numbering() -> None:
    lines = [
        (journal, batch, day + first, f"{day}{piece}", sign)
        for journal in ("VE", "AC")
        for batch, first in (("202401", 0), ("202402", 15))
        for day in (1, 2, 3)
        for piece in "ab"
        for sign in (5, -5)
    ]
    assert len(found(*lines)) == 24


def test_unbalanced_entries_with_good_numbers_keep_them() -> None:
    lines = [("VE", str(n), n, f"p{n}", net) for n in range(1, 6) for net in (5, -4)]
    assert [name for name, _ in found(*lines)] == [f"2024:VE:{n}" for n in range(1, 6)]


def test_ids_keep_apart_what_looks_alike() -> None:
    lines = [("A:B", "C", 1, "", 0), ("A", "B:C", 1, "", 0), ("A%3AB", "C", 1, "", 0), ("x" * 64, "y" * 300, 1, "", 0)]
    lines += [("x" * 64, "y" * 301, 1, "", 0), ("A", "", 1, "20240101", 0)]
    names = [name for name, _ in found(*lines)]
    assert len(set(names)) == len(lines)
    assert max(map(len, names)) <= 200
    assert names[0] == "2024:A%3AB:C"
