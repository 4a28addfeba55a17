"""Learnt models of the treasury, kept so that a restart need not learn them again."""

import hashlib
import hmac
import logging
import pickle
import re
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

import fsspec
import msgspec

from wisebook_ml.services.catalogue import MissingLibrary
from wisebook_ml.settings import Settings, SettingsError
from wisebook_ml.treasury.basis import TREASURY_FOLD
from wisebook_ml.treasury.dump import keep_lesson
from wisebook_ml.treasury.forecasting.learning import Lesson
from wisebook_ml.treasury.forecasting.model import TreasuryModel

__all__ = ["KEPT", "LearntModels"]

LOGGER = logging.getLogger(__name__)

KEPT = 2
"""Models kept of a company and currency: as a rule the one in force, and the one that takes its place next."""

FOLDER = "learnt"
"""Below the folder of snapshots."""

SUFFIX = ".model"
WRITING = ".writing"
"""A name with this suffix is not finished, and never looked at."""

SIGNED = "wisebook-ml/learnt/1"
"""What a signature is for; anything else that is ever signed with the same key says something else here."""

SIGNATURE_BYTES = 32

ABSENT = (FileNotFoundError, NotADirectoryError, IsADirectoryError)


@dataclass(frozen=True, slots=True)
class LearntModels:
    """A folder with a file ``{societe_id}/{devise}/{last day}-{digest of the lesson}.model`` per model.

    It is a short cut and nothing else: a model that is missing, damaged, of another version or not signed with the key
    is learnt again, and is the same then. Nothing is unpickled that was not checked.

    Parameters
    ----------
    url : str
        A path, or a URL that fsspec understands.
    key : str
        Signs the files. Empty: digests are checked, but whoever can write there can have code run here.

    Raises
    ------
    SettingsError
        Where fsspec does not know the kind of URL.
    """

    url: str
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        self._place()

    @classmethod
    def of(cls, settings: Settings) -> "LearntModels":
        """Return the store that the settings name."""
        return cls(f"{settings.state_url.rstrip('/')}/{FOLDER}", settings.signing_key.get_secret_value())

    def read(self, lesson: Lesson) -> TreasuryModel | None:
        """Return what was learnt from a lesson, where it is there; the log says where it cannot be used.

        Raises
        ------
        MissingLibrary
            Where it needs what is not installed here.
        """
        name = _name(lesson)
        fs, root = self._place()
        path = f"{_folder(root, lesson)}/{name}{SUFFIX}"
        try:
            with cast(BinaryIO, fs.open(path, "rb")) as file:
                data = file.read()
            model = self._opened(name, data)
        except ABSENT:
            return None
        except (MissingLibrary, MemoryError):
            raise
        except Exception as error:  # of whatever kind the store's driver or unpickling has
            LOGGER.warning("the learnt model %s cannot be used and is learnt again: %s", _shown(path), error)
            return None
        LOGGER.info("the model of company %d in %s is known", lesson.series.societe_id, lesson.series.devise)
        return model

    def write(self, lesson: Lesson, model: TreasuryModel) -> None:
        """Keep a model, whole or not at all, and let go of older ones; what goes wrong is logged and no error."""
        name = _name(lesson)
        fs, root = self._place()
        folder = _folder(root, lesson)
        path = f"{folder}/{name}{SUFFIX}"
        writing = f"{path}-{uuid.uuid4().hex[:8]}{WRITING}"
        try:
            payload = pickle.dumps(model, protocol=5)
            fs.makedirs(folder, exist_ok=True)
            with cast(BinaryIO, fs.open(writing, "wb")) as file:
                file.write(self._signature(name, payload) + payload)
            fs.mv(writing, path)
            _prune(fs, folder, path)
        except Exception as error:  # of whatever kind the store's driver has
            LOGGER.warning("the learnt model %s is not kept: %s. A restart learns it again", _shown(path), error)
            with suppress(Exception):
                fs.rm_file(writing)

    def _place(self) -> tuple[Any, str]:
        try:
            fs, root = fsspec.core.url_to_fs(self.url)
        except (ValueError, ImportError) as error:
            raise SettingsError(
                f"WISEBOOK_ML_STATE: learnt models cannot be kept at {_shown(self.url)}: {error}"
            ) from error
        return fs, str(root).rstrip("/")

    def _opened(self, name: str, data: bytes) -> TreasuryModel:
        signature, payload = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(name, payload)):
            raise ValueError("it was altered, or is not signed with this deployment's key (WISEBOOK_ML_SIGNING_KEY)")
        model = pickle.loads(payload)
        if not isinstance(model, TreasuryModel):
            raise TypeError(f"it is a {type(model).__name__}")
        return model

    def _signature(self, name: str, payload: bytes) -> bytes:
        said = msgspec.json.encode([SIGNED, name, hashlib.sha256(payload).hexdigest()])
        key = self.key.encode()
        return hmac.digest(key, said, "sha256") if key else hashlib.sha256(said).digest()


def _name(lesson: Lesson) -> str:
    """Return a digest of what a model follows from: the whole lesson, and the code and libraries that learn."""
    kept = msgspec.msgpack.encode(keep_lesson(lesson), order="deterministic")
    digest = hashlib.blake2b(TREASURY_FOLD.encode() + b"\0" + kept, digest_size=20).hexdigest()
    return f"{lesson.series.last.isoformat()}-{digest}"


def _folder(root: str, lesson: Lesson) -> str:
    return f"{root}/{lesson.series.societe_id}/{lesson.series.devise}"


def _prune(fs: Any, folder: str, written: str) -> None:
    """Remove all but the file just written and those of the last days, and what processes that are gone had begun.

    By the days that were learnt from: where the whole topic is read again, what the worker had in force stays there.
    """
    paths = [str(path) for path in fs.ls(folder, detail=False, refresh=True)]
    others = [path for path in paths if path.endswith(SUFFIX) and path.rpartition("/")[2] != written.rpartition("/")[2]]
    others.sort(reverse=True)
    # One worker at a time has a partition, so nobody else is writing models of this company.
    for path in [*others[KEPT - 1 :], *(path for path in paths if path.endswith(WRITING))]:
        with suppress(FileNotFoundError):
            fs.rm_file(path)


def _shown(url: str) -> str:
    """Return a URL as a person is told: without a password."""
    return re.sub(r"//[^/@]*@", "//", url)
