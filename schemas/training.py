"""Training as events: what is asked for, and what became of it."""

import datetime as dt
import uuid
from typing import Annotated, ClassVar

from msgspec import Meta

from schemas.base import Identifiant, Record, SocieteOuGlobal
from schemas.enums import Etape, Motif, StatutCampagne
from schemas.model import VersionModele

__all__ = ["AnnulationEntrainement", "Campagne", "DemandeEntrainement", "campagne_id"]

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


class AnnulationEntrainement(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Ends the campaign of a request, waiting or in work. A campaign that has ended stays as it is."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.annulation-entrainement.v1"

    demande_id: Identifiant
    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    demandeur: Identifiant


class Campagne(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Progress and result of one training: the value of `training-campaigns`.

    `metriques` are those of the new version and `metriques_avant` those of the champion, on the same hold-out;
    `amelioration` is the gain in the metric that the gate looks at, positive where the new version is better.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.campagne.v1"

    campagne_id: uuid.UUID
    demande_id: Identifiant
    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    statut: StatutCampagne
    etape: Etape | None = None
    tentative: Annotated[
        int, Meta(ge=0, description="1 for the first attempt; a lost trainer is followed by a 2nd.")
    ] = 0
    avancement: Annotated[float, Meta(ge=0, le=1)] = 0.0
    lignes: Annotated[int, Meta(ge=0, description="Rows the model was trained on.")] = 0
    lignes_test: Annotated[int, Meta(ge=0, description="Rows of the hold-out.")] = 0
    donnees_du: dt.date | None = None
    donnees_au: dt.date | None = None
    offsets: Annotated[
        dict[str, Annotated[list[int], Meta(min_length=2, max_length=2)]],
        Meta(description="`topic/partition` to the offsets that were read: the first, and the next after the last."),
    ] = {}
    duree_minutes: Annotated[float, Meta(ge=0)] = 0.0
    metriques: dict[str, float] = {}
    metriques_avant: dict[str, float] = {}
    amelioration: float | None = None
    version: VersionModele | None = None
    promue: Annotated[bool | None, Meta(description="Whether the gate made the version the champion.")] = None
    decision: Annotated[str, Meta(description="What the gate decided, and why.")] = ""
    rejointe: Annotated[uuid.UUID | None, Meta(description="The open campaign that a duplicate request gets.")] = None
    erreur: str = ""


def campagne_id(demande_id: str) -> uuid.UUID:
    """Return the campaign that a request leads to (a UUIDv5 of `demande_id`).

    Examples
    --------
    >>> campagne_id("nightly-7") == campagne_id("nightly-7")
    True
    """
    return uuid.uuid5(NAMESPACE, demande_id)
