"""Raw records in, records out: headers, partitions, tombstones, refusals."""

import datetime as dt

import msgspec
from msgspec.structs import replace

from schemas import Alerte, Operation, Parametres, Prediction, Record, Reglage, Tick, TypeModele
from topics import ALERTS, DEAD_LETTER, PREDICTIONS
from wisebook_ml.messaging.events import Outgoing, RawRecord, Reason
from wisebook_ml.prediction.pipeline import SOURCE, PredictionPipeline
from wisebook_ml.prediction.state import PredictionState

from .fitted import BROKEN, activation, ledger, load

NOW = dt.datetime(2024, 11, 19, 8, 30, tzinfo=dt.UTC)
TOPIC, PARTITION = "wisebook.entries", 4


def new_pipeline(**options: object) -> PredictionPipeline:
    return PredictionPipeline(TOPIC, PARTITION, PredictionState(load), lambda: NOW, **options)  # type: ignore[arg-type]


def raw(record: Record, offset: int, *, key: bytes = b"1") -> RawRecord:
    return RawRecord(offset, key, msgspec.json.encode(record), [("ce_type", record.ce_type.encode())])


def headers(record: Outgoing) -> dict[str, str]:
    return {name: (value or b"").decode() for name, value in record.headers}


MODEL = activation(TypeModele.GRADIENT_BOOSTING)


def test_a_prediction_goes_to_the_partition_of_its_entry_and_says_where_it_is_from() -> None:
    pipeline = new_pipeline()
    (out,) = pipeline.process([raw(MODEL, 5), raw(ledger()[0], 7)])
    prediction = msgspec.json.decode(out.value or b"", type=Prediction)
    assert (out.topic, out.partition, out.key) == (PREDICTIONS, PARTITION, prediction.sujet.encode())
    assert headers(out) == {
        "ce_specversion": "1.0",
        "ce_id": f"{prediction.sujet}/{TOPIC}/{PARTITION}/7",
        "ce_source": SOURCE,
        "ce_type": Prediction.ce_type,
        "ce_time": NOW.isoformat(),
        "content-type": "application/json",
        "wb_topic": TOPIC,
        "wb_partition": str(PARTITION),
        "wb_offset": "7",
    }
    assert pipeline.next_offset == 8


def test_a_deletion_is_a_tombstone() -> None:
    deleted = replace(ledger()[0], revision=2, operation=Operation.SUPPRESSION)
    first, gone = new_pipeline().process([raw(MODEL, 0), raw(ledger()[0], 1), raw(deleted, 2)])
    assert gone.value is None
    assert (gone.topic, gone.key, gone.partition) == (PREDICTIONS, first.key, PARTITION)
    assert headers(gone)["wb_offset"] == "2"


def test_a_refused_version_is_a_dead_letter_and_an_alert_and_the_one_before_goes_on() -> None:
    bad = raw(activation(TypeModele.GRADIENT_BOOSTING, BROKEN), 2)
    made = new_pipeline().process([raw(MODEL, 0), raw(ledger()[0], 1), bad, raw(ledger()[1], 3)])
    assert [one.topic for one in made] == [PREDICTIONS, DEAD_LETTER, ALERTS, PREDICTIONS]
    letter, alert = made[1], msgspec.json.decode(made[2].value or b"", type=Alerte)
    assert headers(letter)["wb_reason"] == Reason.REFUSED
    assert "version 66 not activated, the one before stays" in headers(letter)["wb_detail"]
    assert letter.value == bad.value
    assert alert.modele is not None
    assert alert.modele.version == BROKEN
    assert headers(made[2])["ce_source"] == SOURCE
    assert {msgspec.json.decode(one.value or b"", type=Prediction).version for one in (made[0], made[3])} == {1}


def test_what_the_scoring_role_makes_dead_letters_of_is_passed_over() -> None:
    counted: list[int] = []
    pipeline = new_pipeline(
        accepts=lambda societe_id: societe_id == 1, counted=lambda societe_id, counts: counted.append(societe_id)
    )
    tick = Tick(societe_id=1, minuterie="absence", echeance=NOW)
    reglage = Reglage(societe_id=1, parametres=Parametres(societe_id=1, version=1))
    records = [
        raw(replace(MODEL, societe_id=0, version=replace(MODEL.version, societe_id=0)), 0, key=b"0"),
        RawRecord(1, b"1", b"no JSON", []),
        RawRecord(2, b"1", None, []),
        raw(ledger()[0], 3, key=b"2"),
        raw(replace(ledger()[0], societe_id=2), 4, key=b"2"),
        raw(tick, 5),
        raw(reglage, 6),
    ]
    assert pipeline.process(records) == []
    assert counted == []
    assert pipeline.next_offset == 7
    assert pipeline.process([]) == []
    assert len(pipeline.process([raw(ledger()[0], 9)])) == 1
    assert counted == [1]


def test_settings_among_the_entries_change_no_prediction() -> None:
    reglage = Reglage(societe_id=1, parametres=Parametres(societe_id=1, version=1, budget_alertes=0.1))
    entries = [raw(entry, offset) for offset, entry in enumerate(ledger()[:6], start=1)]
    plain = new_pipeline().process([raw(MODEL, 0), *entries])
    among = new_pipeline().process([raw(MODEL, 0), *entries[:3], raw(reglage, 3), *entries[3:]])
    assert among == plain
    assert len(plain) == 6
