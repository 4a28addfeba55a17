"""Habits are a sum of what entries leave: each can be taken out again."""

import dataclasses
import datetime as dt
import random

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Ligne, Origine, from_minor
from wisebook_ml.habits import profiles
from wisebook_ml.habits.observe import observe
from wisebook_ml.habits.profiles import CompanyHabits
from wisebook_ml.habits.trace import Trace, trace_of
from wisebook_ml.ledger.batch import EntryBatch

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=30)
CENTS = st.integers(0, 10**9).map(from_minor)
LINES = st.builds(
    Ligne,
    compte_num=st.sampled_from(["401000", "401DURAND", "411000", "512000", "606300", "445660", "X"]),
    comp_aux_num=st.sampled_from(["", "DURAND", "MARTIN"]),
    piece_ref=st.sampled_from(["", "F-1"]),
    debit=CENTS,
    credit=CENTS,
    iban_empreinte=st.sampled_from(["", "a1", "b2"]),
)
ENTRIES = st.lists(
    st.builds(
        Ecriture,
        societe_id=st.just(1),
        ecriture_id=st.uuids().map(str),
        journal_code=st.sampled_from(["AC", "BQ"]),
        ecriture_date=st.dates(dt.date(2024, 1, 1), dt.date(2024, 12, 31)),
        saisie_par=st.sampled_from(["", "anne", "luc"]),
        saisie_le=st.none() | st.datetimes(dt.datetime(2024, 1, 1), dt.datetime(2025, 1, 1), timezones=st.just(dt.UTC)),
        origine=st.none() | st.sampled_from(Origine),
        lignes=st.lists(LINES, min_size=1, max_size=5),
    ),
    min_size=1,
    max_size=12,
)
OTHER_PARTS = {"arrivals", "near_limits", "sequences", "seen", "memos", "index"}
"""What `apply` does not write."""


def traces(entries: list[Ecriture]) -> list[Trace]:
    batch = EntryBatch.from_entries(entries)
    return [trace_of(batch, k) for k in range(len(batch))]


def applied(*folds: tuple[list[Trace], int]) -> CompanyHabits:
    habits = CompanyHabits()
    for group, sign in folds:
        for trace in group:
            habits.apply(trace, sign)
    return habits


def known(habits: CompanyHabits) -> dict[str, object]:
    """Return what is counted, without profiles that count nothing."""
    return {name: _pruned(part) for name, part in dataclasses.asdict(habits).items() if name not in OTHER_PARTS}


def _pruned(value: object) -> object:
    if isinstance(value, dict):
        pruned = {key: _pruned(item) for key, item in value.items() if key not in ("stamps", "bursts")}
        return {key: item for key, item in pruned.items() if item not in (0, None, {})}
    return value


@REPEATABLE
@given(ENTRIES)
def test_taken_out_again_nothing_is_known(entries: list[Ecriture]) -> None:
    everything = traces(entries)
    assert known(applied((everything, 1), (everything, -1))) == known(CompanyHabits())


@settings(REPEATABLE, phases=[Phase.generate])
@given(ENTRIES)
def test_taken_out_again_the_state_is_empty(entries: list[Ecriture]) -> None:
    everything = traces(entries)
    assert applied((everything, 1), (everything, -1)) == CompanyHabits()


@REPEATABLE
@given(ENTRIES, ENTRIES, st.randoms(use_true_random=False))
def test_the_others_stay_whatever_the_order(kept: list[Ecriture], gone: list[Ecriture], order: random.Random) -> None:
    stay, leave = traces(kept), traces(gone)
    mixed = stay + leave
    order.shuffle(mixed)
    order.shuffle(leave)
    assert known(applied((mixed, 1), (leave, -1))) == known(applied((stay, 1)))


@REPEATABLE
@given(ENTRIES)
def test_revising_an_entry_to_itself_changes_no_habit(entries: list[Ecriture]) -> None:
    once, twice = CompanyHabits(), CompanyHabits()
    observe(entries, once, ())
    revised = [replaced(entry, revision=2) for entry in entries]
    observe(entries + revised, twice, ())
    assert known(twice) == known(once)
    assert twice.arrivals == once.arrivals


def replaced(entry: Ecriture, **fields: object) -> Ecriture:
    """Return a changed copy of a record."""
    return msgspec.structs.replace(entry, **fields)


def test_the_revision_of_the_only_entry_meets_what_its_first_arrival_met(invoice) -> None:
    first = observe([invoice("E1")], CompanyHabits(), ()).habits
    both = observe([invoice("E1"), invoice("E1", revision=2)], CompanyHabits(), ()).habits
    assert both.entry["pair_value"][1] == first.entry["pair_value"][0]


class TestForgetting:
    """What bounds memory: an old entry's revision is scored against habits that still include it, once."""

    @pytest.fixture(autouse=True)
    def short_memory(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(profiles, "MAX_MEMOS", 10)

    def test_a_revision_of_a_forgotten_entry_is_not_counted_twice(self, invoice) -> None:
        habits = CompanyHabits()
        observe([invoice(f"E{n}") for n in range(30)], habits, ())
        met = observe([invoice("E1", revision=2)], habits, ())
        assert habits.entries == 30
        assert [arrival.first for arrival in met.arrivals] == [False]

    def test_memory_stays_bounded(self, invoice) -> None:
        habits = CompanyHabits()
        observe([invoice(f"E{n}") for n in range(30)], habits, ())
        assert len(habits.memos) == 10
        assert len(habits.seen) == 30
