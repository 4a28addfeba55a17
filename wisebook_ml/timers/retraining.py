"""Which models are to be trained again, and why; pure."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas import Motif, Statut
from wisebook_ml.storage import Entrainement
from wisebook_ml.timers.schedule import PARIS

__all__ = ["Wanted", "as_backup", "by_frequency"]

BACKUP_DAYS = 7
"""What was not trained for so long, the weekly backup trains."""

TRAINED = frozenset({Statut.PRET, Statut.OBSOLETE})
"""Models that can be trained *again*: a draft waits for its first data, and why one failed, a person has to see."""


class Wanted(NamedTuple):
    """A model that is to be trained, and why."""

    modele_id: int
    societe_id: int
    motif: Motif


def by_frequency(models: Iterable[Entrainement], echeance: dt.datetime) -> Iterator[Wanted]:
    """Yield the models that are obsolete, or whose `frequence_reentrainement` (days) has run out.

    Days are those of the French calendar: a training that ended at 2:10 is a day old at 2:00. A training that failed
    beside a champion counts, too; it is tried again when the model is due the next time.
    """
    for model in _open_to_training(models):
        if model.statut is Statut.OBSOLETE:
            yield Wanted(model.modele_id, model.societe_id, Motif.PLANIFIE)
        elif _days(max(_known(model.reussi_le, model.essaye_le), default=None), echeance) >= model.frequence:
            yield Wanted(model.modele_id, model.societe_id, Motif.AGE)


def as_backup(models: Iterable[Entrainement], echeance: dt.datetime) -> Iterator[Wanted]:
    """Yield the models of which no version was made within a week, however often it was tried."""
    for model in _open_to_training(models):
        if _days(model.reussi_le, echeance) >= BACKUP_DAYS:
            yield Wanted(model.modele_id, model.societe_id, Motif.PLANIFIE)


def _open_to_training(models: Iterable[Entrainement]) -> Iterator[Entrainement]:
    return (model for model in models if model.statut in TRAINED and not model.en_cours)


def _known(*moments: dt.datetime | None) -> list[dt.datetime]:
    return [moment for moment in moments if moment is not None]


def _days(since: dt.datetime | None, echeance: dt.datetime) -> float:
    """Return how many days of the French calendar have passed; without a beginning, more than any."""
    if since is None:
        return float("inf")
    return (echeance.astimezone(PARIS).date() - since.astimezone(PARIS).date()).days
