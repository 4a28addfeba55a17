"""Statistics: one row a window, however often it comes."""

import datetime as dt

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from schemas import Pas, Statistique
from wisebook_ml.storage import StatisticsStore

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2025, 6, 30, 12, tzinfo=dt.UTC)


def statistic(societe_id: int = 7, debut: dt.datetime = NOON, **changes: object) -> Statistique:
    plain = Statistique(
        societe_id=societe_id,
        debut=debut,
        fin=debut + HOUR,
        ecritures=120,
        detections={"DOUBLON": 3, "modele/3": 1},
        avis={"CONFIRMEE": 2, "FAUX_POSITIF": 1},
        taux_faux_positifs=1 / 3,
        precision=2 / 3,
        taux_controles={"DOUBLON": 0.25},
        taux_modeles={"3": 0.5},
        severites={"ELEVEE": 4},
        journaux={"VE": 100, "AC": 20},
        lignes=360,
        montant="1234567.89",
        scores=[100, 20],
        latence_mediane_ms=80.5,
        latence_p99_ms=255.0,
        tardives=1,
        en_avance=2,
    )
    return replace(plain, **changes)


@pytest.fixture
def store(engine: Engine) -> StatisticsStore:
    return StatisticsStore(engine)


def test_what_is_written_is_read_back(store: StatisticsStore) -> None:
    without = statistic(8, avis={}, taux_faux_positifs=None)
    store.write([statistic(), without])
    store.write([])
    assert store.list() == [statistic(), without]


def test_one_that_comes_again_replaces(store: StatisticsStore) -> None:
    store.write([statistic()])
    paris = NOON.astimezone(dt.timezone(2 * HOUR))
    store.write([statistic(ecritures=1), statistic(debut=paris, ecritures=121)])
    store.write([statistic(ecritures=121)])
    assert store.list() == [statistic(ecritures=121)]


def test_questions(store: StatisticsStore) -> None:
    store.write([statistic(societe_id, NOON + n * HOUR) for n in range(4) for societe_id in (8, 7)])
    assert [(one.societe_id, one.debut.hour) for one in store.list(limit=3)] == [(7, 15), (8, 15), (7, 14)]
    assert [one.debut.hour for one in store.list(7, since=NOON + HOUR, until=NOON + 3 * HOUR)] == [14, 13]
    assert store.list(9) == []
    assert [one.debut.hour for one in store.list(7, limit=2, offset=1)] == [14, 13]
    assert store.count(7, since=NOON + HOUR) == 3


def test_hours_and_days_are_told_apart(store: StatisticsStore) -> None:
    # The day on which clocks are set back has 25 hours.
    day = statistic(fin=NOON + 25 * HOUR)
    store.write([statistic(), day, statistic(8)])
    assert store.list(7, pas=Pas.HEURE) == [statistic()]
    assert store.list(pas=Pas.JOUR) == [day]
    assert (store.count(pas=Pas.HEURE), store.count()) == (2, 3)


def test_a_window_without_time_zone_is_refused(store: StatisticsStore) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        store.write([statistic(debut=NOON.replace(tzinfo=None))])
