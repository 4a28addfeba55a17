"""Entries as columns: nothing is lost, and money stays whole."""

import datetime as dt

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import Ecriture, Ligne, from_minor
from wisebook_ml.ledger.batch import EntryBatch, account_root

CENTS = st.integers(-(10**13) + 1, 10**13 - 1)
LINES = st.builds(
    Ligne,
    compte_num=st.text("0123456789AB", min_size=1, max_size=8),
    debit=CENTS.map(from_minor),
    credit=CENTS.map(from_minor),
)
ENTRIES = st.lists(
    st.builds(
        Ecriture,
        societe_id=st.just(1),
        ecriture_id=st.just("E"),
        journal_code=st.just("OD"),
        ecriture_date=st.dates(),
        lignes=st.lists(LINES, min_size=1, max_size=6),
    ),
    max_size=8,
)
REPEATABLE = settings(derandomize=True, deadline=None, max_examples=100)


def entry(*amounts: tuple[str, str]) -> Ecriture:
    """Return an entry with these debits and credits."""
    return Ecriture(
        societe_id=1,
        ecriture_id="E-1",
        journal_code="OD",
        ecriture_date=dt.date(2024, 3, 1),
        lignes=[Ligne(compte_num="471000", debit=debit, credit=credit) for debit, credit in amounts],
    )


@REPEATABLE
@given(ENTRIES)
def test_columns_say_what_the_entries_say(entries: list[Ecriture]) -> None:
    batch = EntryBatch.from_entries(entries)
    assert len(batch) == len(entries)
    for i, one in enumerate(entries):
        assert batch.entry(i) == one
        assert [batch.line(k) for k in batch.lines_of(i)] == one.lignes
        assert {int(batch.entry_of[k]) for k in batch.lines_of(i)} == {i}
        debits = [int(batch.debit[k]) for k in batch.lines_of(i)]
        credits_ = [int(batch.credit[k]) for k in batch.lines_of(i)]
        assert [from_minor(cents) for cents in debits] == [line.debit for line in one.lignes]
        assert [from_minor(cents) for cents in credits_] == [line.credit for line in one.lignes]
        assert int(batch.total_debit[i]) == sum(debits)
        assert int(batch.total[i]) == max(abs(sum(debits)), abs(sum(credits_)))
        assert one.ecriture_date == dt.date.fromordinal(int(batch.day[i]))
    assert np.array_equal(batch.net, batch.debit - batch.credit)
    assert np.array_equal(batch.amount, np.abs(batch.net))


@REPEATABLE
@given(ENTRIES)
def test_sums_of_entries_are_those_of_python(entries: list[Ecriture]) -> None:
    batch = EntryBatch.from_entries(entries)
    for i in range(len(batch)):
        assert batch.sum_per_entry(batch.net)[i] == sum(batch.net[list(batch.lines_of(i))].tolist())


def test_an_empty_batch_has_empty_columns() -> None:
    batch = EntryBatch.from_entries([])
    assert len(batch) == 0
    assert batch.sum_per_entry(np.zeros(0, np.int64)).shape == (0,)


def test_ten_cents_and_twenty_balance_thirty() -> None:
    batch = EntryBatch.from_entries([entry(("0.10", "0"), ("0.20", "0"), ("0", "0.3"))])
    assert batch.total_debit.tolist() == batch.total_credit.tolist() == [30]


def test_the_largest_entry_the_schema_allows_does_not_overflow() -> None:
    largest = from_minor(10**13 - 1)
    lines = [Ligne(compte_num="512000", debit=largest)] * 100 + [Ligne(compte_num="401000", credit=largest)] * 100
    one = Ecriture(societe_id=1, ecriture_id="E", journal_code="OD", ecriture_date=dt.date(2024, 1, 1), lignes=lines)
    assert EntryBatch.from_entries([one]).total.tolist() == [100 * (10**13 - 1)]
    with pytest.raises(ValueError, match="sum to more than"):
        msgspec.structs.replace(one, lignes=lines * 2)


def test_an_entry_that_the_schema_forbids_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\.lignes\[0\]\.debit"):
        EntryBatch.from_entries([entry(("1.00", "0")), entry(("a lot", "0"))])
    naive = msgspec.structs.replace(entry(("1.00", "0")), saisie_le=dt.datetime(2024, 3, 1, 12))
    with pytest.raises(ValueError, match="timezone"):
        EntryBatch.from_entries([naive])


@pytest.mark.parametrize(
    ("account", "root"),
    [
        ("44566", 44566),
        ("4456610", 44566),
        ("6", 60000),
        ("411DUPONT", 41100),
        ("41²1", 41000),
        ("٤١١", -1),
        (" 411", -1),
        ("-411", -1),
        ("C001", -1),
    ],
)
def test_root_of_odd_account_numbers(account: str, root: int) -> None:
    assert account_root(account) == root
    one = msgspec.structs.replace(entry(("1", "0")), lignes=[Ligne(compte_num=account)])
    assert EntryBatch.from_entries([one]).root.tolist() == [root]
