"""The artefact store: whole files, versions that never change, and nothing used that was not announced and signed."""

import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from schemas import TypeModele, VersionModele
from wisebook_ml import artefacts
from wisebook_ml.artefacts import DESCRIPTION, ArtefactStore, read_artefact
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.settings import Settings, SettingsError, get_settings

KEY = "a key of this deployment"


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return ArtefactStore(tmp_path / "ml_models", KEY)


def saved(store: ArtefactStore, data: bytes, version: int = 1) -> VersionModele:
    return store.save(data, societe_id=7, modele_id=3, version=version, type_modele=TypeModele.ISOLATION_FOREST)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def but(version: VersionModele, **fields: object) -> VersionModele:
    """Return the version with some fields changed."""
    return msgspec.structs.replace(version, **fields)


def test_what_was_saved_is_read(store: ArtefactStore) -> None:
    version = saved(store, b"a model")
    assert store.read(version) == b"a model"
    assert version.artefact == "7/3/1/model.pkl"


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
    with pytest.raises(OSError, match=r"no room for a model .* free some, or name another store"):
        saved(store, b"a model")
    assert [path for path in (tmp_path / "ml_models").rglob("*") if path.is_file()] == []
    monkeypatch.undo()
    assert store.read(saved(store, b"a model")) == b"a model"


