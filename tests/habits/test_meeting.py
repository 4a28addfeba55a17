"""What an entry meets is what came before it: read first, counted after."""

import datetime as dt
import math

import msgspec
import numpy as np
import pytest

from schemas import Operation
from wisebook_ml.habits.columns import ENTRY_COLUMNS, LINE_COLUMNS
from wisebook_ml.habits.observe import Habits
from wisebook_ml.ledger.accounts import habit_account
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.hashing import hash_text
from wisebook_ml.ledger.vocabulary import vocabulary

from .passes import met as observed

UTC = dt.UTC


def met(entries, limits=()) -> Habits:
    return observed(entries, limits=limits).habits


def content_of(entry) -> int:
    """Return the hash of what validation freezes."""
    return int(facts_of(EntryBatch.from_entries([entry]), vocabulary()).content[0])


def test_the_first_entry_meets_nothing(invoice) -> None:
    habits = met([invoice("E1")])
    assert habits.entry["company"].tolist() == [0.0]
    assert habits.line["account_count"].tolist() == [0.0, 0.0]
    assert all(np.isnan(column).all() for name, column in habits.line.items() if name.endswith("_median"))
    assert habits.line["party_count"].tolist() == [-1.0, 0.0], "-1: the line has no third party"


def test_each_entry_meets_those_before_it(invoice) -> None:
    habits = met([invoice(f"E{n}") for n in range(5)])
    assert habits.entry["company"].tolist() == [0, 1, 2, 3, 4]
    assert habits.line["party_count"].tolist()[1::2] == [0, 1, 2, 3, 4]


def test_an_empty_batch_has_every_column() -> None:
    habits = met([])
    assert {name: column.shape for name, column in habits.entry.items()} == dict.fromkeys(ENTRY_COLUMNS.names, (0,))
    assert {name: column.shape for name, column in habits.line.items()} == dict.fromkeys(LINE_COLUMNS.names, (0,))


def test_a_deleted_entry_is_no_habit_any_more(invoice) -> None:
    gone = invoice("E1", revision=2, operation=Operation.SUPPRESSION)
    assert met([invoice("E1"), gone, invoice("E2")]).entry["company"].tolist() == [0, 0, 0]


def test_a_deletion_of_what_was_never_seen_leaves_nothing(invoice) -> None:
    gone = invoice("E1", operation=Operation.SUPPRESSION)
    assert met([gone, invoice("E2")]).entry["company"].tolist() == [0, 0]


def test_hours_and_delays_are_those_of_paris(invoice) -> None:
    summer = dt.datetime(2024, 7, 8, 22, 30, tzinfo=UTC)  # half past midnight on the 9th in Paris
    habits = met([invoice("E1", day="2024-07-08", saisie_par="anne", saisie_le=summer)])
    assert habits.entry["hour"].tolist() == [0.0]
    assert habits.entry["lag"].tolist() == [1.0]


def test_hours_of_days_off_are_counted_apart(invoice) -> None:
    sunday = dt.datetime(2024, 7, 14, 9, 0, tzinfo=UTC)
    assert met([invoice("E1", saisie_par="anne", saisie_le=sunday)]).entry["hour"].tolist() == [24 + 11]


def test_without_a_time_of_entry_nothing_is_said_of_it(invoice) -> None:
    habits = met([invoice("E1", saisie_par="anne")])
    assert math.isnan(habits.entry["lag"][0])
    assert math.isnan(habits.entry["author"][0])


@pytest.mark.parametrize("moment", [dt.datetime.min, dt.datetime.max], ids=["first", "last"])
@pytest.mark.parametrize("hours", [-14, 0, 14])
def test_the_ends_of_the_calendar_are_only_odd(invoice, moment: dt.datetime, hours: int) -> None:
    """What a program writes for "no date" (`DateTime.MaxValue`) must not end the stream."""
    odd = moment.replace(tzinfo=dt.timezone(dt.timedelta(hours=hours)))
    habits = met([invoice("E1", saisie_par="anne", saisie_le=odd), invoice("E2")])
    assert habits.entry["company"].tolist() == [0, 1]


def test_a_burst_counts_what_one_author_enters_within_ten_minutes(invoice) -> None:
    start = dt.datetime(2024, 3, 5, 9, 0, tzinfo=UTC)
    minutes = [0, 1, 2, 30, 31]
    entries = [
        invoice(f"E{n}", saisie_par="anne", saisie_le=start + dt.timedelta(minutes=m)) for n, m in enumerate(minutes)
    ]
    assert met(entries).entry["burst"].tolist() == [1, 2, 3, 1, 2]


