"""Alerts, predictions, statistics and drift reports: what else is published for subscribers."""

import datetime as dt
import uuid
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Record, SocieteId, SocieteOuGlobal
from schemas.detection import Objet
from schemas.enums import DomaineApplication, Severite, TypeModele
from schemas.model import VersionModele

__all__ = ["Alerte", "Derive", "DeriveVariable", "Prediction", "Statistique"]


class Alerte(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Detections of a company that a person should look at now, grouped and rate-limited.

    One without detections is about the system itself, such as a model version that was refused (`modele`).

    Raises
    ------
    ValueError
        When it names neither detections nor a model.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.alerte.v1"

    alerte_id: uuid.UUID
    societe_id: SocieteOuGlobal
    severite: Severite
    detections: list[uuid.UUID] = []
    modele: VersionModele | None = None
    titre_fr: str
    titre_en: str

    def __post_init__(self) -> None:
        if not self.detections and self.modele is None:
            raise ValueError("an alert names what it is about, in `detections` or `modele`")


class Prediction(Record, frozen=True, kw_only=True, omit_defaults=True):
    """What a model says of a subject: a forecast, recommended accounts, a client's risk, a segment.

    `valeurs` maps what is predicted (a date, an account, a class) to its value or probability; `bas` and `haut` bound
    it where the model gives an interval. Of a line, `ligne` is its position from 1, `valeurs` the most likely accounts
    and `utilise` the account that was used with its probability. A challenger's is in shadow (`ombre`), under a key
    of its own. A forecast of treasury comes from the built-in model (`modele_id` 0, `version` counts how often it has
    learnt); without `type_modele`, none was better than what needs no model.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.prediction.v1"

    sujet: Annotated[str, Meta(min_length=1, max_length=500)]
    societe_id: SocieteId
    domaine: DomaineApplication
    type_modele: TypeModele | None = None
    modele_id: int
    version: int
    objet: Objet | None = None
    ligne: Annotated[int, Meta(ge=1)] | None = None
    valeurs: dict[str, float]
    bas: dict[str, float] = {}
    haut: dict[str, float] = {}
    utilise: dict[str, float] = {}
    classe: Annotated[str, Meta(description="The class or segment that follows, where there is one.")] = ""
    ombre: bool = False


class Statistique(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Counts of one company over one window; `taux_faux_positifs` once there are verdicts."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.statistique.v1"

    societe_id: SocieteId
    debut: dt.datetime
    fin: dt.datetime
    ecritures: Annotated[int, Meta(ge=0)]
    detections: dict[str, int]
    avis: dict[str, int] = {}
    taux_faux_positifs: Annotated[float, Meta(ge=0, le=1)] | None = None


class DeriveVariable(Struct, frozen=True, kw_only=True):
    """How far one feature or score has moved, by which measure, against which threshold."""

    variable: str
    mesure: str
    valeur: float
    seuil: float


class Derive(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A drift report of one model."""

    ce_type: ClassVar[str] = "fr.wisebook.ml.derive.v1"

    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    version: int
    derive: bool
    variables: list[DeriveVariable]
