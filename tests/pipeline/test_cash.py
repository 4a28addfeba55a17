"""Raw entries in, derived positions out: headers, partition, ticks, whatever the batches."""

import datetime as dt

import msgspec
import pytest

from schemas import Echeancier, Ecriture, Ligne, PositionTresorerie, Record, SourcePosition, Tick
from topics import TREASURY
from topics.incoming import entry_event, tick_event
from wisebook_ml.messaging.events import Outgoing, RawRecord
from wisebook_ml.messaging.publishing import closing_tick
from wisebook_ml.pipeline.cash import SOURCE, CashPipeline
from wisebook_ml.treasury.books.state import BooksState

TOPIC, PARTITION = "wisebook.entries", 4
FIRST = dt.date(2025, 3, 3)


def new_pipeline(*, known: int | None = None) -> CashPipeline:
    accepts = (lambda societe_id: societe_id == known) if known else (lambda societe_id: True)
    return CashPipeline(TOPIC, PARTITION, BooksState(), accepts=accepts)


def sale(day: int, societe_id: int = 1) -> Ecriture:
    lines = [
        Ligne(compte_num="512000", debit="40.00"),
        Ligne(compte_num="411000", debit="10.00", piece_ref=f"F{day}"),
        Ligne(compte_num="707000", credit="50.00"),
    ]
    date = FIRST + dt.timedelta(days=day)
    return Ecriture(societe_id=societe_id, ecriture_id=f"E{day}", journal_code="VE", ecriture_date=date, lignes=lines)


def raw(given: Ecriture | Tick, offset: int) -> RawRecord:
    event = entry_event(given, "test") if isinstance(given, Ecriture) else tick_event(given, "test")
    return RawRecord(offset, event.key, event.value, event.headers)


def decoded(out: Outgoing) -> Record:
    types: dict[str, type[Record]] = {one.ce_type: one for one in (PositionTresorerie, Echeancier)}
    return msgspec.json.decode(out.value or b"", type=types[headers(out)["ce_type"]])


def headers(record: Outgoing) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in record.headers}


def closing(entries: list[Ecriture]) -> Tick:
    tick = closing_tick(entries)
    assert tick is not None
    return tick


def test_a_derived_position_goes_to_the_partition_of_its_company_and_says_where_it_is_from() -> None:
    pipeline = new_pipeline()
    out, expected = pipeline.process([raw(sale(0), 0), raw(sale(1), 7)])
    position = decoded(out)
    assert position == PositionTresorerie(
        societe_id=1,
        compte_num="512000",
        date=FIRST,
        solde="40.00",
        entrees="40.00",
        source=SourcePosition.COMPTABILITE,
    )
    assert (out.topic, out.partition, out.key) == (TREASURY, PARTITION, b"1")
    assert headers(out) == {
        "ce_specversion": "1.0",
        "ce_id": "1/512000/2025-03-03/1",
        "ce_source": SOURCE,
        "ce_type": PositionTresorerie.ce_type,
        "ce_time": "2025-03-04T12:00:00+00:00",
        "content-type": "application/json",
        "wb_topic": TOPIC,
        "wb_partition": str(PARTITION),
        "wb_offset": "7",
        "wb_correlation": "1/E1/1",
    }
    told = decoded(expected)
    assert isinstance(told, Echeancier)
    assert (told.date, [one.montant for one in told.paiements]) == (FIRST, ["10.00"])
    assert pipeline.next_offset == 8


@pytest.mark.parametrize("size", [1, 3])
def test_batches_and_restarts_do_not_show(size: int) -> None:
    entries = [sale(day) for day in (0, 0, 1, 5, 3, 2, 9)]
    given = [raw(one, at) for at, one in enumerate([*entries, closing(entries), sale(12)])]
    whole, pipeline, cut = new_pipeline(), new_pipeline(), list[Outgoing]()
    for at in range(0, len(given), size):
        cut += pipeline.process(given[at : at + size])
        state = BooksState()
        state.load({name: memoryview(data) for name, data in pipeline.state.dump()})  # type: ignore[arg-type]
        pipeline = CashPipeline(TOPIC, PARTITION, state)
    assert cut == whole.process(given)
    assert len({headers(one)["ce_id"] for one in cut}) == len(cut)


def test_a_file_that_comes_journal_by_journal_is_told_at_its_end_in_the_order_of_days() -> None:
    entries = [sale(day) for day in (9, 3, 1)]
    given = [raw(one, at) for at, one in enumerate(entries)]
    pipeline = new_pipeline()
    assert pipeline.process(given) == []
    made = pipeline.process([raw(closing(entries), 3)])
    days = [one.date for one in map(decoded, made) if isinstance(one, PositionTresorerie)]
    assert days == [FIRST + dt.timedelta(days=day) for day in (1, 3, 9)]
    # The calendar stands where the last entry left it: what is published then follows day by day.
    assert len(pipeline.process([raw(sale(10), 4), raw(sale(11), 5)])) > 0


def test_a_timer_ends_the_day_of_all_companies() -> None:
    pipeline = new_pipeline()
    pipeline.process([raw(sale(0), 0), raw(sale(0, societe_id=2), 1)])
    tick = Tick(societe_id=0, minuterie="absence", echeance=dt.datetime(2025, 3, 4, tzinfo=dt.UTC))
    made = [decoded(one) for one in pipeline.process([raw(tick, 2)])]
    assert [one.societe_id for one in made if isinstance(one, PositionTresorerie)] == [1, 2]


def test_what_cannot_be_read_is_told_by_the_scoring_role() -> None:
    pipeline = new_pipeline(known=1)
    bad = [
        RawRecord(0, b"1", b"{", []),
        RawRecord(1, b"1", None, []),
        RawRecord(2, b"2", raw(sale(0), 0).value, []),
        raw(sale(0, societe_id=2), 3),
    ]
    assert pipeline.process(bad) == []
    assert pipeline.process([raw(Tick(societe_id=0, minuterie="absence", echeance=dt.datetime(2025, 5, 1)), 4)]) == []
    assert pipeline.next_offset == 5


@pytest.mark.parametrize("told", [[], [("ce_time", b"noon")], [("ce_time", b"9999-12-31T23:59:59-12:00")]])
def test_without_a_time_an_entry_is_of_noon_of_its_date(told: list[tuple[str, bytes | None]]) -> None:
    given = [RawRecord(at, b"1", msgspec.json.encode(sale(at)), told) for at in range(2)]
    made = new_pipeline().process(given)
    assert [headers(one)["ce_time"] for one in made] == ["2025-03-04T12:00:00+00:00"] * 2


def test_what_no_record_can_say_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    huge = Ligne(compte_num="512000", debit="99999999999.99")
    entries = [msgspec.structs.replace(sale(0), ecriture_id=f"H{k}", lignes=[huge]) for k in range(2)]
    out = new_pipeline().process([raw(one, k) for k, one in enumerate([*entries, sale(1)])])
    assert out == []
    assert "account 512000 on 2025-03-03: 199999999999.98 is more than a record can say" in caplog.text
