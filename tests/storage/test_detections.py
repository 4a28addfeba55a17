"""The table equals the topic, however often and in whatever batches its records come."""

import datetime as dt
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from schemas import (
    CodeMotif,
    Detection,
    DomaineApplication,
    Etat,
    ModeleUtilise,
    MotifDetection,
    Objet,
    Severite,
    TypeObjet,
    detection_id,
)
from wisebook_ml.storage import DetectionStore, StoredDetection
from wisebook_ml.storage.engine import writing

NOW = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)


def detection(number: int = 1, societe_id: int = 7, **changes: object) -> Detection:
    objet = Objet(type=TypeObjet.ECRITURE, id=f"E-{number}")
    plain = Detection(
        detection_id=detection_id(societe_id, DomaineApplication.ECRITURES_COMPTABLES, objet),
        societe_id=societe_id,
        domaine=DomaineApplication.ECRITURES_COMPTABLES,
        objet=objet,
        etat=Etat.OUVERTE,
        revision=1,
        ecriture_id=f"E-{number}",
        journal_code="AC",
        ecriture_num=f"AC-{number:05d}",
        ecriture_date=dt.date(2025, 6, 28),
        montant="1234.50",
        score=71.3,
        severite=Severite.ELEVEE,
        motifs=[
            MotifDetection(
                code=CodeMotif.DOUBLON,
                poids=71.3,
                valeur=1.0,
                seuil=0.5,
                lignes=[1, 2],
                libelle_fr="Même pièce, même tiers, même montant",
                libelle_en="Same piece, same third party, same amount",
            )
        ],
        contributions={"piece_ref": 50.1, "montant": 21.2},
        modeles=[ModeleUtilise(modele_id=3, version=2)],
        parametres_version=4,
    )
    return msgspec.structs.replace(plain, **changes)


def stored(
    detection: Detection,
    offset: int = 0,
    partition: int = 0,
    ce_time: dt.datetime = NOW,
    topic: str = "wisebook.detections",
) -> StoredDetection:
    return StoredDetection(detection=detection, ce_time=ce_time, partition=partition, offset=offset, topic=topic)


@pytest.fixture
def store(engine: Engine) -> DetectionStore:
    return DetectionStore(engine, clock=lambda: NOW)


class TestRoundTrip:
    def test_what_is_written_is_read_back(self, store: DetectionStore) -> None:
        record = stored(detection())
        store.write([record])
        assert store.get(record.detection.detection_id) == record

    def test_what_is_not_known_stays_unknown(self, store: DetectionStore) -> None:
        journal = detection(
            objet=Objet(type=TypeObjet.JOURNAL, id="AC"),
            ecriture_id=None,
            journal_code=None,
            ecriture_num=None,
            ecriture_date=None,
            motifs=[],
            contributions={},
            modeles=[],
        )
        store.write([stored(journal)])
        found = store.get(journal.detection_id)
        assert found is not None
        assert found.detection == journal

    @pytest.mark.parametrize("montant", ["9999999999999.99", "-9999999999999.99", "0.10", "-0.07", "0.00"])
    def test_amounts_keep_every_cent(self, store: DetectionStore, montant: str) -> None:
        store.write([stored(detection(montant=montant))])
        assert store.top(1)[0].detection.montant == montant

    def test_the_order_of_contributions_and_every_digit_stay(self, store: DetectionStore) -> None:
        contributions = {"z": 0.1 + 0.2, "a": 1 / 3, "é": 1e-17}
        store.write([stored(detection(contributions=contributions, score=100 / 3))])
        found = store.top(1)[0].detection
        assert list(found.contributions.items()) == list(contributions.items())
        assert found.score == 100 / 3

    def test_a_null_character_that_the_contract_accepts_is_stored(self, store: DetectionStore) -> None:
        store.write([stored(detection(journal_code="A\0C"))])
        assert store.top(1)[0].detection.journal_code == "A\N{REPLACEMENT CHARACTER}C"

    def test_moments_in_any_time_zone(self, store: DetectionStore) -> None:
        paris = dt.timezone(dt.timedelta(hours=2))
        store.write([stored(detection(), ce_time=dt.datetime(2025, 6, 30, 1, 30, 0, 123456, tzinfo=paris))])
        assert store.top(1)[0].ce_time == dt.datetime(2025, 6, 29, 23, 30, 0, 123456, tzinfo=dt.UTC)

    def test_a_moment_without_time_zone_is_refused(self, store: DetectionStore) -> None:
        with pytest.raises(Exception, match="no time zone"):
            store.write([stored(detection(), ce_time=NOW.replace(tzinfo=None))])

    def test_an_empty_batch(self, store: DetectionStore) -> None:
        store.write([])
        assert store.count() == 0