def test_amounts_near_a_limit_are_counted_by_third_party(invoice) -> None:
    entries = [
        invoice("E1", euros=990, saisie_par="anne"),
        invoice("E2", euros=985, saisie_par="luc"),
        invoice("E3", euros=995, supplier="MARTIN", saisie_par="zoe"),
        invoice("E4", euros=991, day="2024-12-05"),
        invoice("E5", euros=500),
        invoice("E6", euros=1000),
    ]
    habits = met(entries, limits=[1_000_00])
    assert habits.entry["near_limit"].tolist() == [1, 2, 1, 1, 0, 0]
    assert habits.entry["near_total"].tolist() == [1_000_00] * 4 + [0, 0]


def test_bank_details_are_shared_by_others_only(invoice) -> None:
    def with_iban(ecriture_id: str, supplier: str):
        entry = invoice(ecriture_id, supplier=supplier)
        lines = [entry.lignes[0], msgspec.structs.replace(entry.lignes[1], iban_empreinte="a1")]
        return msgspec.structs.replace(entry, lignes=lines)

    entries = [with_iban("E1", "DURAND"), with_iban("E2", "DURAND"), with_iban("E3", "MARTIN")]
    assert met(entries).line["iban_others"].tolist()[1::2] == [0, 0, 1]


class TestValidation:
    def test_a_change_after_validation_is_altered(self, invoice) -> None:
        day = dt.date(2024, 3, 31)
        entries = [
            invoice("E1"),
            invoice("E1", revision=2, valid_date=day, operation=Operation.VALIDATION),
            invoice("E1", revision=3, valid_date=day, euros=130),
        ]
        assert met(entries).entry["altered"].tolist() == [0, 0, 1]

    def test_a_change_before_it_is_not(self, invoice) -> None:
        day = dt.date(2024, 3, 31)
        entries = [invoice("E1"), invoice("E1", revision=2, euros=130), invoice("E1", revision=3, valid_date=day)]
        assert met(entries).entry["altered"].tolist() == [0, 0, 0]

    def test_lettering_is_no_change(self, invoice) -> None:
        first = invoice("E1", valid_date=dt.date(2024, 3, 31))
        lines = [msgspec.structs.replace(line, ecriture_let="AA") for line in first.lignes]
        assert content_of(first) == content_of(msgspec.structs.replace(first, lignes=lines))

    def test_another_spelling_of_an_amount_is_no_change(self, invoice) -> None:
        first = invoice("E1", euros=120)
        lines = [
            msgspec.structs.replace(first.lignes[0], debit="120"),
            msgspec.structs.replace(first.lignes[1], credit="120.0"),
        ]
        assert content_of(first) == content_of(msgspec.structs.replace(first, lignes=lines))


@pytest.mark.parametrize(
    ("compte", "auxiliary", "party"),
    [
        ("401000", "DURAND", "DURAND"),
        ("401DURAND", "", "DURAND"),
        ("401000", "", ""),
        ("411", "", ""),
        ("4011", "", ""),
        ("606DURAND", "", ""),
    ],
)
def test_who_the_third_party_is(invoice, compte: str, auxiliary: str, party: str) -> None:
    entry = invoice("E1")
    lines = [msgspec.structs.replace(entry.lignes[0], compte_num=compte, comp_aux_num=auxiliary)]
    facts = facts_of(EntryBatch.from_entries([msgspec.structs.replace(entry, lignes=lines)]), vocabulary())
    assert facts.party.tolist() == [hash_text(party)]


def test_customers_accounts_share_one_habit(invoice) -> None:
    assert habit_account("411DUPONT") == habit_account("411000") == "411"
    assert habit_account("445710") == "445710"
    habits = met([invoice("E1", account="411DUPONT"), invoice("E2", account="411000")])
    assert habits.line["account_count"].tolist()[::2] == [0, 1]


def test_the_rarest_pair_is_named_by_its_lines(invoice) -> None:
    """Expense and supplier have met, the asset and the supplier have not."""
    usual = [invoice(f"E{n}") for n in range(9)]
    odd = invoice("E9")
    lines = [odd.lignes[0], msgspec.structs.replace(odd.lignes[0], compte_num="218300"), odd.lignes[1]]
    habits = met([*usual, invoice("EX", account="218300"), msgspec.structs.replace(odd, lignes=lines)])
    first = 2 * 10
    assert habits.pair(10) == (first + 1, first + 2)
    assert habits.pair(8) == (-1, -1), "met too often to be rare"


def test_an_id_is_at_most_what_the_schema_allows(invoice) -> None:
    """msgspec does not check what Python code makes, and there is no room for more."""
    assert observed([invoice("é" * 200)]).taken.tolist() == [0]
    with pytest.raises(ValueError, match="ecriture_id"):
        met([invoice("E1"), invoice("x" * 801)])
