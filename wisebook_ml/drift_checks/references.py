"""The references of versions, from the artefact store: each is read once, and the last ones used stay in memory."""

import logging
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from wisebook_ml.artefacts import FILE_NAME, read_artefact
from wisebook_ml.drift.reference import Reference
from wisebook_ml.drift_checks.usual import Usual, VersionKey
from wisebook_ml.features import FEATURE_NAMES
from wisebook_ml.models.isolation_forest import IsolationForest
from wisebook_ml.settings import Settings

__all__ = ["AGAIN_SECONDS", "References", "reference_of_version"]

LOGGER = logging.getLogger(__name__)

KEPT = 64
"""References in memory: each takes some 100 KB, and each model asks for its own once a day."""

AGAIN_SECONDS = 600.0
"""How long what could not be read is left alone: an artefact may come late, or be put back, and is not asked for with
every sketch until then."""


class _Read(NamedTuple):
    """What was found, and until when that holds (of the clock)."""

    usual: Usual | None
    until: float


def reference_of_version(settings: Settings, version: VersionKey) -> Reference | None:
    """Return the reference of an Isolation Forest, which is part of its signed artefact; None where it has none.

    Raises
    ------
    ValueError
        Where the artefact is missing, was altered, or is of another algorithm or release; `DriftError` where its
        reference is damaged.
    OSError
        Where the store does not answer; that may pass.
    """
    path = f"{settings.artefacts.rstrip('/')}/{version.societe_id}/{version.modele_id}/{version.version}/{FILE_NAME}"
    data = read_artefact(path, key=settings.signing_key.get_secret_value())
    forest = IsolationForest.load(data, FEATURE_NAMES)
    return Reference.load(forest.reference) if forest.reference else None


class References:
    """Says what is usual for a version (`drift_checks.usual.UsualOf`).

    Parameters
    ----------
    read : callable
        Returns the reference of a version, None where it has none.
    clock : callable
        Tells seconds that only grow.
    """

    def __init__(
        self, read: Callable[[VersionKey], Reference | None], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._known: OrderedDict[VersionKey, _Read] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Settings) -> "References":
        """Return those of a deployment."""
        return cls(lambda version: reference_of_version(settings, version))

    def __call__(self, version: VersionKey) -> Usual | None:
        """Return what is usual for a version; None where it has no reference, or one that cannot be used.

        What cannot be used is looked at again after ten minutes; what was read holds, since a version never changes.

        Raises
        ------
        OSError
            Where the store does not answer; that may pass.
        """
        now = self._clock()
        with self._lock:
            known = self._known.get(version)
            if known is not None and now < known.until:
                self._known.move_to_end(version)
                return known.usual
        found = self._load(version, now)
        with self._lock:
            self._known[version] = found
            self._known.move_to_end(version)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return found.usual

    def _load(self, version: VersionKey, now: float) -> _Read:
        try:
            reference = self._read(version)
        except ValueError as error:
            LOGGER.warning(
                "the reference of version %d of model %d cannot be used: %s", version.version, version.modele_id, error
            )
            return _Read(None, now + AGAIN_SECONDS)
        return _Read(None if reference is None else Usual(reference), math.inf)
