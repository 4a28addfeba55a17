"""The compiled pass over the entries of many companies, against plain dictionaries for each company."""

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
from .streams import random_stream, streams, wide_stream

LIMITS = [1_000_00, 5_000_00]
WHERE = {"duplicate_start", "duplicate_length", "reversal_start", "reversal_length", "pair_debit", "pair_credit"}
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
    assert_equal(met(ledger, limits=LIMITS), expected(ledger))


@settings(derandomize=True, deadline=None, max_examples=60)
@given(streams())
def test_entries_that_collide_meet_what_the_reference_says(entries: list[Ecriture]) -> None:
    assert_equal(met(entries, limits=LIMITS), expected(entries))


@pytest.mark.parametrize("seed", range(6))
def test_a_long_stream_of_them_does_too(seed: int) -> None:
    """Few ids make many revisions, more of them many duplicates and habits."""
    entries = random_stream(seed, 1200, ids=(30, 300, 3000)[seed % 3])
    found = met(entries, limits=LIMITS)
    assert_equal(found, expected(entries))
    if seed % 3 == 2:
        columns = {**found.habits.entry, **found.habits.line}
        assert {name for name, column in columns.items() if not np.nan_to_num(column).any()} == set()
        assert {0.0, 0.4, 0.8, 1.0} <= set(found.habits.entry["duplicate"].tolist())


@pytest.mark.parametrize("length", [60, 1500])
def test_tables_that_grow_keep_what_they_held(length: int) -> None:
    """Thousands of accounts, third parties and pairs, and entries of hundreds of lines."""
    entries = wide_stream(5, length)
    store = new_store()
    assert_equal(met(entries, store, LIMITS), expected(entries))
    if length == 1500:
        assert store.count("accounts") > 2000
        assert store.count("parties") > 2000
