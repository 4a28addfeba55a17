"""Pages of stored detections."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select

from schemas import Etat, Severite
from wisebook_ml.storage import DetectionStore, StoredDetection
from wisebook_ml.storage.tables import Base, DetectionAnomalie

__all__ = ["DetectionPages", "Order"]

TABLE = Base.metadata.tables[DetectionAnomalie.__tablename__]


class Order(StrEnum):
    """What comes first."""

    SCORE = "score"
    TIME = "time"


ORDERS = {
    Order.SCORE: (DetectionAnomalie.score.desc(), DetectionAnomalie.ce_time.desc(), DetectionAnomalie.detection_id),
    Order.TIME: (DetectionAnomalie.ce_time.desc(), DetectionAnomalie.detection_id),
}
"""Each ends with the id: without it, a detection could stand on two pages, and its equal on none."""


class DetectionPages(DetectionStore):
    """The stored detections, with every filter of the API."""

    def page(
        self,
        societes: frozenset[int] | None,
        order: Order,
        *,
        limit: int,
        offset: int,
        etat: Etat | None = None,
        severite: Severite | None = None,
        days: float | None = None,
    ) -> tuple[int, Sequence[StoredDetection]]:
        """Return how many detections match, and a page of them.

        Parameters
        ----------
        societes : frozenset of int, or None
            Whose; None for all companies, an empty set for none.
        order : Order
            Highest score or latest first.
        limit, offset : int
            Size of the page, and how many detections to pass over before it.
        etat, severite
            Only those; None for all.
        days : float, optional
            Only those made in the last days.
        """
        query = select(TABLE)
        if societes is not None:
            query = query.where(DetectionAnomalie.societe_id.in_(societes))
        if etat is not None:
            query = query.where(DetectionAnomalie.etat == etat)
        if severite is not None:
            query = query.where(DetectionAnomalie.severite == severite)
        if days is not None:
            query = query.where(self._since(days))
        found = self._read(query.order_by(*ORDERS[order]).limit(limit).offset(offset))
        return self.count(societes, etat=etat, severite=severite, days=days), found

    def probe(self) -> None:
        """Raise `StorageError` unless the database answers."""
        self._read(select(TABLE).limit(1))
