"""Workers: what each process says of itself."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Identifiant, Nombre, Record

__all__ = ["PartitionServie", "Travailleur"]

Instant = Annotated[dt.datetime, Meta(tz=True)]


class PartitionServie(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A partition that a worker has."""

    topic: Annotated[str, Meta(description="Name of the topic, with the deployment's prefix.")]
    partition: Nombre
    retard: Annotated[Nombre, Meta(description="Offsets that are not finished and committed yet.")] = 0
    commis: Annotated[Nombre | None, Meta(description="Everything before this offset is finished.")] = None
    immobile_s: Annotated[float, Meta(ge=0, description="Seconds without progress, though there is work.")] = 0.0


class Travailleur(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a process says of itself, every few seconds: the value of `workers`. One that stops says so by a tombstone.

    `motifs` says why it is not ready, in sentences.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.travailleur.v1"

    travailleur_id: Identifiant
    role: Identifiant
    hote: Annotated[str, Meta(max_length=255)]
    pid: Nombre
    version: Identifiant
    demarre_le: Instant
    vu_le: Annotated[Instant, Meta(description="When it said this.")]
    pret: bool
    motifs: list[str] = []
    partitions: list[PartitionServie] = []
    commis_le: Annotated[Instant | None, Meta(description="When it last committed.")] = None
    port_metriques: Annotated[Nombre | None, Meta(description="Port on which it serves its metrics.")] = None
