"""Raw positions in, records out: headers, partitions, tombstones, dead letters, whatever the batches."""

import datetime as dt
from typing import get_args

import msgspec
import pytest

from schemas import (
    Activation,
    Alerte,
    Detection,
    Parametres,
    PositionTresorerie,
    Prediction,
    Reglage,
    ReglageTresorerie,
    TypeModele,
    VersionModele,
)
from topics import ALERTS, DEAD_LETTER, DETECTIONS, PREDICTIONS, TREASURY
from topics.incoming import position_event
from wisebook_ml.messaging.events import Outgoing, RawRecord, Reason, record_event
from wisebook_ml.pipeline.treasury import SOURCE, TreasuryPipeline
from wisebook_ml.treasury.forecasting.learning import Join, Lesson
from wisebook_ml.treasury.forecasting.training import train
from wisebook_ml.treasury.state import TreasuryRecord, TreasuryState

NOW = dt.datetime(2026, 11, 19, 8, 30, tzinfo=dt.UTC)
TOPIC, PARTITION = "wisebook.treasury", 4
FIRST = dt.date(2025, 1, 6)


def quick(lesson: Lesson) -> Join:
    model = train(lesson.series, candidates=("weekly", "running_mean"))
    return lambda: model


def new_pipeline(*, known: int | None = None) -> TreasuryPipeline:
    accepts = (lambda societe_id: societe_id == known) if known else (lambda societe_id: True)
    return TreasuryPipeline(TOPIC, PARTITION, TreasuryState(quick), lambda: NOW, accepts=accepts)


def position(at: int, **fields: object) -> PositionTresorerie:
    """Return a day of a company that takes in 100 and pays 90, each day a little more."""
    moved = sum(10_00 for _ in range(at + 1)) + 50_000_00
    one = PositionTresorerie(
        societe_id=1,
        compte_num="512000",
        date=FIRST + dt.timedelta(days=at),
        solde=f"{moved / 100:.2f}",
        entrees=f"{100 + at % 7:.2f}",
        sorties=f"{90 + at % 7:.2f}",
    )
    return msgspec.structs.replace(one, **fields)


def raw(given: PositionTresorerie, offset: int) -> RawRecord:
    event = position_event(given, "test")
    return RawRecord(offset, event.key, event.value, event.headers)


def untimed(given: PositionTresorerie, offset: int) -> RawRecord:
    """Return the record of a producer that knows no CloudEvents."""
    return RawRecord(offset, str(given.societe_id).encode(), msgspec.json.encode(given), [])


def headers(record: Outgoing) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in record.headers}


RECORDS = [raw(position(at), at) for at in range(66)]


def test_a_forecast_goes_to_the_partition_of_its_company_and_says_where_it_is_from() -> None:
    pipeline = new_pipeline()
    *_, out = pipeline.process(RECORDS)
    prediction = msgspec.json.decode(out.value or b"", type=Prediction)
    assert (out.topic, out.partition, out.key) == (PREDICTIONS, PARTITION, prediction.sujet.encode())
    assert prediction.sujet == "1/TRESORERIE/EUR/SOLDE"
    told = headers(out)
    assert told.pop("ce_id").startswith(f"{prediction.sujet}/{TOPIC}/{PARTITION}/65/")
    assert told == {
        "ce_specversion": "1.0",
        "ce_source": SOURCE,
        "ce_type": Prediction.ce_type,
        "ce_time": NOW.isoformat(),
        "content-type": "application/json",
        "wb_topic": TOPIC,
        "wb_partition": str(PARTITION),
        "wb_offset": "65",
        "wb_time": dict(RECORDS[65].headers)["ce_time"].decode(),
        "wb_correlation": dict(RECORDS[65].headers)["ce_id"].decode(),
    }
    assert pipeline.next_offset == 66


def test_an_anomaly_is_a_detection_under_its_id() -> None:
    odd = position(66, sorties="40000.00", solde="10760.00")
    made = new_pipeline().process([*RECORDS, raw(odd, 66)])
    out = next(one for one in made if one.topic is DETECTIONS)
    detection = msgspec.json.decode(out.value or b"", type=Detection)
    assert out.key == str(detection.detection_id).encode()
    assert headers(out)["ce_type"] == Detection.ce_type


@pytest.mark.parametrize("size", [1, 7])
def test_batches_do_not_show(size: int) -> None:
    given = [*RECORDS, raw(position(66, sorties="40000.00", solde="10760.00"), 66)]
    pipeline = new_pipeline()
    cut = [one for at in range(0, len(given), size) for one in pipeline.process(given[at : at + size])]
    assert cut == new_pipeline().process(given)


