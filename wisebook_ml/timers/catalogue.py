"""All timers, in one table. To add one is to add it here; what it does is a function of `works`."""

from dataclasses import dataclass

from schemas.marker import ABSENCE
from wisebook_ml.timers.schedule import Schedule
from wisebook_ml.timers.works import Work, retrain_backup, retrain_due, tick_entries

__all__ = ["TIMERS", "Timer"]


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer: its name, when it is due, what it does (for people, in French and in English), and what does it."""

    name: str
    schedule: Schedule
    fr: str
    en: str
    work: Work


def _table(*timers: Timer) -> dict[str, Timer]:
    return {timer.name: timer for timer in timers}


TIMERS = _table(
    Timer(
        name="auto-retrain",
        schedule=Schedule("0 2 * * *"),
        fr="Demande l'entraînement de chaque modèle arrivé à échéance ou obsolète.",
        en="Requests training of every model that is due or obsolete.",
        work=retrain_due,
    ),
    Timer(
        name="drift",
        schedule=Schedule("0 3 * * *"),
        fr="Donne le signal des rapports de dérive des modèles.",
        en="Gives the signal for the drift reports of the models.",
        work=tick_entries,
    ),
    Timer(
        name="statistics",
        schedule=Schedule("0 * * * *"),
        fr="Donne le signal des statistiques de l'heure écoulée.",
        en="Gives the signal for the statistics of the past hour.",
        work=tick_entries,
    ),
    Timer(
        name="weekly",
        schedule=Schedule("0 1 * * 0"),
        fr="Demande, par sécurité, l'entraînement de chaque modèle qui n'en a pas eu depuis une semaine.",
        en="Requests, as a backup, training of every model that has had none for a week.",
        work=retrain_backup,
    ),
    # After midnight, when the day before is over; the scorer knows this name.
    Timer(
        name=ABSENCE,
        schedule=Schedule("30 0 * * *"),
        fr="Fait chercher les écritures récurrentes attendues qui ne sont pas arrivées.",
        en="Has expected recurring entries looked for that did not arrive.",
        work=tick_entries,
    ),
)
"""By name. Times are those of French clocks."""
