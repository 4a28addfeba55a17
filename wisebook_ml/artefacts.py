"""The artefact store: immutable versions of models, and a digest that is checked before one is used."""

import datetime as dt
import errno
import hashlib
import hmac
import os
import random
import re
import shutil
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

import fsspec
import msgspec
from fsspec.implementations.local import LocalFileSystem

from schemas import TypeModele, VersionModele
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.settings import Settings, SettingsError, get_settings

__all__ = ["DESCRIPTION", "FILE_NAME", "LATEST", "LATEST_DESCRIPTION", "ArtefactStore", "read_artefact"]

FILE_NAME = "model.pkl"
DESCRIPTION = "version.json"
"""Beside each artefact, the version that describes it, for people and for whoever reads it without a registry."""

LATEST = "model_latest.pkl"
LATEST_DESCRIPTION = "model_latest.json"
"""In the folder of a model: its champion's artefact and the version that describes it."""

WRITING = ".writing-"
"""A name with this prefix (in the folder of a model) is not finished, and never looked at."""

LEFT_BEHIND = dt.timedelta(minutes=15)
"""What was begun so long ago is nobody's any more: its process was killed. To write the largest model takes seconds."""

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)

ATTEMPTS = 10
PAUSE_S = 0.05
"""Somebody who replaces a champion renames two files, one right after the other; half a second is ample."""

SIGNED = "wisebook-ml/artefact/1"
"""What a signature is for; anything else that is ever signed with the same key says something else here."""

MEBIBYTE = 1024 * 1024


