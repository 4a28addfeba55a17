"""Which models are asked for: by their frequency, by their state, and as a backup."""

import datetime as dt

import pytest
from msgspec.structs import replace

from schemas import Motif, Statut
from wisebook_ml.storage import Entrainement
from wisebook_ml.timers.retraining import Wanted, as_backup, by_frequency

NIGHT = dt.datetime(2026, 3, 15, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)

MODEL = Entrainement(
    modele_id=1,
    societe_id=7,
    statut=Statut.PRET,
    frequence=1,
    essaye_le=NIGHT,
    reussi_le=NIGHT,
    promu_le=NIGHT,
    en_cours=False,
)


def test_days_are_those_of_the_calendar() -> None:
    """A training that took its time does not put off the next one by a day."""
    ended = NIGHT - DAY + dt.timedelta(minutes=40)
    daily = replace(MODEL, essaye_le=ended, reussi_le=ended)
    assert list(by_frequency([daily], NIGHT)) == [Wanted(1, 7, Motif.AGE)]
    assert list(by_frequency([replace(daily, frequence=2)], NIGHT)) == []


def test_a_failed_attempt_counts_until_the_backup() -> None:
    model = replace(MODEL, frequence=5, reussi_le=NIGHT - 30 * DAY, essaye_le=NIGHT - 4 * DAY)
    assert list(by_frequency([model], NIGHT)) == []
    assert list(by_frequency([model], NIGHT + DAY)) == [Wanted(1, 7, Motif.AGE)]
    assert list(as_backup([model], NIGHT)) == [Wanted(1, 7, Motif.PLANIFIE)]


def test_obsolete_models_are_due_at_once() -> None:
    obsolete = replace(MODEL, statut=Statut.OBSOLETE, frequence=30)
    assert list(by_frequency([obsolete], NIGHT)) == [Wanted(1, 7, Motif.PLANIFIE)]


def test_an_obsolete_model_whose_training_changed_nothing_is_left_alone_for_a_week() -> None:
    """The drift role asks again after seven days, while it finds drift: not in the same night."""
    ended = NIGHT + dt.timedelta(hours=1)
    in_vain = replace(MODEL, statut=Statut.OBSOLETE, frequence=30, essaye_le=ended, promu_le=NIGHT - 40 * DAY)
    asked = [night for night in range(1, 20) if list(by_frequency([in_vain], NIGHT + night * DAY))]
    assert asked == list(range(8, 20))
    often = replace(in_vain, frequence=3)
    assert list(by_frequency([often], NIGHT + 3 * DAY)) == [Wanted(1, 7, Motif.AGE)]
    assert list(by_frequency([replace(in_vain, promu_le=ended)], NIGHT + DAY)) == [Wanted(1, 7, Motif.PLANIFIE)]


def test_the_backup_leaves_out_what_was_trained_this_week() -> None:
    models = [replace(MODEL, modele_id=days, reussi_le=NIGHT - days * DAY) for days in range(1, 10)]
    assert [one.modele_id for one in as_backup(models, NIGHT)] == [7, 8, 9]
    assert [one.modele_id for one in as_backup([replace(MODEL, reussi_le=None)], NIGHT)] == [1]


@pytest.mark.parametrize("statut", [Statut.BROUILLON, Statut.ECHEC, Statut.EN_ENTRAINEMENT, Statut.ARCHIVE])
def test_who_is_not_to_be_trained_again_is_left_alone(statut: Statut) -> None:
    model = replace(MODEL, statut=statut, reussi_le=None, essaye_le=None)
    assert [*by_frequency([model], NIGHT), *as_backup([model], NIGHT)] == []


def test_one_that_waits_for_its_training_is_not_asked_for_again() -> None:
    model = replace(MODEL, statut=Statut.OBSOLETE, reussi_le=None, en_cours=True)
    assert [*by_frequency([model], NIGHT), *as_backup([model], NIGHT)] == []
