"""The whole system, from books to forecasts: whoever dies in the middle of it, it ends the same."""

import uuid
from pathlib import Path

from playwright.sync_api import Browser

from bench.postgres import empty_database
from topics import ALL
from wisebook_ml.storage.tables import Base

from .end_state import MOMENTS, TOPICS, UNCOMPARED, UNCOMPARED_TOPICS, State, differences, end_state
from .house import house
from .narrator import Narrator
from .scenario import live_through


def ends(kafka: str, server: str, browser: Browser, home: Path, *, disturbed: bool) -> State:
    """Live through the scenario, and return what is compared of its end."""
    prefix = f"t{uuid.uuid4().hex[:8]}."
    with (
        empty_database(server) as database,
        house(kafka, prefix, home, database, browser, disturbed=disturbed) as one,
    ):
        live_through(one, Narrator())
        return end_state(one)


def test_it_ends_as_if_nobody_had_died(kafka: str, postgres_server: str, browser: Browser, tmp_path: Path) -> None:
    undisturbed, disturbed = (
        ends(kafka, postgres_server, browser, tmp_path / str(killed), disturbed=killed) for killed in (False, True)
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