class ArtefactStore:
    """A folder ``{societe_id}/{modele_id}/{version}/`` per model version, and the champion beside them.

    Parameters
    ----------
    root : str or Path
        Where the folders are: a path, or a URL that fsspec understands.
    key : str
        Signs artefacts; empty: digests are checked, but anybody who can write artefacts and announcements can forge
        them.

    Raises
    ------
    SettingsError
        Where fsspec does not know the kind of URL.
    """

    def __init__(self, root: str | Path, key: str = "") -> None:
        self._fs, self._root = _place(str(root))
        self._key = key.encode()
        self.place = re.sub(r"//[^/@]*@", "//", str(root))
        """Where artefacts are, as a person is told: without a password."""

    @classmethod
    def of(cls, settings: Settings) -> "ArtefactStore":
        """Return the store that the settings name."""
        return cls(settings.artefacts, settings.signing_key.get_secret_value())

    def save(
        self, data: bytes, *, societe_id: int, modele_id: int, version: int, type_modele: TypeModele
    ) -> VersionModele:
        """Write an artefact, whole or not at all, and return the version that describes it.

        The description is written last: an artefact without one was never finished, and may be written again.

        Raises
        ------
        FileExistsError
            Where the version exists with other content: versions are immutable.
        OSError
            Where it cannot be written; nothing is left behind. Of a full disk, the message says what to do.
        """
        relative = f"{societe_id}/{modele_id}/{version}/{FILE_NAME}"
        model = self._path(f"{societe_id}/{modele_id}")
        path, description = f"{model}/{version}/{FILE_NAME}", f"{model}/{version}/{DESCRIPTION}"
        unsigned = VersionModele(
            modele_id=modele_id,
            version=version,
            societe_id=societe_id,
            type_modele=type_modele,
            artefact=relative,
            sha256=hashlib.sha256(data).hexdigest(),
        )
        described = msgspec.structs.replace(unsigned, signature=_signature(self._key, unsigned))
        try:
            if _read(self._fs, path) != data and self._fs.exists(description):
                raise FileExistsError(f"{path} exists with other content; versions are immutable")
        except ABSENT:
            pass
        self._write(model, [(path, data), (description, msgspec.json.encode(described))], undo=True)
        return described

    def set_latest(self, version: VersionModele) -> None:
        """Make a version the one that ``model_latest.pkl`` holds; call it where the version becomes champion.

        Two files are replaced, one right after the other, and `read_artefact` looks again where it meets the moment
        between. Whoever is killed in that moment, or meets somebody who does the same, is mended by a later call: the
        last call to end has seen the two agree.

        Raises
        ------
        ValueError
            As `read`: nothing becomes the latest that was altered.
        OSError
            Where it cannot be written; what was there before is there still.
        """
        data = self.read(version)
        model = self._path(f"{version.societe_id}/{version.modele_id}")
        path, description = f"{model}/{LATEST}", f"{model}/{LATEST_DESCRIPTION}"
        for _ in range(ATTEMPTS):
            self._write(model, [(path, data), (description, msgspec.json.encode(version))])
            if _agree(_read(self._fs, path), _description(self._fs, description)):
                return
            time.sleep(random.uniform(0, PAUSE_S))  # for whoever does the same at this moment
        raise OSError(f"{path} is being replaced by others all the while; try again")

    def read(self, version: VersionModele) -> bytes:
        """Return a version's bytes, once their digest and its signature are checked.

        Raises
        ------
        ValueError
            Where the artefact is missing, lies outside the store, was altered, or is not signed with the store's key
            as this version of this model.
        OSError
            Where the store does not answer; that may pass.
        """
        path = self._path(version.artefact)
        try:
            data = _read(self._fs, path)
        except ABSENT as error:
            raise ValueError(f"artefact {path} cannot be read: {error.strerror or 'no such file'}") from error
        _check(path, data, version, self._key)
        return data

    def load_forest(self, version: VersionModele) -> IsolationForest:
        """Return a checked Isolation Forest. Its artefact holds arrays: nothing that is read here can run code.

        Raises
        ------
        ValueError
            As `read`, or where it is another kind of model or was trained on other features.
        """
        if version.type_modele is not TypeModele.ISOLATION_FOREST:
            raise ValueError(f"a {version.type_modele.value} model cannot take part in the score of entries")
        return IsolationForest.load(self.read(version), FEATURE_NAMES)

    def _path(self, relative: str) -> str:
        parts = relative.split("/")
        outside = ValueError(f"artefact {relative!r} lies outside the store {self.place}")
        if not relative or relative.startswith("/") or ".." in parts or "\\" in relative:
            raise outside
        path = f"{self._root}/{relative}"
        if isinstance(self._fs, LocalFileSystem) and not Path(path).resolve().is_relative_to(
            Path(self._root).resolve()
        ):
            raise outside
        return path

    def _write(self, model: str, files: Sequence[tuple[str, bytes]], *, undo: bool = False) -> None:
        """Write files into the folder `model`, then move all to their places; `undo`: all of them, or none."""
        folder = files[0][0].rpartition("/")[0]
        written: list[tuple[str, str]] = []
        moved: list[str] = []
        self._remove_left_behind(model)
        try:
            self._fs.makedirs(folder, exist_ok=True)
            for path, data in files:
                temporary = f"{model}/{WRITING}{uuid.uuid4().hex[:12]}"
                written.append((temporary, path))
                with cast(BinaryIO, self._fs.open(temporary, "wb")) as file:
                    file.write(data)
                    file.flush()
                    _sync(file)
            for temporary, path in written:
                existed = self._fs.exists(path)
                self._fs.mv(temporary, path)
                if not existed:
                    moved.append(path)
        except BaseException as error:
            for path in [*(temporary for temporary, _ in written), *(moved if undo else [])]:
                self._remove(path)
            self._remove_empty(folder)
            if isinstance(error, OSError) and error.errno in FULL:
                raise OSError(error.errno, self._full(sum(len(data) for _, data in files))) from error
            raise

    def _remove_left_behind(self, model: str) -> None:
        """Remove what processes that were killed had begun; it may be what fills the disk."""
        try:
            names = [str(name) for name in self._fs.ls(model, detail=False, refresh=True)]
            for path in names:
                if path.rpartition("/")[2].startswith(WRITING) and _age(self._fs.modified(path)) > LEFT_BEHIND:
                    self._remove(path)
        except Exception:  # of whatever kind the store's driver has; what cannot be listed stays
            return

    def _remove(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except Exception:  # of whatever kind the store's driver has; the error that led here is the one to tell
            return

    def _remove_empty(self, folder: str) -> None:
        if isinstance(self._fs, LocalFileSystem):  # elsewhere there are no folders
            try:
                Path(folder).rmdir()
            except OSError:
                return

    def _full(self, needed: int) -> str:
        text = f"no room for a model of {needed / MEBIBYTE:,.1f} MiB in {self.place}"
        with suppress(OSError):  # where it is not on this machine
            text += f" ({shutil.disk_usage(self._root).free / MEBIBYTE:,.1f} MiB free)"
        return f"{text}; free some, or name another store in WISEBOOK_ML_ARTEFACTS, then train again"


def read_artefact(path: str | Path, *, key: str | None = None) -> bytes:
    """Return the bytes of an artefact, once they were checked against the description beside it.

    Parameters
    ----------
    path : str or Path
        A path or URL, such as ``ml_models/1/1/model_latest.pkl`` (described by ``model_latest.json``) or
        ``ml_models/1/1/3/model.pkl`` (by ``version.json``).
    key : str, optional
        What it must be signed with; by default the settings' `signing_key`. Empty: only the digest is checked, which
        tells damage and not forgery.

    Raises
    ------
    ValueError
        Where it or its description is missing, was altered, is not signed with the key, or belongs to another model
        than the one in whose folder it lies. The message says which.
    OSError
        Where the store does not answer; that may pass.
    """
    secret = (get_settings().signing_key.get_secret_value() if key is None else key).encode()
    fs, place = _place(str(path))
    folder, _, name = place.rpartition("/")
    beside = f"{folder}/{DESCRIPTION if name == FILE_NAME else name.rpartition('.')[0] + '.json'}"
    for attempt in range(ATTEMPTS):
        try:
            data = _read(fs, place)
            version = _description(fs, beside)
        except ABSENT as error:
            what = f"artefact {place}" if not fs.isfile(place) else f"the description {beside} of the artefact"
            raise ValueError(f"{what} cannot be read: {error.strerror or 'no such file'}") from error
        if _agree(data, version):
            break
        if name == LATEST and attempt < ATTEMPTS - 1:
            time.sleep(PAUSE_S)  # it is perhaps just being replaced
    _check(place, data, version, secret)
    _check_place(place, version)
    return data


def _place(url: str) -> tuple[Any, str]:
    try:
        fs, root = fsspec.core.url_to_fs(url)
    except (ValueError, ImportError) as error:
        raise SettingsError(
            f"WISEBOOK_ML_ARTEFACTS: models cannot be kept at {url}: {error}. Name a folder, or a URL whose fsspec "
            "package is installed (s3fs for s3://, gcsfs for gs://)."
        ) from error
    return fs, root.rstrip("/")


def _read(fs: Any, path: str) -> bytes:
    with cast(BinaryIO, fs.open(path, "rb")) as file:
        return file.read()


def _description(fs: Any, path: str) -> VersionModele:
    try:
        return msgspec.json.decode(_read(fs, path), type=VersionModele)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the description {path} of the artefact is damaged: {error}") from error


def _agree(data: bytes, version: VersionModele) -> bool:
    return hmac.compare_digest(hashlib.sha256(data).hexdigest(), version.sha256)


def _check(path: str, data: bytes, version: VersionModele, key: bytes) -> None:
    if not _agree(data, version):
        raise ValueError(f"artefact {path} is not the one that was announced (its SHA-256 differs)")
    # Bytes, since text that is not ASCII does not compare in constant time.
    if key and not hmac.compare_digest(_signature(key, version).encode(), version.signature.encode()):
        raise ValueError(
            f"artefact {path} is not signed with this deployment's key (WISEBOOK_ML_SIGNING_KEY) as version "
            f"{version.version} of model {version.modele_id} ({version.type_modele.value}) of company "
            f"{version.societe_id}"
        )


def _check_place(path: str, version: VersionModele) -> None:
    """Raise where an artefact lies in the folder of another version: whoever moves files has no key and needs none."""
    folders = path.split("/")[:-1]
    of_version = [str(version.societe_id), str(version.modele_id), str(version.version)]
    wanted = of_version if path.endswith(f"/{FILE_NAME}") else of_version[:2]
    found = folders[-len(wanted) :]
    if len(found) == len(wanted) and all(part.isdecimal() for part in found) and found != wanted:
        raise ValueError(
            f"artefact {path} is version {version.version} of model {version.modele_id} of company "
            f"{version.societe_id}, which belongs into {'/'.join(wanted)}; somebody has moved it"
        )


def _signature(key: bytes, version: VersionModele) -> str:
    """Return the signature of an artefact's digest and of what it is, so that it cannot pass for another model's."""
    if not key:
        return ""
    said = [SIGNED, version.societe_id, version.modele_id, version.version, version.type_modele.value, version.sha256]
    return hmac.new(key, msgspec.json.encode(said), hashlib.sha256).hexdigest()


def _age(written: dt.datetime) -> dt.timedelta:
    return dt.datetime.now(dt.UTC) - (written if written.tzinfo else written.replace(tzinfo=dt.UTC))


def _sync(file: BinaryIO) -> None:
    """Have a local file on its disk; what lies elsewhere is finished when it is closed."""
    try:
        descriptor = file.fileno()
    except (AttributeError, OSError):
        return
    os.fsync(descriptor)
