"""From an artefact to a service that has predicted once; what is not right is refused, with a reason."""

import pickle
from pathlib import Path

import pytest

from schemas import TypeModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.prediction import loading
from wisebook_ml.prediction.catalogue import PREDICTORS
from wisebook_ml.prediction.loading import load_service, sample_rows, warm_up
from wisebook_ml.services import catalogue
from wisebook_ml.services.catalogue import MissingLibrary

from .fitted import service


@pytest.mark.parametrize("type_modele", PREDICTORS)
def test_what_was_saved_predicts_the_same(tmp_path: Path, type_modele: TypeModele) -> None:
    store = ArtefactStore(tmp_path)
    fitted = service(type_modele)
    version = store.save(fitted.dump(), societe_id=1, modele_id=2, version=3, type_modele=type_modele)
    frame = sample_rows()[PREDICTORS[type_modele].rows]
    assert load_service(store, version).predict(frame).equals(fitted.predict(frame))


def test_an_altered_one_is_refused_before_it_is_unpickled(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (str(tmp_path / "was here"),)  # type: ignore[return-value]

    store = ArtefactStore(tmp_path / "store", "a key")
    version = store.save(b"good", societe_id=1, modele_id=2, version=3, type_modele=TypeModele.SVM)
    (tmp_path / "store" / version.artefact).write_bytes(pickle.dumps(Evil()))
    with pytest.raises(ValueError, match="SHA-256 differs"):
        load_service(store, version)
    assert not (tmp_path / "was here").exists()


@pytest.mark.parametrize("data", [b"", b"rubbish", pickle.dumps(({"format": "wisebook-ml/service/1"}, None))])
def test_rubbish_is_refused(tmp_path: Path, data: bytes) -> None:
    store = ArtefactStore(tmp_path)
    version = store.save(data, societe_id=1, modele_id=2, version=3, type_modele=TypeModele.SVM)
    with pytest.raises(ValueError, match=r"not a model artefact|cannot predict"):
        load_service(store, version)


def test_a_model_of_other_columns_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = ArtefactStore(tmp_path)
    data = service(TypeModele.DBSCAN).dump()
    version = store.save(data, societe_id=1, modele_id=2, version=3, type_modele=TypeModele.DBSCAN)
    rows = sample_rows()
    monkeypatch.setattr(loading, "sample_rows", lambda: {**rows, "parties": rows["parties"].drop(columns="client")})
    with pytest.raises(ValueError, match="missing: client"):
        load_service(store, version)


def test_a_library_that_is_not_installed_is_said_clearly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(catalogue.SERVICES, TypeModele.XGBOOST, "no_such_library:XGBoostService")
    store = ArtefactStore(tmp_path)
    version = store.save(b"model", societe_id=1, modele_id=2, version=3, type_modele=TypeModele.XGBOOST)
    with pytest.raises(ValueError, match="is not installed: pip install 'wisebook-ml"):
        load_service(store, version)
    warm_up()
    assert "XGBOOST needs no_such_library, which is not installed" in caplog.text
    with pytest.raises(MissingLibrary):
        catalogue.service_class(TypeModele.XGBOOST)
