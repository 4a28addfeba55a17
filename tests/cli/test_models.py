"""`wisebook-ml models` on a registry in SQLite: what it prints, and what it says of mistakes."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from schemas import TypeModele
from wisebook_ml.cli import main
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import ModelRegistry, open_database
from wisebook_ml.training.defaults import DEFAULT_NAMES, default_models


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.setenv("WISEBOOK_ML_ARTEFACTS", str(tmp_path / "ml_models"))
    monkeypatch.delenv("WISEBOOK_ML_DATABASE_URL", raising=False)
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


@pytest.fixture
def registry(home: Path) -> ModelRegistry:
    return ModelRegistry(open_database(get_settings().sql_url))


def models(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["models", *arguments])


def create(*more: str, nom: str = "Comptes") -> Result:
    return models("create", "--societe", "1", "--type", "GRADIENT_BOOSTING", "--nom", nom, *more)


class TestCreate:
    def test_what_was_created_is_listed_and_shown(self) -> None:
        assert create("--param", "n_estimators=50", "--no-auto").exit_code == 0
        (listed,) = [json.loads(line) for line in models("list", "--json").stdout.splitlines()]
        assert (listed["nom"], listed["statut"], listed["parametres_modele"]) == (
            "Comptes",
            "BROUILLON",
            {"n_estimators": 50},
        )
        shown = models("show", "Comptes")
        assert shown.exit_code == 0
        assert "trained again by hand" in shown.stdout
        assert '"n_estimators": 50' in shown.stdout

    def test_a_misspelt_parameter_names_the_right_one(self) -> None:
        done = create("--param", "n_estimator=50")
        assert done.exit_code == 1
        assert "did you mean 'n_estimators'?" in done.stderr
        assert models("list", "--json").stdout == ""

    def test_a_value_out_of_bounds_is_refused(self) -> None:
        done = create("--param", "n_estimators=-1")
        assert done.exit_code == 1
        assert "n_estimators" in done.stderr

    def test_a_parameter_without_a_value(self) -> None:
        assert "is not NAME=VALUE" in create("--param", "n_estimators").stderr

    def test_a_name_that_is_taken(self) -> None:
        create()
        done = create()
        assert done.exit_code == 1
        assert "Comptes" in done.stderr


class TestReferences:
    def test_an_unknown_name_names_the_nearest(self) -> None:
        create()
        done = models("show", "Comtes")
        assert done.exit_code == 1
        assert "Comptes" in done.stderr

    def test_without_a_champion_there_is_no_importance(self) -> None:
        create()
        done = models("importance", "Comptes")
        assert done.exit_code == 1
        assert "has no champion yet; train it with `wisebook-ml train 1 --wait`" in done.stderr


def test_default_models_are_listed_by_company(registry: ModelRegistry) -> None:
    default_models(registry, 3)
    listed = [json.loads(line) for line in models("list", "--societe", "3", "--json").stdout.splitlines()]
    assert {row["nom"] for row in listed} == set(DEFAULT_NAMES.values())
    assert {row["type_modele"] for row in listed} == {kind.value for kind in TypeModele}
    assert models("list", "--societe", "4", "--json").stdout == ""


def test_an_empty_registry_says_what_to_do() -> None:
    assert "wisebook-ml models create" in models("list").stdout
    assert models("campaigns").exit_code == 0
