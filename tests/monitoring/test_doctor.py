"""What the doctor says, and that it says it once."""

import datetime as dt
import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from pydantic import SecretStr

from schemas import DomaineApplication, PartitionServie, Travailleur, TypeModele, VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.cli import main
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.monitoring import doctor
from wisebook_ml.monitoring.doctor import Finding, Place, State, examine
from wisebook_ml.services import catalogue
from wisebook_ml.services.base import FORMAT
from wisebook_ml.services.catalogue import DOMAINES, service_class
from wisebook_ml.settings import Settings, get_settings
from wisebook_ml.storage import ModelRegistry, open_database

NOW = dt.datetime(2026, 3, 2, 12, tzinfo=dt.UTC)


def report(role: str, **changes: object) -> Travailleur:
    fields: dict[str, object] = {
        "travailleur_id": f"{role}-a-1",
        "role": role,
        "hote": "a",
        "pid": 1,
        "version": "1",
        "demarre_le": NOW,
        "vu_le": NOW,
        "pret": True,
        **changes,
    }
    return Travailleur(**fields)  # type: ignore[arg-type]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A deployment without anything: what it knows, tests put there."""
    return Place(Settings(_env_file=None, home=tmp_path, artefacts=str(tmp_path / "ml_models")), NOW)


def wrong(findings: Iterator[Finding]) -> list[Finding]:
    return [one for one in findings if one.state is State.WRONG]


def test_where_there_is_nothing_each_thing_is_said_once(place: Place) -> None:
    found = list(examine(place))
    texts = [one.detail for one in found]
    assert len(set(texts)) == len(texts)
    said = {one.check: one.detail for one in wrong(iter(found))}
    assert "wisebook-ml kafka start" in said["brokers"]
    assert "no database" in said["database"]
    assert not (place.settings.home / "wisebook_ml.db").exists(), "it changes nothing"


def test_the_command_ends_with_1_and_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    env = {"WISEBOOK_ML_HOME": str(tmp_path), "WISEBOOK_ML_BOOTSTRAP_SERVERS": ""}
    done = CliRunner(env=env).invoke(main, ["doctor"])
    get_settings.cache_clear()
    assert done.exit_code == 1
    assert "wisebook-ml kafka start" in done.stdout


def test_a_missing_module_is_wrong_only_where_a_model_needs_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    find = doctor.importlib.util.find_spec
    monkeypatch.setattr(doctor.importlib.util, "find_spec", lambda name: None if name == "prophet" else find(name))
    (found,) = doctor.modules(place)
    assert (found.state, "prophet" in found.detail) == (State.NOTE, True)
    engine = open_database(place.settings.sql_url)
    ModelRegistry(engine).create(1, "forecast", TypeModele.PROPHET, DomaineApplication.FLUX_TRESORERIE)
    place = Place(place.settings, NOW)  # the first look found no database
    (found,) = doctor.modules(place)
    assert found.state is State.WRONG
    assert "wisebook-ml[train]" in found.todo


def test_workers_that_lack_are_not_ready_or_stand_still_are_told(place: Place) -> None:
    stands = PartitionServie(topic="t.entries", partition=4, retard=12, immobile_s=90.0)
    place.__dict__["reports"] = [
        report("scoring", partitions=[stands]),
        report("storage", pret=False, motifs=["The database does not answer."]),
        report("timers", vu_le=NOW - dt.timedelta(minutes=5)),
        report("drift"),
    ]
    found = list(doctor.workers(place))
    told = {one.detail.split()[0] for one in found if one.state is State.OK}
    assert told == {"drift"}
    text = "\n".join(f"{one.detail} {one.todo}" for one in wrong(iter(found)))
    assert "t.entries partition 4 for 90 s, and 12 offsets wait" in text
    assert "The database does not answer." in text
    assert "No worker of the role timers runs; the last one, on a, was heard of at 11:55:00" in text
    notes = [one.todo for one in found if one.state is State.NOTE]
    assert "wisebook-ml worker alerting" in notes  # nobody ever ran it here, so perhaps nobody wants it


def test_clocks_that_are_ahead_are_told(place: Place) -> None:
    place.__dict__["reports"] = [report("scoring", vu_le=NOW + dt.timedelta(minutes=10))]
    (found,) = doctor.clock(place)
    assert (found.state, "600 s ahead" in found.detail) == (State.WRONG, True)


def isolation_forest() -> bytes:
    """Return a small artefact that loads."""
    frame = pd.DataFrame(np.random.default_rng(1).normal(size=(300, len(FEATURE_NAMES))), columns=list(FEATURE_NAMES))
    return service_class(TypeModele.ISOLATION_FOREST)({"n_estimators": 4}).fit(frame).dump()


def svm(library: str) -> bytes:
    """Return an artefact of another release of scikit-learn."""
    head = {"format": FORMAT, "type_modele": "SVM", "parametres": {}, "seed": 1, "columns": ""}
    return pickle.dumps(({**head, "libraries": {"scikit-learn": library}}, None))


def in_charge(place: Place, kind: TypeModele, name: str, data: bytes) -> VersionModele:
    registry = ModelRegistry(open_database(place.settings.sql_url))
    model = registry.create(1, name, kind, DOMAINES[kind]).id
    store = ArtefactStore(place.settings.artefacts, "key")
    saved = store.save(data, societe_id=1, modele_id=model, version=1, type_modele=kind)
    registry.record_version(saved, {})
    registry.promote(model, 1, par="test")
    return saved


def test_models_that_do_not_load_are_told_with_what_to_do(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.settings = place.settings.model_copy(update={"signing_key": SecretStr("key")})
    in_charge(place, TypeModele.ISOLATION_FOREST, "sound", isolation_forest())
    in_charge(place, TypeModele.ISOLATION_FOREST, "torn", isolation_forest()[:1000])
    in_charge(place, TypeModele.SVM, "older", svm("0.1.0"))
    in_charge(place, TypeModele.PROPHET, "forecast", b"never read")
    find = catalogue.find_spec
    monkeypatch.setattr(catalogue, "find_spec", lambda name: None if name == "prophet" else find(name))
    found = list(doctor.models(place))
    told = {one.detail.split("(")[1].partition(",")[0]: one for one in wrong(iter(found))}
    assert set(told) == {"torn", "older", "forecast"}
    assert "needs prophet, which is not installed" in told["forecast"].detail
    assert "wisebook-ml[train]" in told["forecast"].todo
    assert "trained with scikit-learn 0.1.0, and this is" in told["older"].detail
    assert "install the versions that it was trained with" in told["older"].todo
    assert "from a backup" in told["torn"].todo
    assert found[-1].detail == "1 model versions in charge load, and are as signed."


def test_models_that_are_missing_altered_or_signed_with_another_key_are_told(place: Place) -> None:
    kind, data = TypeModele.ISOLATION_FOREST, isolation_forest()
    saved = {name: in_charge(place, kind, name, data) for name in ("sound", "missing", "altered")}
    root = Path(place.settings.artefacts)
    (root / saved["missing"].artefact).unlink()
    (root / saved["altered"].artefact).write_bytes(b"other")
    place.settings = place.settings.model_copy(update={"signing_key": SecretStr("key")})
    told = {one.detail.split("(")[1].partition(",")[0]: one for one in wrong(doctor.models(place))}
    assert set(told) == {"missing", "altered"}
    assert "WISEBOOK_ML_ARTEFACTS" in told["missing"].todo

    place.settings = place.settings.model_copy(update={"signing_key": SecretStr("another")})
    assert len(wrong(doctor.models(place))) == 3
