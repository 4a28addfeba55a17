"""Which models are to be trained again, and why; pure."""

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemas import Motif, Statut
from wisebook_ml.french_time import PARIS
from wisebook_ml.storage import Entrainement

__all__ = ["Wanted", "as_backup", "by_frequency"]

BACKUP_DAYS = 7
"""What was not trained for so long, the weekly backup trains."""

OBSOLETE_DAYS = 8
"""So long an obsolete model is not asked for after a training of it that put no other version in charge: the same rows
would make the same version. A week has others; and one day more, since the role `drift` asks by itself after seven,
while it still finds drift, and one night is not to ask twice."""

TRAINED = frozenset({Statut.PRET, Statut.OBSOLETE})
"""Models that can be trained *again*: a draft waits for its first data, and why one failed, a person has to see."""


class Wanted(NamedTuple):
    """A model that is to be trained, and why."""

    modele_id: int
    societe_id: int
    motif: Motif


def by_frequency(models: Iterable[Entrainement], echeance: dt.datetime) -> Iterator[Wanted]:
    """Yield the models that are obsolete, or whose `frequence_reentrainement` (days) has run out.

    An obsolete one is asked for at once where no training has ended since its champion was put in charge; where one
    has, which changed nothing, after `OBSOLETE_DAYS` or its own frequency, whatever comes first.

    Days are those of the French calendar: a training that ended at 2:10 is a day old at 2:00. A training that failed
    beside a champion counts, too; it is tried again when the model is due the next time.
    """
    for model in _open_to_training(models):
        if model.statut is Statut.OBSOLETE and not _just_in_vain(model, echeance):
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


def _just_in_vain(model: Entrainement, echeance: dt.datetime) -> bool:
    """Whether a training has ended lately that left the champion of before in charge."""
    tried, promoted = model.essaye_le, model.promu_le
    return tried is not None and promoted is not None and tried > promoted and _days(tried, echeance) < OBSOLETE_DAYS


def _known(*moments: dt.datetime | None) -> list[dt.datetime]:
    return [moment for moment in moments if moment is not None]


def _days(since: dt.datetime | None, echeance: dt.datetime) -> float:
    """Return how many days of the French calendar have passed; without a beginning, more than any."""
    if since is None:
        return float("inf")
    return (echeance.astimezone(PARIS).date() - since.astimezone(PARIS).date()).days
