"""What is told of deliveries: to people who ask, and to the topic, where every attempt goes."""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy import Engine, select, tuple_, update

from schemas import Canal, Livraison, StatutLivraison
from wisebook_ml.access import shown
from wisebook_ml.storage.deliveries import ATTEMPTS, DELIVERIES
from wisebook_ml.storage.delivery_tables import Livraison as Row
from wisebook_ml.storage.delivery_tables import TentativeLivraison
from wisebook_ml.storage.engine import reading, writing

__all__ = ["DeliveryLog", "StoredDelivery"]

PAGE = 500

HEX = re.compile("[0-9a-f]{1,32}")


class StoredDelivery(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the delivery of one revision of an alert to one address stands; the address is without its secrets."""

    livraison_id: uuid.UUID
    societe_id: int
    alerte_id: uuid.UUID
    revision: int
    canal: Canal
    destination: str
    statut: StatutLivraison
    tentatives: int
    prevue_le: dt.datetime
    prochaine: dt.datetime | None = None
    terminee_le: dt.datetime | None = None
    code: int | None = None
    detail: str = ""
    correlation: str | None = None


class DeliveryLog:
    """Reads what `DeliveryStore` records.

    Parameters
    ----------
    engine : Engine
        An engine of `create_engine`, whose tables are up to date.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def list(
        self,
        societe_id: int,
        *,
        alerte: str = "",
        failed: bool = False,
        limit: int = PAGE,
    ) -> Sequence[StoredDelivery]:
        """Return a company's deliveries, the latest first.

        Parameters
        ----------
        societe_id : int
            The company.
        alerte : str
            Only those of alerts whose id begins so.
        failed : bool
            Only those that were given up, or of which the last attempt failed.
        limit : int
            How many at most.
        """
        query = select(DELIVERIES).where(Row.societe_id == societe_id)
        if alerte:
            query = query.where(Row.alerte_id.between(*_range(alerte)))
        if failed:
            retried = (Row.statut == StatutLivraison.A_REESSAYER) & (Row.detail != "")
            query = query.where((Row.statut == StatutLivraison.ABANDONNEE) | retried)
        query = query.order_by(Row.prevue_le.desc(), Row.revision.desc(), Row.adresse).limit(limit)
        with reading(self._engine) as connection:
            return [
                StoredDelivery(
                    destination=shown(row["adresse"]),
                    **{name: row[name] for name in StoredDelivery.__struct_fields__ if name != "destination"},
                )
                for row in connection.execute(query).mappings()
            ]

    def attempts(self, livraison_ids: Collection[uuid.UUID]) -> Sequence[Livraison]:
        """Return the attempts at some deliveries, in their order."""
        wanted = TentativeLivraison.livraison_id.in_(sorted(livraison_ids))
        return [attempt for attempt, _ in self._correlated(self._records().where(wanted))]

    def unpublished(self, limit: int = PAGE) -> Sequence[tuple[Livraison, str | None]]:
        """Return attempts that are not on the topic yet, as far as is known, with correlation ids; oldest first."""
        return self._correlated(self._records().where(~TentativeLivraison.publiee).limit(limit))

    def published(self, attempts: Sequence[Livraison]) -> None:
        """Record that attempts are on the topic."""
        key = tuple_(TentativeLivraison.livraison_id, TentativeLivraison.tentative, TentativeLivraison.statut)
        keys = sorted((one.livraison_id, one.tentative, one.statut) for one in attempts)
        if keys:
            with writing(self._engine) as connection:
                connection.execute(update(ATTEMPTS).where(key.in_(keys)).values(publiee=True))

    def _records(self) -> "sa.Select[tuple[object, ...]]":
        one = TentativeLivraison
        ends = one.statut != StatutLivraison.A_REESSAYER  # after the attempt of that number, where it is told apart
        return (
            select(ATTEMPTS, Row.societe_id, Row.alerte_id, Row.revision, Row.canal, Row.adresse, Row.correlation)
            .join(DELIVERIES, Row.livraison_id == one.livraison_id)
            .order_by(one.quand, one.livraison_id, one.tentative, ends)
        )

    def _correlated(self, query: "sa.Select[tuple[object, ...]]") -> Sequence[tuple[Livraison, str | None]]:
        with reading(self._engine) as connection:
            return [
                (
                    Livraison(
                        destination=shown(row["adresse"]),
                        **{name: row[name] for name in Livraison.__struct_fields__ if name != "destination"},
                    ),
                    row["correlation"],
                )
                for row in connection.execute(query).mappings()
            ]


def _range(beginning: str) -> tuple[uuid.UUID, uuid.UUID]:
    """Return the first and the last id that begins so; where none can, a range without any."""
    digits = beginning.lower().replace("-", "")
    if HEX.fullmatch(digits) is None:
        return uuid.UUID(int=1), uuid.UUID(int=0)
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
