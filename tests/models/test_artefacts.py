"""The artefact store: whole files, versions that never change, and nothing used that was not announced and signed."""

from pathlib import Path

import msgspec
import pytest

from schemas import TypeModele, VersionModele
from wisebook_ml import artefacts
from wisebook_ml.artefacts import DESCRIPTION, ArtefactStore
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.settings import Settings

KEY = "a key of this deployment"


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path / "ml_models", KEY)


def saved(store: ArtefactStore, data: bytes, version: int = 1) -> VersionModele:
    return store.save(data, societe_id=7, modele_id=3, version=version, type_modele=TypeModele.ISOLATION_FOREST)


def but(version: VersionModele, **fields: object) -> VersionModele:
    """Return the version with some fields changed."""
    return msgspec.structs.replace(version, **fields)


def test_what_was_saved_is_read(store: ArtefactStore) -> None:
    version = saved(store, b"a model")
    assert store.read(version) == b"a model"
    assert version.artefact == "7/3/1/model.msgpack"


def test_the_version_lies_beside_its_artefact(store: ArtefactStore, tmp_path: Path) -> None:
    version = saved(store, b"a model")
    described = (tmp_path / "ml_models/7/3/1" / DESCRIPTION).read_bytes()
    assert msgspec.json.decode(described, type=VersionModele) == version


def test_saving_the_same_again_is_the_same(store: ArtefactStore) -> None:
    assert saved(store, b"a model") == saved(store, b"a model")


def test_a_version_never_changes(store: ArtefactStore) -> None:
    version = saved(store, b"a model")
    with pytest.raises(FileExistsError, match="versions are immutable"):
        saved(store, b"another")
    assert store.read(version) == b"a model"
    assert store.read(saved(store, b"another", version=2)) == b"another"


def test_an_interrupted_save_leaves_nothing(
    store: ArtefactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(artefacts.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        saved(store, b"a model")
    assert [path for path in (tmp_path / "ml_models").rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert store.read(saved(store, b"a model")) == b"a model"


class TestRefused:
    def test_altered(self, store: ArtefactStore, tmp_path: Path) -> None:
        version = saved(store, b"a model")
        (tmp_path / "ml_models" / version.artefact).write_bytes(b"a m0del")
        with pytest.raises(ValueError, match="not the one that was announced"):
            store.read(version)

    def test_missing(self, store: ArtefactStore) -> None:
        version = but(saved(store, b"a model"), artefact="7/3/9/model.msgpack")
        with pytest.raises(ValueError, match="cannot be read: No such file"):
            store.read(version)

    def test_a_folder(self, store: ArtefactStore) -> None:
        with pytest.raises(ValueError, match="cannot be read"):
            store.read(but(saved(store, b"a model"), artefact="7/3/1"))

    @pytest.mark.parametrize("path", ["../secret", "7/3/1/../../../../secret", "/etc/passwd", "7/../../ml_models2/x"])
    def test_outside_the_store(self, store: ArtefactStore, tmp_path: Path, path: str) -> None:
        (tmp_path / "secret").write_bytes(b"a model")
        with pytest.raises(ValueError, match="lies outside the store"):
            store.read(but(saved(store, b"a model"), artefact=path))

    def test_a_link_that_leads_outside(self, store: ArtefactStore, tmp_path: Path) -> None:
        version = saved(store, b"a model")
        (tmp_path / "secret").write_bytes(b"a model")
        (tmp_path / "ml_models/7/link").symlink_to(tmp_path / "secret")
        with pytest.raises(ValueError, match="lies outside the store"):
            store.read(but(version, artefact="7/link"))

    @pytest.mark.parametrize("signature", ["", "0" * 64])
    def test_not_signed_with_the_key(self, store: ArtefactStore, signature: str) -> None:
        with pytest.raises(ValueError, match=r"not signed .*WISEBOOK_ML_SIGNING_KEY"):
            store.read(but(saved(store, b"a model"), signature=signature))

    def test_signed_with_another_key(self, store: ArtefactStore, tmp_path: Path) -> None:
        foreign = ArtefactStore(tmp_path / "ml_models", "another key")
        with pytest.raises(ValueError, match="not signed"):
            foreign.read(saved(store, b"a model"))

    def test_the_signature_of_another_artefact(self, store: ArtefactStore, tmp_path: Path) -> None:
        """Whoever can write the store and the announcement still lacks the key."""
        one, other = saved(store, b"a model"), saved(store, b"another", version=2)
        with pytest.raises(ValueError, match="not signed"):
            store.read(but(one, artefact=other.artefact, sha256=other.sha256))


def test_without_a_key_the_digest_is_still_checked(tmp_path: Path) -> None:
    store = ArtefactStore(tmp_path)
    version = saved(store, b"a model")
    assert version.signature == ""
    assert store.read(version) == b"a model"
    with pytest.raises(ValueError, match="not the one"):
        store.read(but(version, sha256="0" * 64))


class TestForests:
    def test_a_forest_is_loaded(self, store: ArtefactStore, forest: IsolationForest) -> None:
        assert store.load_forest(saved(store, forest.dump())).dump() == forest.dump()

    def test_a_tampered_forest_is_refused_before_it_is_read(self, store: ArtefactStore, tmp_path: Path) -> None:
        version = saved(store, b"a model")
        with pytest.raises(ValueError, match="not the one that was announced"):
            store.load_forest(but(version, sha256="0" * 64))

    def test_another_kind_of_model_is_refused_by_name(self, store: ArtefactStore, forest: IsolationForest) -> None:
        version = but(saved(store, forest.dump()), type_modele=TypeModele.LSTM)
        with pytest.raises(ValueError, match="LSTM"):
            store.load_forest(version)

    def test_garbage_with_the_right_digest_is_refused(self, store: ArtefactStore) -> None:
        with pytest.raises(ValueError, match="not a model artefact"):
            store.load_forest(saved(store, b"a model"))


def test_the_settings_name_the_store(tmp_path: Path) -> None:
    settings = Settings(artefacts=tmp_path / "models", signing_key=KEY, _env_file=None)
    version = saved(ArtefactStore.of(settings), b"a model")
    assert (tmp_path / "models" / version.artefact).read_bytes() == b"a model"
    assert version.signature
