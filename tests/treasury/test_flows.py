"""Companies' flows that are kept from one question to the next: what they are, and how much is kept."""

import datetime as dt

import pandas as pd
import pytest

from schemas import PositionTresorerie
from topics import TREASURY
from wisebook_ml.datasets.flows import flow_frame
from wisebook_ml.messaging.admin import apply_topics
from wisebook_ml.messaging.producer import EventProducer
from wisebook_ml.messaging.publishing import publish_positions
from wisebook_ml.messaging.reader import ReadError
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import collect
from wisebook_ml.treasury_desk.flows import KeptFlows

FIRST = dt.date(2025, 1, 6)


@pytest.fixture
def settings(kafka: str, topic_prefix: str) -> Settings:
    apply_topics(kafka, topic_prefix, declared=[TREASURY])
    return Settings(_env_file=None, bootstrap_servers=kafka, topic_prefix=topic_prefix)


def publish(settings: Settings, societe_id: int, days: range, *, revision: int = 1, sorties: str = "50.00") -> None:
    positions = [
        PositionTresorerie(
            societe_id=societe_id,
            compte_num="512100",
            date=FIRST + dt.timedelta(days=day),
            solde="1000.00",
            entrees="100.00",
            sorties=sorties,
            revision=revision,
        )
        for day in days
    ]
    with EventProducer(settings.bootstrap_servers, settings.topic_prefix) as producer:
        publish_positions(positions, producer, "test")


def read_anew(settings: Settings, societe_id: int) -> pd.DataFrame:
    found = collect(settings.bootstrap_servers, settings.topic_prefix, societe_id, (TREASURY,))
    return flow_frame(found.companies[societe_id])


def test_they_are_what_a_whole_reading_says(settings: Settings) -> None:
    flows = KeptFlows(settings)
    assert flows.of(1).empty
    publish(settings, 1, range(20))
    pd.testing.assert_frame_equal(flows.of(1), read_anew(settings, 1))
    assert flows.of(1) is flows.of(1)
    publish(settings, 1, range(5, 8), revision=2, sorties="70.00")
    publish(settings, 1, range(6, 7), sorties="90.00")  # older than what is known
    publish(settings, 2, range(3))
    publish(settings, 1, range(20, 25))
    pd.testing.assert_frame_equal(flows.of(1), read_anew(settings, 1))
    assert flows.of(1)["sorties"].tolist()[5:8] == [70.0, 70.0, 70.0]
    pd.testing.assert_frame_equal(flows.of(2), read_anew(settings, 2))


def test_no_more_is_kept_than_there_is_room_for(settings: Settings) -> None:
    for societe_id in (1, 2, 3):
        publish(settings, societe_id, range(10))
    flows = KeptFlows(settings, most=20)
    first, second = flows.of(1), flows.of(2)
    assert flows.of(1) is first
    flows.of(3)
    assert flows.of(1) is first
    assert flows.of(2) is not second
    pd.testing.assert_frame_equal(flows.of(2), second)


def test_a_topic_that_is_not_there_is_told(settings: Settings) -> None:
    with pytest.raises(ReadError, match="create it"):
        KeptFlows(settings.model_copy(update={"topic_prefix": "nowhere."})).of(1)
