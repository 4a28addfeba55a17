"""The whole system, from books to forecasts: whoever dies in the middle of it, it ends the same."""

from pathlib import Path

from playwright.sync_api import Browser

from topics import ALL
from wisebook_ml.storage.tables import Base

from .end_state import MOMENTS, TOPICS, UNCOMPARED, UNCOMPARED_TOPICS, differences
from .narrator import Narrator
from .scenario import a_day


def test_it_ends_as_if_nobody_had_died(kafka: str, postgres_server: str, browser: Browser, tmp_path: Path) -> None:
    undisturbed, disturbed = (
        a_day(kafka, postgres_server, browser, tmp_path / str(killed), Narrator(), disturbed=killed)
        for killed in (False, True)
    )
    assert differences(undisturbed, disturbed) == []
    compared = {name for name, told in undisturbed.items() if told}
    assert {"topic detections", "table detection_anomalie", "table avis_detection", "table modele_ml"} <= compared


def test_everything_is_compared_or_left_out_for_a_reason() -> None:
    tables = {table.name: set(table.columns.keys()) for table in Base.metadata.sorted_tables}
    assert tables.keys() >= UNCOMPARED.keys() | MOMENTS.keys()
    assert all(columns <= tables[name] for name, columns in MOMENTS.items())
    assert UNCOMPARED.keys().isdisjoint(MOMENTS)
    assert {topic.name for topic in ALL} == {topic.name for topic in TOPICS} | UNCOMPARED_TOPICS.keys()
