"""The scenario: its steps, in their order."""

from collections.abc import Callable
from inspect import getdoc

from .books import (
    a_year_of_positions,
    an_accountant_judges,
    detections_and_alerts,
    nine_months_of_books,
    statistics_move,
)
from .house import House
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


def live_through(house: House, tell: Narrator) -> None:
    """Do all steps."""
    for step in STEPS:
        tell.chapter((getdoc(step) or step.__name__).splitlines()[0].rstrip("."))
        step(house, tell)
