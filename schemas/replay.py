"""What a replay found, put among the entries: from this offset on it holds."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Record, SocieteId
from schemas.detection import Detection

__all__ = ["DetectionReprise", "Reprise"]

Numero = Annotated[int, Meta(ge=1, le=1_000_000)]


class DetectionReprise(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A detection as a replay found it: the offset of the entry that it follows from, and the time of that event."""

    decalage: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    instant: Annotated[dt.datetime, Meta(tz=True)]
    detection: Detection


class Reprise(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A marker: from this offset on, what a replay found of the company holds in the place of what was published.

    It comes in `nombre` parts, of which this is number `numero`; the last one puts all of them in force at once. The
    scoring role publishes the detections then, but for those of entries of which a later revision has come meanwhile,
    and takes note of which are open: so what is published goes on following from the log alone.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.reprise.v1"

    societe_id: SocieteId
    reprise_id: Annotated[str, Meta(min_length=1, max_length=64)]
    numero: Numero = 1
    nombre: Numero = 1
    detections: list[DetectionReprise]
