"""How many alerts are told in an hour, and what becomes of the others: one digest at its end."""

import datetime as dt

from schemas import ReglageAlertes, Severite
from wisebook_ml.alerting.moments import HOUR, hour_of
from wisebook_ml.alerting.policy import rank
from wisebook_ml.alerting.state import CompanyState

__all__ = ["has_room", "is_urgent", "next_hour", "spend"]

URGENT = Severite.CRITIQUE
"""From which severity on an alert does not wait for room that less serious ones have taken."""

URGENT_ROOM = 10
"""Urgent alerts that are told in an hour at least, however small the budget is; more would be no news but a storm."""


def is_urgent(severite: Severite) -> bool:
    """Tell whether something of a severity is told though the hour's budget is spent."""
    return rank(severite) >= rank(URGENT)


def has_room(state: CompanyState, reglage: ReglageAlertes, severite: Severite, at: dt.datetime) -> bool:
    """Tell whether another alert of a severity is told in this hour. Digests and later revisions take no room.

    The budget is for all; beyond it, as many urgent ones have room of their own.
    """
    told, urgent = (state.dites, state.graves) if state.heure == hour_of(at) else (0, 0)
    if told < reglage.budget_horaire:
        return True
    return is_urgent(severite) and urgent < max(reglage.budget_horaire, URGENT_ROOM)


def spend(state: CompanyState, severite: Severite, at: dt.datetime) -> None:
    """Count an alert that is told."""
    hour = hour_of(at)
    if state.heure != hour:
        state.heure, state.dites, state.graves = hour, 0, 0
    state.dites += 1
    state.graves += is_urgent(severite)


def next_hour(at: dt.datetime) -> dt.datetime:
    """Return when the hour ends.

    Examples
    --------
    >>> next_hour(dt.datetime(2026, 3, 2, 9, 59, 59, tzinfo=dt.UTC)).isoformat()
    '2026-03-02T10:00:00+00:00'
    """
    return hour_of(at) + HOUR