def test_a_description_that_cannot_be_written_leaves_no_artefact_either(
    store: ArtefactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def full_later(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) > 1:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(artefacts.os, "fsync", full_later)
    with pytest.raises(OSError, match="no room"):
        saved(store, b"a model")
    assert len(calls) == 2
    assert files(tmp_path / "ml_models") == set()


def test_what_was_never_finished_is_written_again_and_what_was_killed_is_removed(
    store: ArtefactStore, tmp_path: Path
) -> None:
    folder = tmp_path / "ml_models/7/3"
    (folder / "1").mkdir(parents=True)
    (folder / "1/model.pkl").write_bytes(b"half")
    for name, age in ((".writing-old", 3600), (".writing-new", 1)):
        (folder / name).write_bytes(b"half")
        os.utime(folder / name, (time.time() - age,) * 2)
    assert store.read(saved(store, b"a model")) == b"a model"
    assert files(folder) == {".writing-new", "1/model.pkl", "1/version.json"}


@pytest.mark.parametrize("kind", ["path", "text", "url"])
def test_places(tmp_path: Path, kind: str) -> None:
    where = {"path": tmp_path / "a", "text": str(tmp_path / "a"), "url": f"memory://{tmp_path}/a"}[kind]
    store = ArtefactStore(where, KEY)
    version = saved(store, b"a model")
    assert ArtefactStore(where, KEY).read(version) == b"a model"
    store.set_latest(version)
    assert read_artefact(f"{where}/7/3/model_latest.pkl", key=KEY) == b"a model"
    with pytest.raises(ValueError, match="cannot be read"):
        store.read(but(version, artefact="7/3/2/model.pkl"))
    with pytest.raises(ValueError, match="lies outside"):
        store.read(but(version, artefact="7/../../x"))


def test_a_place_that_fsspec_does_not_know() -> None:
    with pytest.raises(SettingsError, match=r"WISEBOOK_ML_ARTEFACTS: .*nowhere"):
        ArtefactStore("nowhere://models")


class TestLatest:
    @pytest.fixture
    def latest(self, store: ArtefactStore, tmp_path: Path) -> Path:
        store.set_latest(saved(store, b"a model"))
        return tmp_path / "ml_models/7/3/model_latest.pkl"

    def test_it_is_the_champion(self, store: ArtefactStore, latest: Path) -> None:
        assert read_artefact(latest, key=KEY) == b"a model"
        store.set_latest(saved(store, b"another", version=2))
        assert read_artefact(str(latest), key=KEY) == b"another"
        assert files(latest.parent) == {
            "1/model.pkl", "1/version.json", "2/model.pkl", "2/version.json", "model_latest.json", "model_latest.pkl",
        }  # fmt: skip

    def test_nothing_altered_becomes_the_latest(self, store: ArtefactStore, latest: Path) -> None:
        version = saved(store, b"another", version=2)
        (latest.parent / "2/model.pkl").write_bytes(b"an0ther")
        with pytest.raises(ValueError, match="SHA-256"):
            store.set_latest(version)
        assert read_artefact(latest, key=KEY) == b"a model"

    def test_a_full_disk_keeps_the_one_before(
        self, store: ArtefactStore, latest: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = saved(store, b"another", version=2)

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(artefacts.os, "fsync", full)
        with pytest.raises(OSError, match="no room"):
            store.set_latest(version)
        assert read_artefact(latest, key=KEY) == b"a model"

    def test_versions_are_read_by_path_too(self, store: ArtefactStore, latest: Path) -> None:
        assert read_artefact(latest.parent / "1/model.pkl", key=KEY) == b"a model"

    def test_the_key_is_the_settings(self, latest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("WISEBOOK_ML_SIGNING_KEY", "another")
        get_settings.cache_clear()
        try:
            with pytest.raises(ValueError, match="not signed"):
                read_artefact(latest)
            monkeypatch.setenv("WISEBOOK_ML_SIGNING_KEY", KEY)
            get_settings.cache_clear()
            assert read_artefact(latest) == b"a model"
        finally:
            get_settings.cache_clear()

    def test_altered(self, latest: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(artefacts, "PAUSE_S", 0.0)
        latest.write_bytes(b"a m0del")
        with pytest.raises(ValueError, match="SHA-256"):
            read_artefact(latest, key="")

    def test_forged_with_its_description(self, latest: Path) -> None:
        ArtefactStore(latest.parents[2], "a key of theirs").set_latest(
            ArtefactStore(latest.parents[2], "a key of theirs").save(
                b"theirs", societe_id=7, modele_id=3, version=9, type_modele=TypeModele.ISOLATION_FOREST
            )
        )
        with pytest.raises(ValueError, match="not signed"):
            read_artefact(latest, key=KEY)
        assert read_artefact(latest, key="") == b"theirs"  # as documented: without a key, only damage is told

    def test_unsigned(self, latest: Path) -> None:
        described = latest.with_suffix(".json")
        version = but(msgspec.json.decode(described.read_bytes(), type=VersionModele), signature="")
        described.write_bytes(msgspec.json.encode(version))
        with pytest.raises(ValueError, match="not signed"):
            read_artefact(latest, key=KEY)

    def test_moved_to_another_model(self, latest: Path) -> None:
        other = latest.parents[1] / "4"
        shutil.copytree(latest.parent, other)
        for name in ("model_latest.pkl", "1/model.pkl"):
            with pytest.raises(ValueError, match=r"version 1 of model 3 of company 7.* moved"):
                read_artefact(other / name, key=KEY)

    def test_moved_to_another_version(self, latest: Path) -> None:
        shutil.copytree(latest.parent / "1", latest.parent / "2")
        with pytest.raises(ValueError, match="moved"):
            read_artefact(latest.parent / "2/model.pkl", key=KEY)

    @pytest.mark.parametrize(("gone", "what"), [("model_latest.pkl", "artefact"), ("model_latest.json", "description")])
    def test_missing(self, latest: Path, gone: str, what: str) -> None:
        (latest.parent / gone).unlink()
        with pytest.raises(ValueError, match=f"{what} .*{gone}.* cannot be read: No such file"):
            read_artefact(latest, key=KEY)

    def test_a_damaged_description(self, latest: Path) -> None:
        latest.with_suffix(".json").write_text("{")
        with pytest.raises(ValueError, match=r"description .* is damaged"):
            read_artefact(latest, key=KEY)

    def test_readers_meet_no_moment_between_two_champions(self, store: ArtefactStore, latest: Path) -> None:
        versions = [saved(store, bytes([n]) * 1000, version=n) for n in (2, 3, 4)]
        done = threading.Event()

        def replace(turn: int) -> None:
            for n in range(40):
                store.set_latest(versions[(n + turn) % 3])

        def read() -> int:
            reads = 0
            while not done.is_set():
                assert len(set(read_artefact(latest, key=KEY))) in {1, 7}
                reads += 1
            return reads

        with ThreadPoolExecutor(4) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            writers = [pool.submit(replace, turn) for turn in range(2)]
            try:
                for writer in writers:
                    writer.result()
            finally:
                done.set()
            assert all(reader.result() > 0 for reader in readers)
        assert len(read_artefact(latest, key=KEY)) == 1000


class TestRefused:
    @pytest.mark.parametrize(
        "change", [{"societe_id": 8}, {"modele_id": 4}, {"version": 2}, {"type_modele": TypeModele.SVM}]
    )
    def test_passed_off_as_another(self, store: ArtefactStore, change: dict[str, object]) -> None:
        with pytest.raises(ValueError, match="not signed"):
            store.read(msgspec.structs.replace(saved(store, b"a model"), **change))

    def test_altered(self, store: ArtefactStore, tmp_path: Path) -> None:
        version = saved(store, b"a model")
        (tmp_path / "ml_models" / version.artefact).write_bytes(b"a m0del")
        with pytest.raises(ValueError, match="not the one that was announced"):
            store.read(version)

    def test_missing(self, store: ArtefactStore) -> None:
        version = but(saved(store, b"a model"), artefact="7/3/9/model.pkl")
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
