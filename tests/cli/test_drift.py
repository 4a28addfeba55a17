"""`wisebook-ml drift` on a database in SQLite, without a broker: what it prints, and what it says of mistakes."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner, Result

from schemas import Derive, DomaineApplication, TypeModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.cli import main
from wisebook_ml.drift.monitor import Monitor
from wisebook_ml.drift.reference import reference_of
from wisebook_ml.drift.report import record_of
from wisebook_ml.drift.sketch import Sketch
from wisebook_ml.drift.variables import Scale, Variable
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import fit_isolation_forest
from wisebook_ml.settings import get_settings
from wisebook_ml.storage import DriftStore, ModelRegistry, open_database

NIGHT = dt.datetime(2026, 3, 10, 2, tzinfo=dt.UTC)
AMOUNT = Variable("montant", "montant de l'écriture", "amount of the entry", Scale.LOG10_CENTS)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WISEBOOK_ML_HOME", str(tmp_path))
    monkeypatch.setenv("WISEBOOK_ML_ARTEFACTS", str(tmp_path / "ml_models"))
    for name in ("DATABASE_URL", "BOOTSTRAP_SERVERS"):
        monkeypatch.delenv(f"WISEBOOK_ML_{name}", raising=False)
    get_settings.cache_clear()
    yield tmp_path
    get_settings.cache_clear()


@pytest.fixture
def registry(home: Path) -> ModelRegistry:
    return ModelRegistry(open_database(get_settings().sql_url))


@pytest.fixture
def model(registry: ModelRegistry) -> int:
    return registry.create(3, "forêt", TypeModele.ISOLATION_FOREST, DomaineApplication.ANOMALIES).id


def drift(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["drift", *arguments])


def said(result: Result) -> str:
    """Return the one line that tells a mistake."""
    assert result.exit_code != 0
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stderr


def stored(modele_id: int, **changes: object) -> Derive:
    """Store a report of a shifted amount."""
    rng = np.random.default_rng(1)
    monitor = Monitor(reference_of([AMOUNT], {"montant": rng.normal(4.0, 0.5, 9_000)}))
    day = Sketch(monitor.reference.layout)
    day.update({"montant": rng.normal(4.3, 0.5, 300)})
    record = record_of(
        monitor.check([day]),
        modele_id=modele_id,
        societe_id=3,
        version=1,
        threshold=0.1,
        jours=[dt.date(2026, 3, 9)],
        echeance=NIGHT,
    )
    record = msgspec.structs.replace(record, **changes)
    DriftStore(open_database(get_settings().sql_url)).write([record])
    return record


class TestReport:
    def test_in_sentences_with_a_picture(self, model: int, tmp_path: Path) -> None:
        record = stored(model)
        picture = tmp_path / "drift.png"
        done = drift("report", "forêt", "--plot", str(picture))
        assert done.exit_code == 0, done.output
        lines = done.stdout.splitlines()
        assert lines[0] == f"Modèle {model}, version 1, société 3 : dérive. 1 élément a changé."
        assert lines[1] == "  Contrôle du 10/03/2026 à 03:00 : 300 écritures, 09/03/2026 - 09/03/2026."
        assert lines[2].startswith("  Montant de l'écriture : le montant courant a doublé")
        assert lines[-1] == f"Graphique : {picture}"
        assert picture.read_bytes().startswith(b"\x89PNG")
        english = drift("report", str(model), "--lang", "en", "--societe", "3", "--version", "1")
        assert "Checked on 2026-03-10 at 03:00 (France): 300 entries" in english.stdout
        assert "Amount of the entry: the usual amount has doubled" in english.stdout
        assert msgspec.json.decode(drift("report", str(model), "--json").stdout, type=Derive) == record

    def test_who_is_not_there(self, model: int) -> None:
        assert "Did you mean 'forêt'?" in said(drift("report", "forê"))
        assert "There is no model '99'" in said(drift("report", "99"))

    def test_why_there_is_none(self, registry: ModelRegistry, model: int) -> None:
        assert "has no champion yet; train it" in said(drift("report", "forêt"))
        store = ArtefactStore.of(get_settings())
        forest = fit_isolation_forest(
            np.random.default_rng(5).normal(size=(300, len(FEATURE_NAMES))), FEATURE_NAMES, seed=1
        )
        reference = reference_of([AMOUNT], {"montant": np.random.default_rng(1).normal(size=9_000)})
        for number, one in ((1, forest), (2, replace(forest, reference=reference.dump()))):
            version = store.save(
                one.dump(), societe_id=3, modele_id=model, version=number, type_modele=TypeModele.ISOLATION_FOREST
            )
            registry.record_version(version)
        registry.promote(model, 1)
        assert f"version 1 of model {model} (forêt) has no reference" in said(drift("report", "forêt"))
        registry.promote(model, 2)
        told = said(drift("report", "forêt"))
        assert f"no report of model {model} (forêt) yet; models are checked by the timer 'drift', next on" in told
        assert "at 03:00 (France)" in told
        assert f"no report of version 2 of model {model}" in said(drift("report", "forêt", "--version", "2"))

    @pytest.mark.parametrize(("plot", "why"), [("a.txt", "ends in none of"), ("no/where/a.png", "there is no folder")])
    def test_where_to_draw(self, model: int, plot: str, why: str) -> None:
        assert why in said(drift("report", "forêt", "--plot", plot))


class TestList:
    def test_the_last_of_each(self, registry: ModelRegistry, model: int) -> None:
        assert "no reports yet; models are checked by the timer 'drift'" in drift("list").stdout
        stored(model, echeance=NIGHT - dt.timedelta(days=1))
        stored(model)
        stored(50, societe_id=4, derive=False, variables=[])
        listed = [json.loads(line) for line in drift("list", "--json").stdout.splitlines()]
        assert [(one["modele_id"], one["derive"], one["echeance"]) for one in listed] == [
            (model, True, "2026-03-10T02:00:00Z"),
            (50, False, "2026-03-10T02:00:00Z"),
        ]
        table = drift("list", "--societe", "3").stdout
        assert "montant" in table
        assert "forêt" in table
        assert "50" not in table


class TestThresholds:
    def test_they_are_set_and_reset(self, registry: ModelRegistry, model: int) -> None:
        assert "psi 0.1" in drift("thresholds", "forêt").stdout.splitlines()
        done = drift("thresholds", "forêt", "--set", "psi=0.25", "--set", "min_rows=50")
        assert {"psi 0.25", "min_rows 50", "ks 0.1"} <= set(done.stdout.splitlines())
        assert registry.get(model).parametres_modele == {"derive": {"psi": 0.25, "min_rows": 50}}
        assert "psi 0.1" in drift("thresholds", "forêt", "--reset").stdout.splitlines()
        assert registry.get(model).parametres_modele == {}

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ("pso=0.2", "unknown threshold of drift 'pso'; did you mean 'psi'?"),
            ("psi=high", "is not NAME=NUMBER"),
            ("psi=inf", "is not NAME=NUMBER"),
            ("psi=-1", "the threshold psi is -1"),
            ("min_rows=3", "with fewer than 30 rows nothing can be told"),
            ("small=2.5", "threshold of drift 'small'"),
        ],
    )
    def test_mistakes(self, registry: ModelRegistry, model: int, change: str, why: str) -> None:
        assert why in said(drift("thresholds", "forêt", "--set", change))
        assert registry.get(model).parametres_modele == {}

    def test_a_model_may_be_created_with_them(self) -> None:
        def create(derive: str) -> Result:
            arguments = ["models", "create", "--societe", "1", "--type", "ISOLATION_FOREST", "--nom", "f"]
            return CliRunner().invoke(main, [*arguments, "--param", f"derive={derive}"])

        assert "unknown threshold of drift 'pis'" in said(create('{"pis": 0.3}'))
        assert "it takes thresholds of drift by name" in said(create("0.3"))
        assert create('{"psi": 0.3}').exit_code == 0
        assert CliRunner().invoke(main, ["models", "show", "f"]).exit_code == 0
