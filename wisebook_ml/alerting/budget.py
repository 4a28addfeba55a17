"""How many alerts are told in an hour, and what becomes of the others: one digest at its end."""

import datetime as dt

from schemas import ReglageAlertes
from wisebook_ml.alerting.moments import HOUR, hour_of
from wisebook_ml.alerting.state import CompanyState

__all__ = ["has_room", "next_hour", "spend"]


def has_room(state: CompanyState, reglage: ReglageAlertes, at: dt.datetime) -> bool:
    """Tell whether the hour's budget has room for another alert. Digests and later revisions take none."""
    told = state.dites if state.heure == hour_of(at) else 0
    return told < reglage.budget_horaire


def spend(state: CompanyState, at: dt.datetime) -> None:
    """Count an alert that is told."""
    hour = hour_of(at)
    if state.heure != hour:
        state.heure, state.dites = hour, 0
    state.dites += 1


def next_hour(at: dt.datetime) -> dt.datetime:
    """Return when the hour ends.

    Examples
    --------
    >>> next_hour(dt.datetime(2026, 3, 2, 9, 59, 59, tzinfo=dt.UTC)).isoformat()
    '2026-03-02T10:00:00+00:00'
    """
    return hour_of(at) + HOUR
