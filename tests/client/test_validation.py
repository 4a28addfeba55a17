"""What wisebook_ml would refuse is refused before it is sent, in words that say what to do."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from wisebook_ml_client import Event, EventRefused, check, montant, record_of
from wisebook_ml_client.versions import close, correct, delete

from schemas import Avis, Ligne, Operation, PositionTresorerie, Verdict
from topics import ENTRIES, FEEDBACK, TREASURY
from topics.events import Decoder, Outgoing, RawRecord
from topics.incoming import avis_event, entry_event, position_event

from .entries import entry

SOURCE = "/wisebook/core"
NOON = dt.datetime(2025, 3, 3, 12, tzinfo=dt.UTC)


def position(**fields: Any) -> PositionTresorerie:
    return PositionTresorerie(**{"societe_id": 7, "compte_num": "512000", "date": NOON.date(), "solde": "10", **fields})


def avis(**fields: Any) -> Avis:
    told = {"detection_id": uuid.UUID(int=1), "verdict": Verdict.CONFIRMEE, "auteur": "claire"}
    return Avis(societe_id=7, **{**told, **fields})


def test_records_are_those_of_our_own_publisher() -> None:
    assert record_of(entry(), SOURCE) == entry_event(entry(), SOURCE)
    assert record_of(position(), SOURCE) == position_event(position(), SOURCE)
    assert record_of(avis(), SOURCE, time=NOON) == avis_event(avis(), SOURCE, NOON)
    assert [record_of(event, SOURCE).topic for event in (entry(), position(), avis())] == [ENTRIES, TREASURY, FEEDBACK]


def test_what_follows_from_an_event_can_be_given_an_id() -> None:
    record = record_of(entry(), SOURCE, correlation="import-3")
    assert record.headers == [*entry_event(entry(), SOURCE).headers, ("wb_correlation", b"import-3")]


def test_decimals_are_amounts() -> None:
    event = entry(lignes=[Ligne(compte_num="6", debit=Decimal("1.50")), Ligne(compte_num="4", credit=montant(1))])  # type: ignore[arg-type]
    record = record_of(event, SOURCE)
    assert b'"debit":"1.50"' in (record.value or b"")


LONG = "x" * 300


@pytest.mark.parametrize(
    ("event", "field", "advice"),
    [
        (entry(societe_id=0), "societe_id", "company's number"),
        (entry(ecriture_id=""), "ecriture_id", "WiseBook's own id"),
        (entry(ecriture_id=LONG), "ecriture_id", "1 to 200 characters"),
        (entry(revision=0), "revision", "from 1 on"),
        (entry(amount="12,50"), "lignes[0].debit", '"1234.50"'),
        (entry(lignes=[Ligne(compte_num="6", debit=12.5)]), "lignes[0].debit", "decimal strings"),  # type: ignore[arg-type]
        (entry(lignes=[Ligne(compte_num="")]), "lignes[0].compte_num", "account's number"),
        (entry(lignes=[]), "lignes", "at least one line"),
        (entry(ecriture_date=None), "ecriture_date", "2025-03-31"),
        (entry(saisie_le=dt.datetime(2025, 3, 3, 9)), "saisie_le", "offset from UTC"),
        (entry(exercice="25"), "exercice", "2024-09-01/2025-08-31"),
        (entry(journal_code=None), "journal_code", "entry's journal"),
        (position(solde="1.234"), "solde", "two decimals"),
        (position(devise="euro"), "devise", "three letters"),
        (avis(auteur=""), "auteur", "who gives the verdict"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_field_that_does_not_fit_is_named_with_what_to_do(event: Event, field: str, advice: str) -> None:
    with pytest.raises(EventRefused) as told:
        record_of(event, SOURCE)
    assert told.value.field == field
    assert advice in told.value.advice
    assert "company" in told.value.subject
    assert str(told.value).startswith(f"{told.value.subject}, {field}: ")


def test_what_is_refused_is_what_the_stream_refuses() -> None:
    """By its own decoder, on the very bytes: nothing is refused that the stream takes."""
    for fields in ({"amount": "1.5"}, {"amount": "-3"}, {"exercice": "2025"}, {"operation": Operation.VALIDATION}):
        record = record_of(entry(**fields), SOURCE)  # type: ignore[arg-type]
        Decoder(ENTRIES).decode(RawRecord(0, record.key, record.value, record.headers))


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(EventRefused, match="cannot be written as JSON"):
        record_of(entry(journal_lib="\ud800"), SOURCE)
    with pytest.raises(EventRefused, match="cannot be written as JSON"):
        record_of(entry(journal_lib=object()), SOURCE)
    with pytest.raises(TypeError, match="give an Ecriture"):
        record_of("entry", SOURCE)  # type: ignore[arg-type]


def test_an_entry_larger_than_its_topic_is_refused() -> None:
    many = [Ligne(compte_num="606100", ecriture_lib="x" * 2000) for _ in range(4500)]
    with pytest.raises(EventRefused, match=r"takes 9,.*bytes, and topic 'entries' takes 8,388,608; split"):
        record_of(entry(lignes=many), SOURCE)


def test_unbalanced_entries_are_reported_by_the_stream_unless_they_are_refused_here() -> None:
    lines = [Ligne(compte_num="606100", debit="120.00"), Ligne(compte_num="401000", credit="100")]
    record_of(entry(lignes=lines), SOURCE)
    with pytest.raises(EventRefused, match=r"debits are 120\.00 and credits 100\.00: they differ by 20\.00; balance"):
        record_of(entry(lignes=lines), SOURCE, balanced=True)
    record_of(entry(), SOURCE, balanced=True)


def test_a_record_that_was_tampered_with_is_refused() -> None:
    record = record_of(entry(), SOURCE)
    with pytest.raises(EventRefused, match="key is '8', but societe_id is 7"):
        check(Outgoing(ENTRIES, b"8", record.value, record.headers))
    with pytest.raises(EventRefused, match="missing required field `lignes`"):
        value = msgspec.json.encode({**msgspec.to_builtins(entry()), "lignes": None})
        check(Outgoing(ENTRIES, b"7", value.replace(b',"lignes":null', b""), record.headers))


class TestVersions:
    def test_each_version_follows_the_one_before(self) -> None:
        first = entry()
        second = correct(first, ecriture_num="17")
        third = close(second, valid_date=NOON.date())
        fourth = delete(third)
        versions = [(one.revision, one.operation) for one in (first, second, third, fourth)]
        assert versions == [
            (1, Operation.CREATION), (2, Operation.MODIFICATION), (3, Operation.VALIDATION), (4, Operation.SUPPRESSION),
        ]  # fmt: skip
        assert fourth.lignes == first.lignes
        assert (fourth.ecriture_num, fourth.valid_date) == ("17", NOON.date())

    def test_nothing_follows_a_deletion(self) -> None:
        with pytest.raises(ValueError, match="is deleted"):
            correct(delete(entry()))

    @pytest.mark.parametrize("changes", [{"ecriture_id": "E-2"}, {"societe_id": 8}, {"revision": 9}])
    def test_a_correction_stays_the_same_entry(self, changes: dict[str, object]) -> None:
        with pytest.raises(ValueError, match=next(iter(changes))):
            correct(entry(), **changes)


@pytest.mark.parametrize("amount", ["1,50", "abc", Decimal("NaN"), Decimal("1.234"), "1e99"])
def test_what_is_no_amount(amount: Decimal | str) -> None:
    with pytest.raises(ValueError, match=r"amount|cent"):
        montant(amount)
