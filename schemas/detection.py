"""One explained detection: what was found, how serious it is, and why."""

import datetime as dt
import uuid
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Identifiant, Record, Revision, SocieteId
from schemas.codes import CodeMotif
from schemas.enums import Direction, DomaineApplication, Etat, Severite, TypeObjet
from schemas.money import MontantTotal

__all__ = ["Detection", "ModeleUtilise", "MotifDetection", "Objet", "detection_id"]

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://wisebook.fr/ml/detections")
"""Namespace of detection ids (RFC 9562 section 5.5): the same thing found again has the same id."""

Points = Annotated[float, Meta(ge=0, le=100)]


class Objet(Struct, frozen=True, kw_only=True):
    """What a detection is about."""

    type: TypeObjet
    id: Identifiant


class MotifDetection(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason: the control or model, its share of the score, and the figures that triggered it.

    `lignes` are positions in the entry's `lignes`, from 1 as an accountant counts; the first hundred of them.
    `direction` tells whether the amount is unusually high or low, where the reason is that of an unusual amount.
    """

    code: CodeMotif
    poids: Points
    valeur: float
    seuil: float
    lignes: list[int] = []
    direction: Direction | None = None
    libelle_fr: str
    libelle_en: str


class ModeleUtilise(Struct, frozen=True, kw_only=True):
    """Which model version took part in the score; `modele_id` 0 is the built-in online detector."""

    modele_id: int
    version: int


class Detection(Record, frozen=True, kw_only=True, omit_defaults=True):
    """The value of `detections`. `contributions` share the score among the accounting attributes."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.detection.v1"

    detection_id: uuid.UUID
    societe_id: SocieteId
    domaine: DomaineApplication
    objet: Objet
    etat: Etat
    revision: Revision
    ecriture_id: Identifiant | None = None
    journal_code: str | None = None
    ecriture_num: str | None = None
    ecriture_date: dt.date | None = None
    montant: MontantTotal
    score: Points
    severite: Severite
    motifs: list[MotifDetection]
    contributions: dict[str, Points]
    modeles: list[ModeleUtilise]
    parametres_version: Annotated[int, Meta(ge=0)]


def detection_id(societe_id: int, domaine: DomaineApplication, objet: Objet) -> uuid.UUID:
    """Return the id of the detection about `objet`: a UUIDv5 of company, domain and object.

    Examples
    --------
    >>> objet = Objet(type=TypeObjet.ECRITURE, id="E-1")
    >>> detection_id(7, DomaineApplication.ECRITURES_COMPTABLES, objet)
    UUID('42d48e39-8e13-5f3c-87d8-fd91ec62876e')
    """
    return uuid.uuid5(NAMESPACE, f"{societe_id}/{domaine.value}/{objet.type.value}/{objet.id}")
