"""The default models: one an algorithm, and none beside what somebody has made."""

from pathlib import Path

from schemas import DomaineApplication, TypeModele
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.defaults import DEFAULT_NAMES, default_models


def registry(home: Path) -> ModelRegistry:
    return ModelRegistry(open_database(f"sqlite:///{home / 'models.db'}"))


def test_there_is_one_an_algorithm_and_again_the_same(tmp_path: Path) -> None:
    models = registry(tmp_path)
    made = default_models(models, 3)
    assert set(made) == set(TypeModele)
    assert default_models(models, 3) == made
    assert {model.nom for model in models.list(3)} == set(DEFAULT_NAMES.values())
    assert models.list(4) == []


def test_a_model_that_somebody_has_made_stands_for_its_algorithm(tmp_path: Path) -> None:
    models = registry(tmp_path)
    own = models.create(3, "Comptes", TypeModele.RANDOM_FOREST, DomaineApplication.ECRITURES_COMPTABLES, {})
    assert default_models(models, 3)[TypeModele.RANDOM_FOREST] == own.id
    assert len(models.list(3)) == len(TypeModele)


def test_the_default_one_comes_before_others_and_an_archived_one_stands_for_nothing(tmp_path: Path) -> None:
    models = registry(tmp_path)
    first = models.create(3, "Comptes", TypeModele.RANDOM_FOREST, DomaineApplication.ECRITURES_COMPTABLES, {})
    models.archive(first.id)
    default = default_models(models, 3)[TypeModele.RANDOM_FOREST]
    assert default != first.id
    models.create(3, "Encore", TypeModele.RANDOM_FOREST, DomaineApplication.ECRITURES_COMPTABLES, {})
    assert default_models(models, 3)[TypeModele.RANDOM_FOREST] == default
