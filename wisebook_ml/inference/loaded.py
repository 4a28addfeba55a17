"""Models that are loaded: each version once, and so many at a time."""

import threading
from collections import OrderedDict

from schemas import VersionModele
from wisebook_ml.artefacts import ArtefactStore
from wisebook_ml.services.base import BaseMLService
from wisebook_ml.services.catalogue import require, service_class

__all__ = ["LoadedModels"]

MOST = 32
"""Versions that are kept: a forest of a large ledger has some 50 MB, most others a tenth of that."""

Key = tuple[int, int, str]


class LoadedModels:
    """Loads versions, for several threads; of those asked for last, it keeps so many.

    Parameters
    ----------
    store : ArtefactStore
        Checks digest and signature before anything is unpickled.
    most : int
        How many are kept.
    """

    def __init__(self, store: ArtefactStore, most: int = MOST) -> None:
        self._store = store
        self._most = most
        self._lock = threading.Lock()
        self._loaded: OrderedDict[Key, BaseMLService] = OrderedDict()
        self._busy: dict[Key, threading.Lock] = {}

    def get(self, version: VersionModele) -> BaseMLService:
        """Return the service of a version; who asks for one that is being loaded waits for it.

        Raises
        ------
        MissingLibrary
            Where its libraries are not installed.
        ValueError
            Where its artefact is missing, was altered, is not signed, or is of other libraries.
        OSError
            Where the store does not answer; that may pass.
        """
        key = (version.modele_id, version.version, version.sha256)
        if (known := self._known(key)) is not None:
            return known
        with self._lock:
            busy = self._busy.setdefault(key, threading.Lock())
        with busy:
            if (known := self._known(key)) is not None:
                return known
            try:
                require(version.type_modele)
                service = service_class(version.type_modele).load(self._store.read(version))
            finally:
                with self._lock:
                    self._busy.pop(key, None)
            with self._lock:
                self._loaded[key] = service
                while len(self._loaded) > self._most:
                    self._loaded.popitem(last=False)
            return service

    def _known(self, key: Key) -> BaseMLService | None:
        with self._lock:
            service = self._loaded.get(key)
            if service is not None:
                self._loaded.move_to_end(key)
            return service
