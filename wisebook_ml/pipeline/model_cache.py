"""Models in memory before they are needed: loaded ahead, in a thread, so that a switch is an assignment."""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

from schemas import VersionModele
from wisebook_ml.metrics import MODEL_LOADED, MODELS_FAILED

__all__ = ["CAPACITY", "ModelCache"]

LOGGER = logging.getLogger(__name__)

CAPACITY = 12
"""Versions kept: each is wanted for the second between its announcement and its marker, and again by the other
partitions of a worker or by a recovery; a Random Forest can have a hundred megabytes."""

M = TypeVar("M")


class ModelCache(Generic[M]):
    """The models that were loaded last, by version. Any thread may call.

    What fails is not kept: the next who asks tries again, since an artefact may arrive late.

    Parameters
    ----------
    load : callable
        Loads, checks and warms up a version; raises `ValueError` with the reason where it cannot be used.
    capacity : int
        How many are kept.
    """

    def __init__(self, load: Callable[[VersionModele], M], capacity: int = CAPACITY) -> None:
        self._load = load
        self._capacity = capacity
        self._lock = threading.Lock()
        self._kept: OrderedDict[VersionModele, Future[M]] = OrderedDict()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="models")

    def get(self, version: VersionModele) -> M:
        """Return a model: at once where it was loaded ahead, else as soon as it is.

        Raises
        ------
        ValueError
            Where the version cannot be used.
        OSError
            Where the store does not answer; that may pass.
        """
        future, mine = self._claim(version)
        if not mine and future.cancel():  # nobody has begun with it; what waits in the queue before it is not for us
            future, mine = self._claim(version)
        if mine:
            self._fill(version, future)
        return future.result()

    def ahead(self, version: VersionModele) -> None:
        """Have a version loaded in the background; returns at once, and never fails."""
        with self._lock:
            if version in self._kept:
                self._kept.move_to_end(version)
                return
            self._keep(version, self._threads.submit(self._try_ahead, version))

    def holds(self, version: VersionModele) -> bool:
        """Tell whether a version is loaded."""
        with self._lock:
            future = self._kept.get(version)
        return future is not None and future.done() and not future.cancelled() and future.exception() is None

    def close(self) -> None:
        """Load nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _claim(self, version: VersionModele) -> tuple["Future[M]", bool]:
        """Return what holds a version, and whether it is for the caller to load it."""
        with self._lock:
            future = self._kept.get(version)
            failed = future is not None and future.done() and (future.cancelled() or future.exception() is not None)
            if future is not None and not failed:
                self._kept.move_to_end(version)
                return future, False
            future = Future[M]()
            future.set_running_or_notify_cancel()
            self._keep(version, future)
            return future, True

    def _keep(self, version: VersionModele, future: "Future[M]") -> None:
        """Keep one more, under the lock, and let go of the oldest."""
        self._kept.pop(version, None)
        self._kept[version] = future
        while len(self._kept) > self._capacity:
            version, oldest = self._kept.popitem(last=False)
            oldest.cancel()  # where nobody has begun with it, nobody waits for it either: see `get`
            with suppress(KeyError):  # one that could not be loaded was never told
                MODEL_LOADED.remove(version.modele_id, version.version)

    def _fill(self, version: VersionModele, future: "Future[M]") -> None:
        try:
            future.set_result(self._loaded(version))
        except BaseException as error:
            future.set_exception(error)

    def _loaded(self, version: VersionModele) -> M:
        try:
            model = self._load(version)
        except BaseException:
            MODELS_FAILED.inc()
            raise
        MODEL_LOADED.labels(version.modele_id, version.version).set(1)
        return model

    def _try_ahead(self, version: VersionModele) -> M:
        try:
            model = self._loaded(version)
        except (ValueError, OSError) as error:
            LOGGER.warning("model %d version %d is not loaded ahead: %s", version.modele_id, version.version, error)
            raise
        LOGGER.info("model %d version %d is loaded ahead of its marker", version.modele_id, version.version)
        return model
