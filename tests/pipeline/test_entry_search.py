"""What a search keeps of the records that pass by: the entries asked for, as they stand."""

import datetime as dt

import msgspec
import pytest

from schemas import Ecriture, Ligne, Operation
from wisebook_ml.messaging.events import RawRecord
from wisebook_ml.pipeline.entry_search import MOST, EntrySearch

COMPANY = 3


def entry(number: int, **changes: object) -> Ecriture:
    made = Ecriture(
        societe_id=COMPANY,
        ecriture_id=f"E-{number}",
        journal_code="AC",
        ecriture_num=str(number),
        ecriture_date=dt.date(2025, 3, 3),
        lignes=[Ligne(compte_num="606300", piece_ref=f"F/{number}", debit="1.00")],
    )
    return msgspec.structs.replace(made, **changes)


def found(asked: str, *entries: Ecriture, journal: str | None = None) -> list[tuple[str, int]]:
    search = EntrySearch(COMPANY, asked, journal)
    search.take(
        [
            RawRecord(at, str(one.societe_id).encode(), msgspec.json.encode(one), [("ce_type", one.ce_type.encode())])
            for at, one in enumerate(entries)
        ]
    )
    return [(one.ecriture_id, one.revision) for one in search.found]


@pytest.mark.parametrize("asked", ["E-2", "2", "F/2"])
def test_by_id_number_and_piece(asked: str) -> None:
    assert found(asked, entry(1), entry(2), entry(22)) == [("E-2", 1)]


def test_letters_of_any_alphabet() -> None:
    assert found("pièce", entry(1), entry(2, ecriture_num="pièce")) == [("E-2", 1)]


def test_only_of_the_company_and_the_journal() -> None:
    entries = entry(1), entry(1, societe_id=4, ecriture_id="other"), entry(5, ecriture_num="1", journal_code="VE")
    assert found("1", *entries) == [("E-5", 1), ("E-1", 1)]
    assert found("1", *entries, journal="AC") == [("E-1", 1)]


def test_a_revision_takes_the_place_of_the_one_before() -> None:
    later = entry(1, revision=2)
    assert found("1", entry(1), entry(2), later) == [("E-1", 2)]
    assert found("1", later, entry(1)) == [("E-1", 2)]
    assert found("1", entry(1), entry(1, revision=2, ecriture_num="7")) == []
    assert found("1", entry(1), entry(1, revision=2, operation=Operation.SUPPRESSION)) == []


def test_what_is_no_entry_is_passed_over() -> None:
    search = EntrySearch(COMPANY, "1")
    search.take(
        [
            RawRecord(0, b"3", b'{"ecriture_num": "1", ', []),
            RawRecord(1, b"3", None, []),
            RawRecord(2, None, b'"1"', []),
        ]
    )
    assert search.found == []


def test_the_latest_are_kept() -> None:
    many = [entry(number, ecriture_num="1") for number in range(MOST + 5)]
    assert found("1", *many) == [(f"E-{number}", 1) for number in reversed(range(5, MOST + 5))]
