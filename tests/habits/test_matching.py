"""What an entry repeats or reverses, and what only looks like it."""

import datetime as dt

import pytest

from schemas import Ecriture, Ligne, Operation
from wisebook_ml.habits.matching import REVERSAL_DAYS, SAME_PIECE_DAYS
from wisebook_ml.habits.observe import Habits

from .passes import met

CERTAIN, LIKELY, POSSIBLE, NOTHING = 1.0, 0.8, 0.4, 0.0


def seen(entries: list[Ecriture]) -> Habits:
    return met(entries).habits


def duplicate(*entries: Ecriture) -> tuple[float, str, int]:
    """Return how surely the last entry repeats which one, and the days between."""
    habits, last = seen(list(entries)), len(entries) - 1
    return habits.entry["duplicate"][last], habits.duplicate_of(last), habits.entry["duplicate_days"][last]


def reversal(*entries: Ecriture) -> tuple[float, str, int]:
    """Return how strongly the last entry reverses which one, and the days between."""
    habits, last = seen(list(entries)), len(entries) - 1
    return habits.entry["reversal"][last], habits.reversal_of(last), habits.entry["reversal_days"][last]


def turned(entry: Ecriture, ecriture_id: str, day: str) -> Ecriture:
    """Return the entry with debit and credit swapped."""
    lines = [
        Ligne(compte_num=line.compte_num, comp_aux_num=line.comp_aux_num, debit=line.credit, credit=line.debit)
        for line in entry.lignes
    ]
    return Ecriture(
        societe_id=1, ecriture_id=ecriture_id, journal_code="OD", ecriture_date=dt.date.fromisoformat(day), lignes=lines
    )


class TestDuplicates:
    def test_the_same_piece_is_certain_and_says_which_and_when(self, invoice) -> None:
        found = duplicate(invoice("E1", piece="F-2017"), invoice("E2", day="2024-04-19", piece="F-2017"))
        assert found == (CERTAIN, "E1", 45)

    def test_a_piece_written_otherwise_is_the_same(self, invoice) -> None:
        assert duplicate(invoice("E1", piece="f 2017/a"), invoice("E2", piece="F-2017A"))[0] == CERTAIN

    def test_a_transposed_piece_near_in_time_is_likely(self, invoice) -> None:
        found = duplicate(invoice("E1", piece="F-1729"), invoice("E2", day="2024-03-07", piece="F-1792"))
        assert found == (LIKELY, "E1", 2)

    def test_neighbouring_pieces_are_two_documents(self, invoice) -> None:
        assert duplicate(invoice("E1", piece="F-20101"), invoice("E2", piece="F-20102"))[0] == POSSIBLE

    def test_a_near_date_without_a_piece_is_likely(self, invoice) -> None:
        assert duplicate(invoice("E1"), invoice("E2", day="2024-03-09")) == (LIKELY, "E1", 4)

    @pytest.mark.parametrize(
        "other",
        [{"day": "2024-03-20"}, {"supplier": "MARTIN"}, {"euros": 120.01}],
        ids=["two weeks later", "another supplier", "another amount"],
    )
    def test_what_is_no_duplicate(self, invoice, other: dict[str, object]) -> None:
        assert duplicate(invoice("E1"), invoice("E2", **other))[0] == NOTHING

    def test_the_same_piece_number_years_later_is_another_document(self, invoice) -> None:
        assert SAME_PIECE_DAYS < 730
        assert duplicate(invoice("E1", piece="24001"), invoice("E2", day="2026-03-05", piece="24001"))[0] == NOTHING

    def test_a_monthly_rent_is_no_duplicate(self, invoice) -> None:
        rent = [invoice(f"E{m}", day=f"2024-{m:02}-05", supplier="BAILLEUR", euros=1500) for m in range(1, 13)]
        assert set(seen(rent).entry["duplicate"]) == {NOTHING}

    def test_a_weekly_delivery_of_one_price_is_a_habit(self, invoice) -> None:
        weekly = [invoice(f"E{n}", day=f"2024-03-{day:02}") for n, day in enumerate((1, 6, 11, 16, 21, 26))]
        values = seen(weekly).entry["duplicate"].tolist()
        assert values[3:] == [POSSIBLE] * 3, "known after three"

    def test_a_revision_never_repeats_itself(self, invoice) -> None:
        revisions = [invoice("E1", piece="F-2017", revision=n, label=f"Facture {n}") for n in range(1, 5)]
        assert set(seen(revisions).entry["duplicate"]) == {NOTHING}

    def test_the_first_of_two_stays_innocent_when_it_is_revised(self, invoice) -> None:
        first, second = invoice("E1", piece="F-2017"), invoice("E2", piece="F-2017")
        revised = invoice("E1", piece="F-2017", revision=2, label="Facture lettrée")
        assert duplicate(first, second, revised)[0] == NOTHING, "its place is that of its first arrival"

    def test_a_revised_duplicate_is_still_one(self, invoice) -> None:
        entries = [
            invoice("E1", piece="F-2017"),
            invoice("E2", piece="F-2017"),
            invoice("E2", piece="F-2017", revision=2),
        ]
        assert duplicate(*entries) == (CERTAIN, "E1", 0)

    def test_an_entry_that_was_deleted_can_be_entered_again(self, invoice) -> None:
        first = invoice("E1", piece="F-2017")
        deleted = invoice("E1", piece="F-2017", revision=2, operation=Operation.SUPPRESSION)
        assert duplicate(first, deleted, invoice("E2", piece="F-2017"))[0] == NOTHING

    def test_an_amount_that_was_corrected_is_no_longer_there(self, invoice) -> None:
        wrong = invoice("E1", euros=1200)
        right = invoice("E1", euros=120, revision=2)
        assert duplicate(wrong, right, invoice("E2", euros=1200))[0] == NOTHING

    def test_a_piece_that_was_corrected_is_found(self, invoice) -> None:
        wrong, right = invoice("E1", piece="F-2071"), invoice("E1", piece="F-1789", revision=2)
        assert duplicate(wrong, right, invoice("E2", piece="F-1789", day="2024-04-02"))[0] == CERTAIN

    def test_entries_without_a_third_party_are_found_by_their_lines(self, invoice) -> None:
        def transfer(ecriture_id: str) -> Ecriture:
            lines = [Ligne(compte_num="580000", debit="500.00"), Ligne(compte_num="512000", credit="500.00")]
            return Ecriture(
                societe_id=1,
                ecriture_id=ecriture_id,
                journal_code="BQ",
                ecriture_date=dt.date(2024, 3, 5),
                lignes=lines,
            )

        assert duplicate(transfer("E1"), transfer("E2")) == (LIKELY, "E1", 0)

    def test_entries_of_zero_are_no_duplicates(self, invoice) -> None:
        assert duplicate(invoice("E1", euros=0), invoice("E2", euros=0))[0] == NOTHING


