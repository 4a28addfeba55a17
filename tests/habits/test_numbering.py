"""Sequences of numbers: what is a finding, and what is one finding only."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture
from wisebook_ml.habits.layout import SEQUENCE
from wisebook_ml.habits.numbering import begin, step
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.vocabulary import vocabulary

from .passes import met

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=100)
FIRST_YEAR = list(range(1, 41))
"""Forty numbers in order: a journal that is regular."""


def jumps(numbers: list[int]) -> list[int]:
    sequence = np.zeros(1, SEQUENCE)[0]
    begin(sequence, numbers[0])
    return [0, *(step(sequence, number) for number in numbers[1:])]


def findings(numbers: list[int]) -> list[tuple[int, int]]:
    """Return each irregular number with its jump."""
    return [(number, jump) for number, jump in zip(numbers, jumps(numbers), strict=True) if jump]


@REPEATABLE
@given(st.integers(0, 10**14), st.integers(1, 50))
def test_any_start_counted_on_is_regular(start: int, length: int) -> None:
    assert findings(list(range(start, start + length))) == []


def test_a_gap_says_how_many_are_missing() -> None:
    assert findings([*FIRST_YEAR, 45, 46, 47]) == [(45, 4)]


def test_a_repetition_is_one_finding() -> None:
    assert findings([*FIRST_YEAR, 40, 41, 42]) == [(40, -1)]


def test_disorder_is_negative() -> None:
    assert findings([*FIRST_YEAR, 12, 41, 42]) == [(12, -29)]


def test_a_number_from_far_ahead_then_the_old_place_is_one_finding() -> None:
    assert findings([*FIRST_YEAR, 410, 41, 42, 43]) == [(410, 369)]


def test_two_sequences_side_by_side_meet_once() -> None:
    """Imports at 1000 and up among entries at 41 and up: the jump there is found, the ways back and forth are not."""
    assert findings([*FIRST_YEAR, 1000, 41, 1001, 42, 1002, 43]) == [(1000, 959)]


@pytest.mark.parametrize("typo", [4, 410, 9941])
def test_one_typo_is_one_finding(typo: int) -> None:
    assert len(findings([*FIRST_YEAR, typo, *range(42, 60)])) <= 2, "the typo, and at most the number it stood for"


def test_zero_is_no_regular_step_in_a_journal_that_is_at_forty() -> None:
    assert findings([*FIRST_YEAR, 0, 41, 42]) == [(0, -41)]


def test_a_step_says_how_regular_the_sequence_was_before_it(invoice) -> None:
    habits = met([invoice(f"E{n}", ecriture_num=str(n)) for n in [1, 2, 3, 4, 5, 9, 20]]).habits
    assert habits.entry["number_steps"].tolist() == [0, 0, 1, 2, 3, 4, 5]
    assert habits.entry["number_irregular"].tolist() == [0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("number", "parts"),
    [
        ("FA-2024-0012", ("FA-2024-", 12)),
        ("000", ("", 0)),
        ("", None),
        ("12/A", None),
        ("A\n7", ("A\n", 7)),
        ("٣", None),
        ("1234567890123456", ("1", 234567890123456)),
    ],
)
def test_splitting(invoice, number: str, parts: tuple[str, int] | None) -> None:
    """Prefixes tell sequences apart: the same prefix before another number is the same sequence."""
    prefix, counter = parts or ("", -1)
    entries = [invoice("E1", ecriture_num=number), invoice("E2", ecriture_num=f"{prefix}{7:015}")]
    facts = facts_of(EntryBatch.from_entries(entries), vocabulary())
    assert facts.number.tolist() == [counter, 7]
    assert (facts.sequence[0] == facts.sequence[1]) == (parts is not None)


class TestInTheStream:
    """Sequences are kept by journal, fiscal year and prefix."""

    @staticmethod
    def jumps(entries: list[Ecriture]) -> list[float]:
        return met(entries).habits.entry["number_jump"].tolist()

    def test_a_new_fiscal_year_starts_anew(self, invoice) -> None:
        entries = [invoice(f"A{n}", ecriture_num=str(n), exercice="2023") for n in range(1, 20)]
        entries += [invoice(f"B{n}", ecriture_num=str(n), exercice="2024") for n in range(1, 20)]
        entries += [invoice("late", ecriture_num="20", exercice="2023")]
        assert set(self.jumps(entries)) == {0.0}

    def test_a_new_prefix_starts_anew(self, invoice) -> None:
        entries = [invoice(f"A{n}", ecriture_num=f"AC24-{n:04}") for n in range(1, 20)]
        entries += [invoice(f"B{n}", ecriture_num=f"AC25-{n:04}") for n in range(1, 20)]
        assert set(self.jumps(entries)) == {0.0}

    def test_a_revision_keeps_its_number_and_is_no_repetition(self, invoice) -> None:
        entries = [invoice(f"A{n}", ecriture_num=str(n)) for n in range(1, 20)]
        entries += [invoice("A7", ecriture_num="7", revision=2, euros=99)]
        entries += [invoice("A20", ecriture_num="20")]
        assert set(self.jumps(entries)) == {0.0}

    def test_entries_without_a_number_say_nothing(self, invoice) -> None:
        entries = [invoice("A1", ecriture_num="1"), invoice("A2"), invoice("A3", ecriture_num="2")]
        assert self.jumps(entries) == [0.0, 0.0, 0.0]