@pytest.mark.parametrize(
    ("bad", "reason", "detail"),
    [
        (raw(position(9, date=dt.date(2099, 1, 1)), 9), Reason.REFUSED, "future"),
        (raw(position(9, date=dt.date(1, 1, 1)), 9), Reason.REFUSED, "correct the year"),
        (raw(position(9, date=dt.date(9999, 12, 31)), 9), Reason.REFUSED, "future"),
        (untimed(position(9, date=dt.date(9999, 12, 31)), 9), Reason.REFUSED, "future"),
        (raw(position(3, solde="7.00"), 9), Reason.REFUSED, "send a correction with a higher revision"),
        (raw(position(9, devise="USD"), 9), Reason.REFUSED, "an account has one currency"),
        (raw(position(9, sorties="-5.00"), 9), Reason.REFUSED, "flows are not negative"),
        (RawRecord(9, b"1", b'{"societe_id": 1, "solde": 1e999}', []), Reason.SCHEMA, ""),
        (RawRecord(9, b"1", None, []), Reason.NULL_VALUE, ""),
        (RawRecord(9, b"2", RECORDS[9].value, []), Reason.WRONG_KEY, ""),
        (RawRecord(9, b"1", RECORDS[9].value, [("ce_time", b"noon")]), Reason.SCHEMA, "no RFC 3339 time"),
        (raw(position(9, societe_id=2), 9), Reason.REFUSED, "company 2 is not registered"),
    ],
)
def test_what_makes_no_sense_is_a_dead_letter_and_nothing_else(bad: RawRecord, reason: str, detail: str) -> None:
    pipeline, plain = new_pipeline(known=1), new_pipeline(known=1)
    (letter,) = pipeline.process([*RECORDS[:9], bad])
    assert letter.topic is DEAD_LETTER
    assert (letter.key, letter.value) == (bad.key, bad.value)
    assert headers(letter)["wb_reason"] == reason
    assert detail in headers(letter)["wb_detail"]
    plain.process(RECORDS[:9])
    assert list(pipeline.state.dump()) == list(plain.state.dump())


def test_an_event_without_a_time_is_taken() -> None:
    plain = [RawRecord(one.offset, one.key, one.value, []) for one in RECORDS]
    assert {one.topic for one in new_pipeline().process(plain)} == {PREDICTIONS}


@pytest.mark.parametrize("day", [dt.date(1, 1, 1), dt.date(9999, 12, 31)])
def test_the_ends_of_time_end_nothing(day: dt.date) -> None:
    pipeline = new_pipeline()
    (letter,) = pipeline.process([untimed(position(0, date=day), 0)])
    assert letter.topic is DEAD_LETTER
    far = [RawRecord(1, one.key, one.value, [("ce_time", b"9999-12-31T23:59:59-12:00")]) for one in RECORDS[:1]]
    assert [one.topic for one in pipeline.process(far)] == [DEAD_LETTER], "a time that has no day in UTC"


def test_a_mistyped_year_costs_no_forecast() -> None:
    old = raw(position(0, date=dt.date(1970, 1, 2), solde="1.00", entrees="0.00", sorties="0.00"), 66)
    made = new_pipeline().process([*RECORDS, old, raw(position(66), 67)])
    assert [one.topic for one in made[-8:]] == [PREDICTIONS] * 8


def test_the_topic_is_that_of_positions() -> None:
    assert TREASURY.records == get_args(TreasuryRecord)


def test_a_version_that_cannot_be_used_is_a_dead_letter_and_an_alert() -> None:
    version = VersionModele(
        modele_id=5,
        version=2,
        societe_id=1,
        type_modele=TypeModele.PROPHET,
        artefact="1/5/2/model.pkl",
        sha256="0" * 64,
    )
    marker = Activation(societe_id=1, version=version)
    value, given = msgspec.json.encode(marker), [("ce_type", Activation.ce_type.encode())]
    pipeline = new_pipeline()
    letter, alert = pipeline.process([*RECORDS[:9], RawRecord(9, b"1", value, given)])
    assert (letter.topic, letter.value, headers(letter)["wb_reason"]) == (DEAD_LETTER, value, Reason.REFUSED)
    assert "cannot be read" in headers(letter)["wb_detail"]
    assert (alert.topic, alert.key, headers(alert)["ce_source"]) == (ALERTS, b"1", SOURCE)
    assert msgspec.json.decode(alert.value or b"", type=Alerte).modele == version
    assert pipeline.next_offset == 10


class TestMarkers:
    def marker(self, societe_id: int, **tresorerie: object) -> RawRecord:
        reglage = ReglageTresorerie(**tresorerie)  # type: ignore[arg-type]
        parametres = Parametres(societe_id=societe_id, version=4, tresorerie=reglage)
        event = record_event(
            TREASURY, societe_id, Reglage(societe_id=societe_id, parametres=parametres), "marker", source="test"
        )
        return RawRecord(66, event.key, event.value, event.headers)

    def test_what_follows_from_settings_goes_where_the_rest_does(self) -> None:
        pipeline = new_pipeline()
        pipeline.process(RECORDS)
        (found,) = pipeline.process([self.marker(1, plancher={"EUR": "900000"})])
        assert (found.topic, found.partition) == (DETECTIONS, PARTITION)
        assert msgspec.json.decode(found.value or b"", type=Detection).parametres_version == 4
        assert headers(found)["wb_offset"] == "66"

    def test_those_of_a_company_that_is_not_registered_yet_are_kept(self) -> None:
        one, other = new_pipeline(known=1), new_pipeline(known=2)
        marker = self.marker(1, plancher={"EUR": "900000"})
        assert one.process([marker]) == other.process([marker]) == []
        assert list(one.state.dump()) == list(other.state.dump())

    def test_those_that_make_no_sense_are_dead_letters(self) -> None:
        (letter,) = new_pipeline().process([self.marker(1, pays="XX")])
        assert letter.topic is DEAD_LETTER
        assert "no public holidays are known of XX" in headers(letter)["wb_detail"]
