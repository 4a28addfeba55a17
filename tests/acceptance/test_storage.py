"""The SQL table is the topic, whatever happens to the worker that copies it."""

import datetime as dt

import msgspec

from schemas import (
    Derive,
    Detection,
    DomaineApplication,
    Ecriture,
    Etat,
    ExecutionMinuterie,
    Objet,
    Record,
    Severite,
    Statistique,
    StatutExecution,
    TypeObjet,
    detection_id,
)
from topics import DETECTIONS, DRIFT, ENTRIES, STATISTICS, TIMER_RUNS, Topic
from wisebook_ml.generator import generate_ledger
from wisebook_ml.pipeline.scoring import encode_detection
from wisebook_ml.storage import (
    DetectionStore,
    DriftStore,
    StatisticsStore,
    StoredDetection,
    TimerRunStore,
    open_database,
)

from .deployment import Deployment, Seen, Worker, with_gaps

MOST = 100_000


def stored(deployment: Deployment) -> list[StoredDetection]:
    """Return all rows."""
    return list(DetectionStore(open_database(deployment.settings.sql_url)).top(MOST, etat=None))


def assert_rows_equal_the_topic(deployment: Deployment, seen: list[Seen]) -> None:
    """Check that each row is the last record of its detection, and that there is none else."""
    last = {str(one.detection.detection_id): one for one in seen}
    rows = {str(row.detection.detection_id): row for row in stored(deployment)}
    assert rows.keys() == last.keys()
    for id_, one in last.items():
        assert encode_detection(rows[id_].detection) == one.value
        assert (rows[id_].topic, rows[id_].partition, rows[id_].offset) == (
            deployment.name(ENTRIES),
            one.partition,
            int(one.header("wb_offset")),
        )
        assert rows[id_].ce_time == dt.datetime.fromisoformat(one.header("ce_time"))


def test_rows_equal_the_last_record_of_each_detection_though_the_worker_is_killed(deployment: Deployment) -> None:
    scoring, storage = deployment.start("scoring"), deployment.start("storage")
    ledgers = [
        with_gaps(generate_ledger(entries=400, seed=51, societe_id=societe_id).events) for societe_id in (1, 2, 3)
    ]
    events: list[Ecriture] = [event for ledger in ledgers for event in ledger]
    half = len(events) // 2
    deployment.publish(events[:half])
    # Rows are written and perhaps not committed in the group yet.
    deployment.until(lambda: len(stored(deployment)) > 0, "first rows", scoring, storage)
    storage.kill()
    deployment.publish(events[half:])
    deployment.wait("scoring", ENTRIES, scoring)
    assert deployment.lag("storage", DETECTIONS) > 0

    storage = deployment.start("storage")
    deployment.wait("storage", DETECTIONS, scoring, storage)
    seen = deployment.detections()
    assert len(seen) > len({one.key for one in seen})  # some were revised
    assert_rows_equal_the_topic(deployment, seen)
    assert deployment.dead_letters() == []

    foreign = a_record_that_is_no_detection(deployment, seen[0], scoring, storage)
    assert_rows_equal_the_topic(deployment, seen)
    (letter,) = deployment.dead_letters()
    assert (letter.key, letter.value) == (b"no-detection", foreign)
    assert letter.header("wb_topic") == deployment.name(DETECTIONS)
    assert letter.header("wb_reason") == "SCHEMA"
    assert "missing required field" in letter.header("wb_detail")


def a_record_that_is_no_detection(deployment: Deployment, good: Seen, *workers: Worker) -> bytes:
    """Publish one, wait until it was read, and return its value."""
    value = msgspec.json.encode({"detection_id": str(good.detection.detection_id), "societe_id": 1})
    deployment.send(DETECTIONS, [(b"no-detection", value, [("ce_type", Detection.ce_type.encode())])], good.partition)
    deployment.wait("storage", DETECTIONS, *workers)
    return value


NOON = dt.datetime(2026, 3, 9, 12, tzinfo=dt.UTC)


def one_of_each() -> list[tuple[Topic, Record, bytes]]:
    """Return a record for each topic that is stored, and what of it, in JSON, makes one that cannot be."""
    about = Objet(type=TypeObjet.ECRITURE, id="E-1")
    detection = Detection(
        detection_id=detection_id(7, DomaineApplication.ECRITURES_COMPTABLES, about), societe_id=7,
        domaine=DomaineApplication.ECRITURES_COMPTABLES, objet=about, etat=Etat.OUVERTE, revision=1, montant="1.00",
        score=50.0, severite=Severite.MOYENNE, motifs=[], contributions={}, modeles=[], parametres_version=1,
    )  # fmt: skip
    row = Statistique(societe_id=7, debut=NOON, fin=NOON + dt.timedelta(hours=1), ecritures=3, detections={})
    run = ExecutionMinuterie(
        minuterie="statistics", echeance=NOON, statut=StatutExecution.REUSSIE, acquise=NOON, debut=NOON
    )
    report = Derive(modele_id=7, societe_id=7, version=1, derive=False, variables=[], echeance=NOON)
    return [
        (DETECTIONS, detection, b'"societe_id":8'),
        (STATISTICS, row, b'"debut":"2026-03-09T12:00:00"'),
        (TIMER_RUNS, run, b'"debut":"9999-12-31T23:59:59-12:00"'),
        (DRIFT, report, b'"echeance":null'),
    ]


def test_each_topic_has_its_row_and_what_is_none_its_dead_letter(deployment: Deployment) -> None:
    storage = deployment.start("storage")
    wrong: dict[str, bytes] = {}
    for topic, record, fault in one_of_each():
        headers = [("ce_type", record.ce_type.encode()), ("ce_time", NOON.isoformat().encode())]
        key, value = str(getattr(record, topic.key)).encode(), msgspec.json.encode(record)
        wrong[deployment.name(topic)] = value[:-1] + b"," + fault + b"}"  # the last of two fields of a name counts
        deployment.send(topic, [(key, one, headers) for one in (value, wrong[deployment.name(topic)], b"{")])
    for topic, _, _ in one_of_each():
        deployment.wait("storage", topic, storage)

    engine = open_database(deployment.settings.sql_url)
    (detection,) = stored(deployment)
    rows = [detection.detection, *StatisticsStore(engine).list(), *TimerRunStore(engine).list()]
    assert [*rows, *DriftStore(engine).list()] == [record for _, record, _ in one_of_each()]
    letters = deployment.dead_letters()
    refused = {one.header("wb_topic"): one.value for one in letters if one.header("wb_reason") == "REFUSED"}
    assert refused == wrong
    assert len([one for one in letters if one.header("wb_reason") == "NOT_JSON"]) == len(wrong)