class TestReversals:
    def test_soon_is_strong_and_later_is_weaker(self, invoice) -> None:
        first = invoice("E1")
        same_day, week = (reversal(first, turned(first, "E2", day)) for day in ("2024-03-05", "2024-03-12"))
        assert same_day == (1.0, "E1", 0)
        assert week == (1.0 - 7 / (2 * REVERSAL_DAYS), "E1", 7)

    def test_the_window_ends(self, invoice) -> None:
        first = invoice("E1")
        assert reversal(first, turned(first, "E2", "2024-03-20"))[2] == REVERSAL_DAYS
        assert reversal(first, turned(first, "E2", "2024-03-21"))[0] == NOTHING

    def test_an_entry_dated_before_the_other_does_not_reverse_it(self, invoice) -> None:
        first = invoice("E1")
        assert reversal(first, turned(first, "E2", "2024-03-04"))[0] == NOTHING

    def test_the_order_of_lines_does_not_matter(self, invoice) -> None:
        first = invoice("E1")
        other = turned(first, "E2", "2024-03-06")
        shuffled = Ecriture(
            societe_id=1,
            ecriture_id="E2",
            journal_code="OD",
            ecriture_date=other.ecriture_date,
            lignes=other.lignes[::-1],
        )
        assert reversal(first, shuffled)[1] == "E1"

    def test_part_of_the_amount_is_no_reversal(self, invoice) -> None:
        assert reversal(invoice("E1"), turned(invoice("E1", euros=119), "E2", "2024-03-06"))[0] == NOTHING

    def test_the_nearest_of_several_is_named(self, invoice) -> None:
        entries = [invoice(f"E{day}", day=f"2024-03-{day:02}") for day in (1, 4, 9)]
        assert reversal(*entries, turned(entries[0], "R", "2024-03-10")) == (1.0 - 1 / 30, "E9", 1)
