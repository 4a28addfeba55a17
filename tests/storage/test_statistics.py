"""Statistics: one row a window, however often it comes."""

import datetime as dt

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine

from schemas import Statistique
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


def test_a_window_without_time_zone_is_refused(store: StatisticsStore) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        store.write([statistic(debut=NOON.replace(tzinfo=None))])
