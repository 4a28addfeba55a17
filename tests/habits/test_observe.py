"""The compiled pass over the entries of many companies, against plain dictionaries for each company."""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings

from schemas import Ecriture
from wisebook_ml.generator import generate_ledger
from wisebook_ml.habits.columns import ENTRY_COLUMNS, LINE_COLUMNS
from wisebook_ml.habits.layout import new_store
from wisebook_ml.habits.observe import Met
from wisebook_ml.ledger.accounts import habit_account
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.vocabulary import vocabulary

from .passes import met
from .reference import Reference
from .streams import PARTIES, random_stream, streams, wide_stream

LIMITS = [1_000_00, 5_000_00]
TEXTS = ("duplicate", "reversal", "namesake")
WHERE = {"pair_debit", "pair_credit", *(f"{text}_{part}" for text in TEXTS for part in ("start", "length"))}
"""Columns that say where something stands; what stands there is compared."""


def expected(entries: list[Ecriture]) -> Reference:
    reference = Reference(LIMITS)
    batch = EntryBatch.from_entries(entries)
    reference.observe(batch, facts_of(batch, vocabulary()))
    return reference


def assert_equal(found: Met, reference: Reference) -> None:
    assert found.taken.tolist() == reference.taken
    assert found.first.tolist() == reference.first
    assert found.conflicts.tolist() == reference.conflicts
    habits = found.habits
    for columns, rows, names in (
        (habits.line, reference.lines, set(LINE_COLUMNS.names or ())),
        (habits.entry, reference.entries, set(ENTRY_COLUMNS.names or ()) - WHERE),
    ):
        assert {frozenset(row) for row in rows} <= {frozenset(names)}
        for name in sorted(names):
            wanted = np.array([row[name] for row in rows], dtype=np.float64)
            np.testing.assert_allclose(columns[name], wanted, rtol=1e-12, err_msg=name)
    for i, named in enumerate(reference.named):
        assert (habits.duplicate_of(i), habits.reversal_of(i)) == (named["duplicate"], named["reversal"])
        assert habits.namesake_of(i) == named["namesake"]
        assert_is_rarest(found, i, named["pairs"])


def assert_is_rarest(found: Met, i: int, pairs: list[frozenset[str]]) -> None:
    """Check that the lines of the rarest pair are of this entry, and their accounts one of the rarest pairs."""
    debit, credit = found.habits.pair(i)
    if not pairs:
        assert (debit, credit) == (-1, -1)
        return
    assert {debit, credit} <= set(found.batch.lines_of(i))
    assert found.batch.on_debit[debit]
    assert not found.batch.on_debit[credit]
    assert frozenset(habit_account(found.batch.line(k).compte_num) for k in (debit, credit)) in pairs


@pytest.mark.parametrize(("entries", "seed"), [(300, 1), (800, 2), (2000, 3)])
def test_a_generated_ledger_meets_what_the_reference_says(entries: int, seed: int) -> None:
    ledger = list(generate_ledger(entries=entries, seed=seed, anomaly_rate=0.08, twin_rate=0.05).events)
    found = met(ledger, limits=LIMITS)
    assert_equal(found, expected(ledger))
    if entries == 2000:
        assert set(found.habits.entry["duplicate"].tolist()) == {0.0, 0.4, 0.8, 1.0}


@settings(derandomize=True, deadline=None, max_examples=60)
@given(streams())
def test_entries_that_collide_meet_what_the_reference_says(entries: list[Ecriture]) -> None:
    assert_equal(met(entries, limits=LIMITS), expected(entries))


@pytest.mark.parametrize("seed", range(6))
def test_a_long_stream_of_them_does_too(seed: int) -> None:
    """Few ids make many revisions, more of them many duplicates and habits; some third parties are called alike."""
    parties = (*PARTIES, *(f"{k}" for k in range(6 * (seed % 3))))
    entries = random_stream(seed, 1200, ids=(30, 300, 3000)[seed % 3], parties=parties)
    found = met(entries, limits=LIMITS)
    assert_equal(found, expected(entries))
    if seed % 3 == 2:
        columns = {**found.habits.entry, **found.habits.line}
        assert {name for name, column in columns.items() if not np.nan_to_num(column).any()} == set()


@pytest.mark.parametrize("length", [60, 1500])
def test_tables_that_grow_keep_what_they_held(length: int) -> None:
    """Thousands of accounts, third parties and pairs, and entries of hundreds of lines."""
    entries = wide_stream(5, length)
    store = new_store()
    assert_equal(met(entries, store, LIMITS), expected(entries))
    if length == 1500:
        assert store.count("accounts") > 2000
        assert store.count("parties") > 2000


@pytest.mark.parametrize("make", [random_stream, wide_stream])
@pytest.mark.parametrize("seed", range(3))
def test_any_cut_meets_the_same_and_ends_in_the_same_state(make, seed: int) -> None:
    """To the byte, with rows and blocks that were freed, used again and moved to larger arrays in between."""
    entries = make(seed, 400)
    whole, cut = new_store(), new_store()
    at_once = met(entries, whole, LIMITS)
    ends = sorted(random.Random(seed).sample(range(len(entries)), 25))
    parts = [met(entries[a:b], cut, LIMITS) for a, b in pairwise([0, *ends, len(entries)])]
    assert cut.digest() == whole.digest()
    starts = [0, *ends]
    taken = [start + i for start, part in zip(starts, parts, strict=True) for i in part.taken.tolist()]
    assert at_once.taken.tolist() == taken
    for columns in ("line", "entry"):
        for name, column in getattr(at_once.habits, columns).items():
            if name not in WHERE:
                together = np.concatenate([getattr(part.habits, columns)[name] for part in parts])
                np.testing.assert_array_equal(column, together, err_msg=name)


@pytest.mark.parametrize("seed", range(2))
def test_a_reload_in_the_middle_meets_the_same(seed: int) -> None:
    entries = random_stream(seed, 500)
    store, again = new_store(), new_store()
    met(entries[:250], store, LIMITS)
    again.load(dict(store.dump()))
    first, second = met(entries[250:], store, LIMITS), met(entries[250:], again, LIMITS)
    assert again.digest() == store.digest()
    for columns in ("line", "entry"):
        for name, column in getattr(first.habits, columns).items():
            np.testing.assert_array_equal(column, getattr(second.habits, columns)[name], err_msg=name)


def test_a_company_alone_meets_what_it_meets_among_others() -> None:
    entries = random_stream(8, 900)
    mixed = met(entries, limits=LIMITS)
    for societe_id in (1, 2, 3):
        own = [entry for entry in entries if entry.societe_id == societe_id]
        alone = met(own, limits=LIMITS)
        of_company = mixed.batch.societe == societe_id
        assert len(alone.taken) == of_company.sum()
        for name, column in alone.habits.entry.items():
            if name not in WHERE:
                np.testing.assert_array_equal(column, mixed.habits.entry[name][of_company], err_msg=name)
        for name, column in alone.habits.line.items():
            lines = np.repeat(of_company, np.diff(mixed.batch.first))
            np.testing.assert_array_equal(column, mixed.habits.line[name][lines], err_msg=name)
