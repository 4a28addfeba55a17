"""References come from signed artefacts; what cannot be read is no reference, and no failure."""

from pathlib import Path

import pytest

from schemas import TypeModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.drift.reference import Reference
from wisebook_ml.drift_checks.references import AGAIN_SECONDS, References
from wisebook_ml.drift_checks.usual import VersionKey
from wisebook_ml.settings import Settings

from .sketches import artefact

KEY = VersionKey(3, 7, 1)


def test_of_an_artefact(known: Reference, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    settings = Settings(_env_file=None, home=tmp_path, artefacts=str(tmp_path / "ml_models"), signing_key="k" * 32)
    store = ArtefactStore.of(settings)
    for number in (1, 2):
        store.save(artefact(known), societe_id=3, modele_id=7, version=number, type_modele=TypeModele.ISOLATION_FOREST)
    references = References.of(settings)
    found = references(KEY)
    assert found is not None
    assert found.reference.dump() == known.dump()
    path = tmp_path / "ml_models" / "3" / "7"
    (path / "2" / "model.pkl").write_bytes(artefact(known) + b"\0")
    assert references(KEY._replace(version=2)) is None
    assert "the reference of version 2 of model 7 cannot be used" in caplog.text
    assert references(KEY._replace(version=3)) is None
    assert "cannot be read" in caplog.text
    (path / "1" / "model.pkl").unlink()
    assert references(KEY) is found  # read once


def test_what_cannot_be_read_is_looked_at_again_later(known: Reference, caplog: pytest.LogCaptureFixture) -> None:
    now, read = [0.0], list[float]()

    def late(version: VersionKey) -> Reference | None:
        read.append(now[0])
        if now[0] < AGAIN_SECONDS:
            raise ValueError("no artefact yet")
        return None if version.version == 2 else known

    references = References(late, clock=lambda: now[0])
    for _ in range(100):
        assert references(KEY) is None
    assert read == [0.0]
    assert caplog.text.count("no artefact yet") == 1
    now[0] = AGAIN_SECONDS
    found = references(KEY)
    assert found is not None
    without = KEY._replace(version=2)
    assert references(without) is None
    now[0] = 100 * AGAIN_SECONDS
    assert references(KEY) is found
    assert references(without) is None  # a version that has none never gets one
    assert read == [0.0, AGAIN_SECONDS, AGAIN_SECONDS]
