"""Hot swap, as roles wire it: versions are loaded when they are announced, ahead of their markers."""

from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from schemas import AnnonceModele, RoleModele, VersionModele
from topics import ENTRIES
from wisebook_ml.messaging.connect import resolve_bootstrap
from wisebook_ml.pipeline.announcements import Announcements
from wisebook_ml.pipeline.model_cache import CAPACITY, ModelCache
from wisebook_ml.settings import Settings
from wisebook_ml.training.collect import partition_of

__all__ = ["HotSwap"]

M = TypeVar("M")


class HotSwap(Generic[M]):
    """A cache of models that is filled ahead with what concerns this worker.

    Parameters
    ----------
    settings : Settings
        The process's.
    load : callable
        Loads a version, checks it and warms it up; raises `ValueError` where it cannot be used.
    wanted : callable
        Whether a version has a part in this role.
    capacity : int
        Models kept in memory besides those in force.
    """

    def __init__(
        self,
        settings: Settings,
        load: Callable[[VersionModele], M],
        wanted: Callable[[VersionModele, RoleModele], bool],
        *,
        capacity: int = CAPACITY,
    ) -> None:
        self.models = ModelCache(load, capacity)
        self._wanted = wanted
        self._partitions: frozenset[int] = frozenset()
        self._announcements = Announcements(resolve_bootstrap(settings), settings.topic_prefix, self._follow)

    async def start(self) -> None:
        """Begin to follow the announcements."""
        self._announcements.start()

    def keep(self, partitions: Collection[int]) -> None:
        """Load for the companies of these partitions from now on."""
        self._partitions = frozenset(partitions)
        self._announcements.repeat()

    def close(self) -> None:
        """End its threads."""
        self._announcements.close()
        self.models.close()

    def _follow(self, announcement: AnnonceModele) -> None:
        societe_id = announcement.societe_id
        if societe_id != 0 and partition_of(societe_id, ENTRIES.partitions) not in self._partitions:
            return
        announced = ((announcement.champion, RoleModele.CHAMPION), (announcement.challenger, RoleModele.CHALLENGER))
        for version, role in announced:
            if version is not None and self._wanted(version, role):
                self.models.ahead(version)
