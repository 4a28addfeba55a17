"""Markers: records between the entries of a partition, so that everybody sees them at the same place.

A model or settings version takes effect *at the offset of its marker*, live, in a replay and after a crash.
"""

import datetime as dt
from typing import ClassVar

from schemas.base import Record, SocieteOuGlobal
from schemas.enums import RoleModele
from schemas.model import VersionModele
from schemas.settings import Parametres

__all__ = ["ABSENCE", "IMPORT", "Activation", "Reglage", "Tick"]

ABSENCE = "absence"
"""Tick of the daily timer: a day has passed, and what did not come in it is missing."""

IMPORT = "import"
"""Tick that ends a file: the year is closed, the calendar has not moved on."""


class Activation(Record, frozen=True, kw_only=True, omit_defaults=True):
    """From this offset on, the company's entries are scored with this model version.

    One for all companies (`societe_id` 0) is placed on every partition. A challenger only predicts in shadow, until the
    next champion of its model.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.activation.v1"

    societe_id: SocieteOuGlobal
    version: VersionModele
    role: RoleModele = RoleModele.CHAMPION


class Reglage(Record, frozen=True, kw_only=True, omit_defaults=True):
    """From this offset on, the company's entries are scored with these settings.

    The whole version travels with the marker, so that a replay asks nobody. Those of all companies (`societe_id` 0) are
    placed on every partition, and hold for companies without settings of their own.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.reglage.v1"

    societe_id: SocieteOuGlobal
    parametres: Parametres


class Tick(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A timer's beat: at this offset, the stream's clock reached `echeance`."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.tick.v1"

    societe_id: SocieteOuGlobal
    minuterie: str
    echeance: dt.datetime
