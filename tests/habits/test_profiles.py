"""Habits are a sum of what entries leave: each can be taken out again."""

import random
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Operation
from wisebook_ml.habits.layout import (
    MAX_ACCOUNTS,
    MAX_AUTHORS,
    MAX_DEALINGS,
    MAX_IBANS,
    MAX_JOURNALS,
    MAX_PAIRS,
    MAX_PARTIES,
    MAX_PURPOSES,
    new_store,
)
from wisebook_ml.habits.store import Store
from wisebook_ml.habits.tables import USED

from .contents import FREED, assert_sound, counted
from .passes import met
from .streams import random_stream, streams, wide_stream

LIMITS = {
    "journals": MAX_JOURNALS,
    "accounts": MAX_ACCOUNTS,
    "pairs": MAX_PAIRS,
    "authors": MAX_AUTHORS,
    "parties": MAX_PARTIES,
    "ibans": MAX_IBANS,
    "dealings": MAX_DEALINGS,
    "purposes": MAX_PURPOSES,
}
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=30)


def new_ones(entries: Sequence[Ecriture], prefix: str) -> list[Ecriture]:
    """Return the entries as first arrivals, each with an id of its own."""
    return [
        msgspec.structs.replace(entry, ecriture_id=f"{prefix}{k}", revision=1, operation=Operation.CREATION)
        for k, entry in enumerate(entries)
    ]


def deletions(entries: Sequence[Ecriture]) -> list[Ecriture]:
    return [
        msgspec.structs.replace(entry, revision=entry.revision + 1, operation=Operation.SUPPRESSION)
        for entry in entries
    ]


def after(*entries: Ecriture) -> Store:
    """Return the habits after entries."""
    store = new_store()
    met(entries, store)
    assert_sound(store)
    return store


@REPEATABLE
@given(streams())
def test_taken_out_again_nothing_is_known(entries: list[Ecriture]) -> None:
    entries = new_ones(entries, "E")
    store = after(*entries, *deletions(entries))
    assert counted(store) == counted(new_store())
    assert {table: store.count(table) for table in (*FREED, "places")} == dict.fromkeys((*FREED, "places"), 0)


@pytest.mark.parametrize("make", [random_stream, wide_stream])
def test_whatever_a_stream_was_deleting_all_of_it_leaves_nothing(make) -> None:
    """Revisions of every kind before, and thousands of rows to free."""
    entries = make(9, 600)
    last = {(entry.societe_id, entry.ecriture_id): entry for entry in entries}
    ends = [
        msgspec.structs.replace(entry, revision=9, operation=Operation.SUPPRESSION)
        for entry in random.Random(2).sample(list(last.values()), len(last))
    ]
    store = after(*entries, *ends)
    assert counted(store) == counted(new_store())
    assert {table: store.count(table) for table in (*FREED, "places")} == dict.fromkeys((*FREED, "places"), 0)


@REPEATABLE
@given(streams(12), streams(12), st.randoms(use_true_random=False))
def test_the_others_stay_whatever_the_order(kept: list[Ecriture], gone: list[Ecriture], order: random.Random) -> None:
    kept, gone = new_ones(kept, "K"), new_ones(gone, "G")
    mixed, leave = [*kept, *gone], deletions(gone)
    order.shuffle(mixed)
    order.shuffle(leave)
    assert counted(after(*mixed, *leave)) == counted(after(*kept))


@REPEATABLE
@given(streams())
def test_revising_an_entry_to_itself_changes_no_habit(entries: list[Ecriture]) -> None:
    entries = new_ones(entries, "E")
    revised = [msgspec.structs.replace(entry, revision=2) for entry in entries]
    once, twice = after(*entries), after(*entries, *revised)
    assert counted(twice) == counted(once)
    assert twice["companies.rows"]["arrivals"].tolist() == once["companies.rows"]["arrivals"].tolist()


def test_the_revision_of_the_only_entry_meets_what_its_first_arrival_met(invoice) -> None:
    both = met([invoice("E1"), invoice("E1", revision=2)]).habits
    history = {"debuts", "numbers", "number_singles"}
    for name, column in (both.entry | both.line).items():
        if name in history:
            continue
        half = len(column) // 2
        assert column[:half].tolist() == pytest.approx(column[half:].tolist(), nan_ok=True)


def test_rows_and_blocks_that_were_freed_are_used_again() -> None:
    """A company that corrects its entries for ever needs no more room."""
    entries = new_ones(random_stream(4, 200), "E")
    store, room = new_store(), []
    for revision in range(1, 12):
        met([msgspec.structs.replace(entry, revision=revision) for entry in entries], store)
        used = {table: int(store[f"{table}.meta"][USED]) for table in (*FREED, "places", "memos", "entries")}
        blocks = {pool: int(store[f"{pool}.heads"][-1]) for pool in ("cells", "traces", "ids")}
        room.append((used, blocks))
    assert room[3:] == [room[3]] * len(room[3:])
    assert_sound(store)


class TestFullTables:
    """Beyond its limits a company's habits learn nothing new; what they hold goes on, and can be taken out."""

    @staticmethod
    def full(entries: Sequence[Ecriture], what: str, limit: int) -> Store:
        """Return habits after entries, of companies that seem to have reached a limit."""
        store = after(*entries)
        store["companies.rows"][what][1:] = limit
        return store

    @pytest.mark.parametrize("what", LIMITS)
    def test_nothing_new_is_learnt(self, what: str) -> None:
        known, new = new_ones(random_stream(1, 60), "K"), new_ones(wide_stream(2, 60), "N")
        new = [msgspec.structs.replace(e, journal_code=f"N{k}", saisie_par=f"N{k}") for k, e in enumerate(new)]
        store = self.full(known, what, LIMITS[what])
        rows = store.count(what)
        met(new, store)
        assert store.count(what) == rows
        assert (store["companies.rows"][what][1:4] == LIMITS[what]).all()
        assert_sound(store)

    @pytest.mark.parametrize("what", LIMITS)
    def test_what_was_partly_learnt_can_be_taken_out(self, what: str) -> None:
        known, new = new_ones(random_stream(1, 60), "K"), new_ones(wide_stream(2, 60), "N")
        store = self.full(known, what, LIMITS[what])
        before = counted(store)
        met(new, store)
        met(deletions(new), store)
        assert counted(store) == before
        assert_sound(store)
