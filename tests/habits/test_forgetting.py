"""What bounds memory, at its real limits: the oldest is forgotten, by the order of the company's own entries."""

import datetime as dt

import msgspec
import numpy as np
import pytest

from wisebook_ml.habits.arrivals import CONFLICT, FIRST, KNOWN, REVISION, company_key, company_of, tell_arrivals
from wisebook_ml.habits.columns import ENTRY_FACTS
from wisebook_ml.habits.layout import (
    MAX_AUTHORS,
    MAX_ENTRIES,
    MAX_JOURNALS,
    MAX_MEMOS,
    MAX_NEARS,
    MAX_PIECES,
    MAX_SEQUENCES,
    new_store,
)
from wisebook_ml.habits.matching import document_of
from wisebook_ml.habits.store import Store
from wisebook_ml.ledger.scan import scan

from .passes import met, met_batch

LIMITS = (1_000_00,)


def tell(store: Store, keys: list[int], revision: int = 1, digest: int = 1, societe: int = 1) -> list[int]:
    n = len(keys)
    told = np.zeros(n, np.int8)
    arrays = (np.full(n, societe), np.array(keys, np.int64), np.full(n, revision), np.full(n, digest))
    assert tell_arrivals(store.directory(), 0, *arrays, told) == n
    return told.tolist()


class TestEntries:
    @pytest.fixture
    def full(self) -> Store:
        """Return a state that remembers as many entries of company 1 as it can: 1, 2, 3, ..."""
        store = new_store()
        store.reserve({"entries": MAX_ENTRIES + 100, "companies": 2}, {})
        assert set(tell(store, list(range(1, MAX_ENTRIES + 1)))) == {FIRST}
        return store

    def test_the_oldest_is_forgotten(self, full: Store) -> None:
        assert tell(full, [1, MAX_ENTRIES]) == [KNOWN, KNOWN]
        assert tell(full, [-1]) == [FIRST]
        assert full.count("entries") == MAX_ENTRIES
        assert tell(full, [2, 3, -1]) == [KNOWN, KNOWN, KNOWN]
        assert tell(full, [1]) == [FIRST], "forgotten, so new"
        assert tell(full, [2]) == [FIRST], "which it was forgotten for"

    def test_contradictions_and_repetitions_forget_nobody(self, full: Store) -> None:
        assert tell(full, [1, 2, 3], digest=2) == [CONFLICT] * 3
        assert tell(full, [1, 2, 3], revision=0) == [KNOWN] * 3
        assert tell(full, [1, 2, 3]) == [KNOWN] * 3

    def test_one_that_was_revised_has_its_turn_once_more(self, full: Store) -> None:
        assert tell(full, [1, 3], revision=2) == [REVISION, REVISION]
        assert tell(full, [-1, -2]) == [FIRST, FIRST]
        assert tell(full, [1, 3], revision=2) == [KNOWN, KNOWN]
        assert tell(full, [5]) == [KNOWN]
        assert full.count("entries") == MAX_ENTRIES
        assert tell(full, [2, 4]) == [FIRST, FIRST]

    def test_another_company_is_not_asked_to_forget(self, full: Store) -> None:
        assert tell(full, [-1, -2, -3], societe=2) == [FIRST] * 3
        assert tell(full, [1, 2, 3]) == [KNOWN] * 3
        assert full.count("entries") == MAX_ENTRIES + 3


def test_the_oldest_documents_are_forgotten() -> None:
    store = new_store()
    store.reserve({"companies": 1, "pieces": MAX_PIECES + 10}, {})
    state, entry = store.directory(), np.zeros(1, ENTRY_FACTS)[0]
    company, key = company_of(state, 1), company_key(1)

    def names(document: int, holder: int) -> bool:
        entry["document"] = document
        return document_of(state, entry, company, key, holder) != 0

    assert all(names(document, holder=10) for document in range(1, MAX_PIECES + 1))
    assert not names(2, holder=11), "two third parties have it"
    assert not names(2, holder=10), "so it tells nothing of either"
    assert names(MAX_PIECES + 1, holder=10)
    assert store.count("pieces") == MAX_PIECES
    assert names(1, holder=11), "forgotten with who had it, in favour of the newest"
    assert names(2, holder=11), "as this one is now"
    assert store.count("pieces") == MAX_PIECES