class TestRedelivery:
    def test_a_later_record_replaces(self, store: DetectionStore) -> None:
        store.write([stored(detection(), offset=1)])
        closed = stored(detection(etat=Etat.CLOSE, revision=2), offset=2)
        store.write([closed])
        assert store.get(closed.detection.detection_id) == closed

    def test_an_earlier_record_does_not(self, store: DetectionStore) -> None:
        closed = stored(detection(etat=Etat.CLOSE, revision=2), offset=2)
        store.write([closed])
        store.write([stored(detection(), offset=1)])
        assert store.get(closed.detection.detection_id) == closed

    def test_the_same_record_again_may_repair_it(self, store: DetectionStore) -> None:
        store.write([stored(detection(score=1.0), offset=1)])
        store.write([stored(detection(score=2.0), offset=1)])
        assert store.top(1)[0].detection.score == 2.0

    def test_within_a_batch_the_last_record_of_an_id_wins(self, store: DetectionStore) -> None:
        store.write([stored(detection(score=float(n)), offset=n) for n in (1, 2, 3)])
        assert store.top(1)[0].offset == 3

    def test_a_new_topic_starts_its_offsets_anew(self, store: DetectionStore) -> None:
        store.write([stored(detection(score=1.0), offset=900)])
        store.write([stored(detection(score=2.0), offset=1, topic="new.detections")])
        assert store.top(1)[0].detection.score == 2.0

    def test_two_writers_of_the_same_detections_do_not_deadlock(self, store: DetectionStore) -> None:
        records = [stored(detection(n), offset=n) for n in range(200)]
        with ThreadPoolExecutor(2) as pool:
            for _ in range(5):
                list(pool.map(store.write, [records, records[::-1]]))
        assert store.count() == 200

    @settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(data=st.data())
    def test_after_any_replays_the_last_record_of_each_id_stands(
        self, store: DetectionStore, engine: Engine, data: st.DataObject
    ) -> None:
        with writing(engine) as connection:
            connection.execute(text("DELETE FROM detection_anomalie"))
        numbers = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=12))
        log = [stored(detection(n, score=float(offset)), offset) for offset, n in enumerate(numbers)]
        position = 0
        for _ in range(data.draw(st.integers(0, 6))):  # a worker that is killed goes back to its last commit
            stop = data.draw(st.integers(position, len(log)))
            store.write(log[position:stop])
            position = data.draw(st.integers(0, stop))
        store.write(log[position:])

        expected = {record.detection.detection_id: record for record in log}
        assert {record.detection.detection_id: record for record in store.top(100)} == expected


class TestAnotherCompanysId:
    def test_its_row_stays(self, store: DetectionStore) -> None:
        own, forged = stored(detection(), 1), stored(detection(societe_id=8, score=1.0), 2)
        forged = msgspec.structs.replace(
            forged, detection=msgspec.structs.replace(forged.detection, detection_id=own.detection.detection_id)
        )
        other, later = stored(detection(2), 3), stored(detection(score=9.0), 4)
        assert store.write([own]) == []
        assert store.write([forged, other, later]) == [0]
        assert store.write([forged, forged]) == [0, 1]
        assert ids(store.top(9)) == [2, 1]  # of 71.3 and 9.0 points
        assert store.get(own.detection.detection_id) == later
        assert store.get(own.detection.detection_id, 8) is None
        # A record of another topic replaces whatever position it has; another company's still does not.
        assert store.write([msgspec.structs.replace(forged, topic="elsewhere")]) == [0]

    @pytest.mark.parametrize("cut", [1, 2])
    def test_who_comes_first_has_it_however_records_are_cut(self, store: DetectionStore, cut: int) -> None:
        first, second = stored(detection(), 5), stored(detection(societe_id=8), 6)
        second = msgspec.structs.replace(
            second, detection=msgspec.structs.replace(second.detection, detection_id=first.detection.detection_id)
        )
        refused = [store.write(batch) for batch in ([first, second][:cut], [first, second][cut:])]
        assert sum(map(len, refused)) == 1
        assert store.get(first.detection.detection_id) == first


class TestQuestions:
    @pytest.fixture
    def some(self, store: DetectionStore) -> DetectionStore:
        days = [dt.timedelta(days=n) for n in range(5)]
        store.write(
            [
                stored(detection(1, 7, score=50.0), 1, ce_time=NOW - days[0]),
                stored(detection(2, 7, score=90.0, severite=Severite.CRITIQUE), 2, ce_time=NOW - days[1]),
                stored(detection(3, 8, score=70.0), 3, ce_time=NOW - days[2]),
                stored(detection(4, 8, score=99.0, etat=Etat.CLOSE), 4, ce_time=NOW - days[3]),
                stored(detection(5, 9, score=10.0), 5, ce_time=NOW - days[4]),
            ]
        )
        return store

    def test_top(self, some: DetectionStore) -> None:
        assert ids(some.top(2)) == [2, 3]
        assert ids(some.top(2, 7)) == [2, 1]
        assert ids(some.top(9, [8, 9])) == [3, 5]
        assert ids(some.top(9, [])) == []
        assert ids(some.top(1, etat=None)) == [4]

    def test_recent(self, some: DetectionStore) -> None:
        assert ids(some.recent(7)) == [1, 2, 3, 5]
        assert ids(some.recent(2)) == [1, 2, 3]
        assert ids(some.recent(7, 8, etat=None)) == [3, 4]
        assert ids(some.recent(7, limit=2, offset=1)) == [2, 3]

    def test_count(self, some: DetectionStore) -> None:
        assert some.count() == 4
        assert some.count(etat=None) == 5
        assert some.count(8) == 1
        assert some.count(severite=Severite.CRITIQUE) == 1
        assert some.count(days=2) == 3

    def test_get_of_another_company(self, some: DetectionStore) -> None:
        wanted = detection(1, 7).detection_id
        assert some.get(wanted, 7) is not None
        assert some.get(wanted, [8, 9]) is None
        assert some.get(uuid.uuid4()) is None


def ids(records: Sequence[StoredDetection]) -> list[int]:
    return [int(record.detection.objet.id.removeprefix("E-")) for record in records]
