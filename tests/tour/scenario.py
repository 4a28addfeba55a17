"""The scenario: its steps, in their order."""

import uuid
from collections.abc import Callable
from inspect import getdoc
from pathlib import Path

from playwright.sync_api import Browser

from bench.postgres import empty_database

from .books import (
    a_year_of_positions,
    an_accountant_judges,
    detections_and_alerts,
    nine_months_of_books,
    statistics_move,
)
from .end_state import State, end_state
from .house import House, house
from .models import (
    a_model_is_trained,
    a_quiet_fortnight,
    a_replay_compares,
    an_account_runs_dry,
    an_input_drifts,
    the_challenger_wins,
    the_model_is_obsolete,
    the_rest_of_the_year,
)
from .narrator import Narrator

Step = Callable[[House, Narrator], None]

STEPS: tuple[Step, ...] = (
    nine_months_of_books,
    a_year_of_positions,
    a_model_is_trained,
    detections_and_alerts,
    an_accountant_judges,
    statistics_move,
    a_quiet_fortnight,
    an_input_drifts,
    the_model_is_obsolete,
    the_challenger_wins,
    the_rest_of_the_year,
    an_account_runs_dry,
    a_replay_compares,
)
"""The first line of what each says of itself is its title."""


def a_day(kafka: str, server: str, browser: Browser, home: Path, tell: Narrator, *, disturbed: bool) -> State:
    """Live through the scenario in a house of its own, and return what is compared of its end.

    Parameters
    ----------
    kafka, server : str
        Brokers, and a PostgreSQL server whose user may make databases.
    browser : Browser
        Shows the dashboard.
    home : Path
        Logs, artefacts and state of the workers.
    tell : Narrator
        Tells of it.
    disturbed : bool
        Whether scoring workers are killed in the middle of their work.
    """
    prefix = f"t{uuid.uuid4().hex[:8]}."
    with (
        empty_database(server) as database,
        house(kafka, prefix, home, database, browser, disturbed=disturbed) as one,
    ):
        live_through(one, tell)
        return end_state(one)


def live_through(house: House, tell: Narrator) -> None:
    """Do all steps."""
    tell.place(house.address, house.token)
    for step in STEPS:
        tell.chapter((getdoc(step) or step.__name__).splitlines()[0].rstrip("."))
        step(house, tell)
