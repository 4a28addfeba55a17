"""The artefact store: immutable versions of models, and a digest that is checked before one is used."""

import hashlib
import hmac
import os
import tempfile
from pathlib import Path

import msgspec

from schemas import TypeModele, VersionModele
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.settings import Settings

__all__ = ["DESCRIPTION", "ArtefactStore"]

FILE_NAME = "model.msgpack"
DESCRIPTION = "version.json"
"""Beside each artefact, the version that describes it, for people and for scoring without a registry."""


class ArtefactStore:
    """A folder ``{societe_id}/{modele_id}/{version}/`` per model version.

    Parameters
    ----------
    root : Path
        Where the folders are.
    key : str
        Signs digests; empty: digests are checked, but anybody who can write artefacts and announcements can forge them.
    """

    def __init__(self, root: Path, key: str = "") -> None:
        self._root = root
        self._key = key.encode()

    @classmethod
    def of(cls, settings: Settings) -> "ArtefactStore":
        """Return the store that the settings name."""
        return cls(settings.artefacts, settings.signing_key.get_secret_value())

    def save(
        self, data: bytes, *, societe_id: int, modele_id: int, version: int, type_modele: TypeModele
    ) -> VersionModele:
        """Write an artefact, whole or not at all, and return the version that describes it.

        Raises
        ------
        FileExistsError
            Where the version exists with other content: versions are immutable.
        """
        relative = f"{societe_id}/{modele_id}/{version}/{FILE_NAME}"
        path = self._root / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.read_bytes() != data:
            raise FileExistsError(f"{path} exists with other content; versions are immutable")
        _write(path, data)
        digest = hashlib.sha256(data).hexdigest()
        described = VersionModele(
            modele_id=modele_id,
            version=version,
            societe_id=societe_id,
            type_modele=type_modele,
            artefact=relative,
            sha256=digest,
            signature=self._sign(digest),
        )
        _write(path.with_name(DESCRIPTION), msgspec.json.encode(described))
        return described

    def read(self, version: VersionModele) -> bytes:
        """Return a version's bytes, once their digest and its signature are checked.

        Raises
        ------
        ValueError
            Where the artefact is missing, lies outside the store, was altered, or is not signed with the store's key.
        OSError
            Where the store does not answer; that may pass.
        """
        path = (self._root / version.artefact).resolve()
        if not path.is_relative_to(self._root.resolve()):
            raise ValueError(f"artefact {version.artefact!r} lies outside the store {self._root}")
        try:
            data = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise ValueError(f"artefact {path} cannot be read: {error.strerror}") from error
        if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), version.sha256):
            raise ValueError(f"artefact {path} is not the one that was announced (its SHA-256 differs)")
        if self._key and not hmac.compare_digest(self._sign(version.sha256), version.signature):
            raise ValueError(f"artefact {path} is not signed with this deployment's key (WISEBOOK_ML_SIGNING_KEY)")
        return data

    def load_forest(self, version: VersionModele) -> IsolationForest:
        """Return a checked Isolation Forest.

        Raises
        ------
        ValueError
            As `read`, or where it is another kind of model or was trained on other features.
        """
        if version.type_modele is not TypeModele.ISOLATION_FOREST:
            raise ValueError(f"a {version.type_modele.value} model cannot take part in the score of entries")
        return IsolationForest.load(self.read(version), FEATURE_NAMES)

    def _sign(self, digest: str) -> str:
        return hmac.new(self._key, digest.encode(), hashlib.sha256).hexdigest() if self._key else ""


def _write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, and have it on the disk before returning."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".writing-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
