"""What a promoted version was trained with is read from its artefact, once that is checked."""

from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from schemas import TypeModele, VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.pipeline.promoted import promoted_opener
from wisebook_ml.services.prophet import ProphetService

KEY = "a key"


@pytest.fixture(scope="module")
def artefact() -> bytes:
    pytest.importorskip("prophet")
    days = pd.date_range("2024-01-01", periods=120)
    flow = np.where(days.day_of_week < 5, 100.0 + days.day, 0.0)
    service = ProphetService({"changepoint_prior_scale": 0.2, "horizon": 30}, seed=7)
    return service.fit(pd.DataFrame({"date": days, "flux": flow})).dump()


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path, KEY)


def saved(store: ArtefactStore, data: bytes, type_modele: TypeModele = TypeModele.PROPHET) -> VersionModele:
    return store.save(data, societe_id=1, modele_id=5, version=3, type_modele=type_modele)


def test_it_has_the_parameters_and_the_seed_of_its_training(store: ArtefactStore, artefact: bytes) -> None:
    found = promoted_opener(store)(saved(store, artefact))
    assert (found.type_modele, found.modele_id, found.version, found.seed) == (TypeModele.PROPHET, 5, 3, 7)
    assert found.parametres["changepoint_prior_scale"] == 0.2
    assert "horizon" not in found.parametres, "how far the stream looks ahead is the stream's"


def test_an_altered_one_is_refused_before_it_is_opened(store: ArtefactStore, artefact: bytes, tmp_path: Path) -> None:
    version = saved(store, artefact)
    (tmp_path / version.artefact).write_bytes(artefact + b" ")
    with pytest.raises(ValueError, match="SHA-256 differs"):
        promoted_opener(store)(version)


def test_one_that_is_not_signed_is_refused(store: ArtefactStore, artefact: bytes) -> None:
    version = msgspec.structs.replace(saved(store, artefact), signature="")
    with pytest.raises(ValueError, match="is not signed"):
        promoted_opener(store)(version)


def test_a_missing_one_is_refused(store: ArtefactStore, artefact: bytes, tmp_path: Path) -> None:
    version = saved(store, artefact)
    (tmp_path / version.artefact).unlink()
    with pytest.raises(ValueError, match="cannot be read"):
        promoted_opener(store)(version)


def test_another_algorithm_is_refused(store: ArtefactStore, artefact: bytes) -> None:
    pytest.importorskip("keras")
    with pytest.raises(ValueError, match="is a PROPHET model, not LSTM"):
        promoted_opener(store)(saved(store, artefact, TypeModele.LSTM))