VALUE = (
    b'{"societe_id":%d,"ecriture_id":"E%d","revision":%d,"journal_code":"J%d","ecriture_num":"P%d-1",'
    b'"ecriture_date":"2024-03-05","saisie_par":"A%d","saisie_le":"2024-03-05T10:00:00Z","lignes":['
    b'{"compte_num":"606300","debit":"990.00"},{"compte_num":"401000","comp_aux_num":"S%d","credit":"990.00"}]}'
)
COMPANY_TWO = 100
"""How many of the entries are of another company."""
MANY = MAX_MEMOS + 150


def value(k: int, *, societe: int = 1, ecriture_id: int | None = None, revision: int = 1) -> bytes:
    """Return the k-th entry: with its own supplier and sequence, and a journal and an author of many."""
    named = k if ecriture_id is None else ecriture_id
    return VALUE % (societe, named, revision, k % 1100, k, k % 10_100, k)


@pytest.fixture(scope="module")
def beyond() -> Store:
    """Return habits of a company that went beyond every limit which real entries can reach, and of a small one."""
    store = new_store()
    for start in range(0, MANY, 5_000):
        values = [value(k) for k in range(start, min(MANY, start + 5_000))]
        met_batch(scan(values).batch, store, LIMITS)
    met_batch(scan([value(k, societe=2) for k in range(COMPANY_TWO)]).batch, store, LIMITS)
    return store


class TestOfRealEntries:
    """Read together: each asks something else of the same state, and adds an entry or two to it."""

    def test_tables_hold_as_much_as_they_may(self, beyond: Store) -> None:
        bounds = {
            "memos": MAX_MEMOS,
            "sequences": MAX_SEQUENCES,
            "nears": MAX_NEARS,
            "journals": MAX_JOURNALS,
            "authors": MAX_AUTHORS,
        }
        found = {table: beyond.count(table) for table in bounds}
        assert found == {table: limit + COMPANY_TWO for table, limit in bounds.items()}
        assert beyond.count("entries") == MANY + COMPANY_TWO
        of_lines = 2  # one in each company: all entries have lines of the same accounts and amounts
        assert beyond.count("places") == MAX_MEMOS + COMPANY_TWO + of_lines, "what is forgotten can be found no more"

    def test_a_repetition_of_a_forgotten_entry_is_not_found(self, beyond: Store) -> None:
        entries = [value(0, ecriture_id=10**6), value(MANY - 1, ecriture_id=10**6 + 1)]
        habits = met_batch(scan(entries).batch, beyond, LIMITS).habits
        assert [habits.duplicate_of(i) for i in range(2)] == ["", f"E{MANY - 1}"]

    def test_a_journal_that_found_no_room_has_no_habits(self, beyond: Store) -> None:
        entries = [value(1050, ecriture_id=10**6 + 2), value(50, ecriture_id=10**6 + 3)]
        habits = met_batch(scan(entries).batch, beyond, LIMITS).habits
        assert habits.entry["journal"][0] == 0
        assert habits.entry["journal"][1] > 40

    def test_a_revision_of_a_forgotten_entry_is_not_counted_twice(self, beyond: Store) -> None:
        """Nor are the revisions after it, nor does a deletion take out what another has left."""
        before = int(beyond["companies.rows"]["entries"][1])
        for revision in (2, 3, 4):
            found = met_batch(scan([value(1, revision=revision)]).batch, beyond, LIMITS)
            assert found.first.tolist() == [False]
            assert found.habits.entry["company"].tolist() == [before]
            assert int(beyond["companies.rows"]["entries"][1]) == before
        entry = msgspec.to_builtins(scan([value(1, revision=5)]).batch.entry(0)) | {"operation": "SUPPRESSION"}
        met_batch(scan([msgspec.json.encode(entry)]).batch, beyond, LIMITS)
        assert int(beyond["companies.rows"]["entries"][1]) == before

    def test_a_revision_of_a_remembered_one_takes_its_place(self, beyond: Store) -> None:
        before = int(beyond["companies.rows"]["entries"][1])
        found = met_batch(scan([value(MANY - 2, revision=2)]).batch, beyond, LIMITS)
        assert found.habits.entry["company"].tolist() == [before - 1]
        assert int(beyond["companies.rows"]["entries"][1]) == before


def test_a_burst_beyond_what_is_remembered_counts_as_that_many(invoice) -> None:
    moment = dt.datetime(2024, 3, 5, 9, tzinfo=dt.UTC)
    entries = [invoice(f"E{n}", saisie_par="anne", saisie_le=moment) for n in range(60)]
    assert met(entries).habits.entry["burst"].tolist() == [*range(1, 33), *[32] * 28]
