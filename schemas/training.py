"""Training as events: what is asked for, and what became of it."""

import datetime as dt
import uuid
from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import Identifiant, Record, SocieteOuGlobal
from schemas.enums import Motif, StatutCampagne
from schemas.model import VersionModele

__all__ = ["Campagne", "DemandeEntrainement", "campagne_id"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/campagnes")
"""Namespace of campaign ids: whoever asks for a training knows at once which campaign to follow."""


class DemandeEntrainement(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What to train, on which dates (`du` and `au` included, by `ecriture_date`), why, and for whom."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.demande-entrainement.v1"

    demande_id: Identifiant
    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    motif: Motif
    demandeur: Identifiant
    du: dt.date | None = None
    au: dt.date | None = None


class Campagne(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Progress and result of one training: the value of `training-campaigns`."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.campagne.v1"

    campagne_id: uuid.UUID
    demande_id: Identifiant
    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    statut: StatutCampagne
    avancement: Annotated[float, Meta(ge=0, le=1)] = 0.0
    lignes: Annotated[int, Meta(ge=0, description="Rows the model was trained on.")] = 0
    duree_minutes: Annotated[float, Meta(ge=0)] = 0.0
    metriques: dict[str, float] = {}
    amelioration: float | None = None
    version: VersionModele | None = None
    erreur: str = ""


def campagne_id(demande_id: str) -> uuid.UUID:
    """Return the campaign that a request leads to (a UUIDv5 of `demande_id`).

    Examples
    --------
    >>> campagne_id("nightly-7") == campagne_id("nightly-7")
    True
    """
    return uuid.uuid5(NAMESPACE, demande_id)
