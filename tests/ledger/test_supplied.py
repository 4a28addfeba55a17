"""Which optional fields a company's entries give: counted the same however they are cut, each company apart."""

import datetime as dt

import msgspec
import numpy as np
import pytest

from schemas import Ecriture, Ligne, Operation
from wisebook_ml.generator import generate_ledger
from wisebook_ml.handbook.fields import switched_off, why_off
from wisebook_ml.ledger.batch import EntryBatch
from wisebook_ml.ledger.facts import facts_of
from wisebook_ml.ledger.supplied import FIELDS, Supplied, count_supplied
from wisebook_ml.ledger.vocabulary import vocabulary

BARE_LINE = Ligne(compte_num="606400", debit="1.00")
BARE = Ecriture(
    societe_id=1, ecriture_id="E1", journal_code="OD", ecriture_date=dt.date(2024, 3, 5), lignes=[BARE_LINE]
)


def entry(**fields: object) -> Ecriture:
    """Return the bare entry with some fields."""
    return msgspec.structs.replace(BARE, **fields)


def with_line(**fields: object) -> Ecriture:
    """Return an entry with two lines, the second with some fields."""
    return entry(lignes=[BARE_LINE, msgspec.structs.replace(BARE_LINE, **fields)])


def count(*entries: Ecriture) -> Supplied:
    """Count entries, as one batch."""
    supplied, batch = Supplied(), EntryBatch.from_entries(entries)
    supplied.add(batch, facts_of(batch, vocabulary()))
    return supplied


def test_a_bare_entry_gives_nothing() -> None:
    assert count(BARE).absent(1, FIELDS) == FIELDS


GIVEN = {
    "exercice": entry(exercice="2024"),
    "ecriture_num": entry(ecriture_num="AC12"),
    "valid_date": entry(valid_date=dt.date(2024, 4, 1)),
    "saisie_par": entry(saisie_par="anne"),
    "saisie_le": entry(saisie_le=dt.datetime(2024, 3, 6, 9, tzinfo=dt.UTC)),
    "revision": entry(revision=2),
    "comp_aux_num": with_line(comp_aux_num="DURAND"),
    "piece_ref": with_line(piece_ref="FA-2024-12"),
    "ecriture_lib": with_line(ecriture_lib="Fournitures"),
    "ecriture_let": with_line(ecriture_let="AA"),
    "iban_empreinte": with_line(iban_empreinte="a1"),
}


@pytest.mark.parametrize("name", FIELDS)
def test_one_entry_is_enough(name: str) -> None:
    assert count(BARE, BARE, GIVEN[name]).absent(1, FIELDS) == tuple(field for field in FIELDS if field != name)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("comp_aux_num", with_line(compte_num="401DURAND")),
        ("valid_date", entry(operation=Operation.VALIDATION)),
    ],
)
def test_given_in_another_way(name: str, given: Ecriture) -> None:
    assert name not in count(given).absent(1, FIELDS)


@pytest.mark.parametrize(
    ("name", "unusable"),
    [
        ("exercice", entry(exercice="2024-13-45/2024-99-99")),
        ("ecriture_num", entry(ecriture_num="sans")),
        ("piece_ref", with_line(piece_ref="-")),
    ],
)
def test_what_no_control_can_use_is_not_given(name: str, unusable: Ecriture) -> None:
    assert count(unusable).absent(1, FIELDS) == FIELDS


def test_companies_are_counted_apart() -> None:
    supplied = count(GIVEN["saisie_par"], msgspec.structs.replace(BARE, societe_id=2))
    assert supplied.companies == (1, 2)
    assert supplied.absent(1, ("saisie_par",)) == ()
    assert supplied.absent(2, ("saisie_par",)) == ("saisie_par",)


def test_a_company_without_entries_lacks_nothing_yet() -> None:
    assert Supplied().absent(1, FIELDS) == ()
    assert Supplied().entries(1) == 0


def test_an_empty_batch_counts_nothing() -> None:
    batch = EntryBatch.from_entries([])
    companies, counts = count_supplied(batch, facts_of(batch, vocabulary()))
    assert companies.shape == (0,)
    assert counts.shape == (0, 1 + len(FIELDS))


@pytest.mark.parametrize("size", [1, 7, 100])
def test_however_entries_are_cut(size: int) -> None:
    events = [
        msgspec.structs.replace(event, societe_id=1 + k % 3)
        for k, event in enumerate(generate_ledger(entries=200, seed=4).events)
    ]
    whole, parts = count(*events), Supplied()
    for start in range(0, len(events), size):
        batch = EntryBatch.from_entries(events[start : start + size])
        parts.add(batch, facts_of(batch, vocabulary()))
    assert parts.companies == whole.companies == (1, 2, 3)
    for number in whole.companies:
        assert parts.entries(number) == whole.entries(number)
        np.testing.assert_array_equal(parts._counts[number], whole._counts[number])


def test_controls_without_their_input_are_off_and_say_so() -> None:
    off = switched_off(count(GIVEN["saisie_par"]), 1)
    assert off["HEURE_INHABITUELLE"] == ("saisie_le",)
    assert why_off(off["HEURE_INHABITUELLE"], "fr") == "aucune écriture ne donne saisie_le (date et heure de saisie)"
    assert "DESEQUILIBRE" not in off
    assert switched_off(count(*generate_ledger(entries=300, seed=4).events), 1) == {}
