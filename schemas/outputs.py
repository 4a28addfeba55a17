"""Predictions, statistics and drift reports: what else is published for subscribers."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Nombre, Record, SocieteId, SocieteOuGlobal
from schemas.detection import Objet
from schemas.enums import DomaineApplication, TypeModele
from schemas.measures import Histogramme
from schemas.money import MontantTotal

__all__ = ["Derive", "DeriveVariable", "Prediction", "Statistique"]

Taux = Annotated[float, Meta(ge=0, le=1)]


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
    """Counts of one company over one window, as far as it has come: a later one of the same window replaces it.

    `detections` counts, by code, the detections that it is the strongest reason of; `journaux` counts entries. Rates
    come with verdicts: `taux_faux_positifs` of those of the window, by control and by model (`taux_modeles`: "id") of
    all that stand; `precision` is the share that was confirmed. `scores` are composites in bars of equal width. Latency
    is from the event to its detection. `tardives` came too late for any window; `en_avance` are dated in the future.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.statistique.v1"

    societe_id: SocieteId
    debut: dt.datetime
    fin: dt.datetime
    ecritures: Annotated[int, Meta(ge=0)]
    detections: dict[str, int]
    avis: dict[str, int] = {}
    taux_faux_positifs: Taux | None = None
    precision: Taux | None = None
    taux_controles: dict[str, Taux] = {}
    taux_modeles: dict[str, Taux] = {}
    severites: dict[str, Nombre] = {}
    journaux: dict[str, Nombre] = {}
    lignes: Nombre = 0
    montant: MontantTotal = "0.00"
    scores: Histogramme = []
    latence_mediane_ms: Annotated[float, Meta(ge=0)] | None = None
    latence_p99_ms: Annotated[float, Meta(ge=0)] | None = None
    tardives: Nombre = 0
    en_avance: Nombre = 0


class DeriveVariable(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far one feature or score has moved, by which measure, against which threshold.

    `p` is how probable so much is by chance, corrected for all that was tested with it; `jours` and `lignes` are the
    window in which it moved. `avant` and `apres` are the shares of its values, by bar: those between each two of
    `bornes`, or those of `valeurs` for a category.
    """

    variable: str
    mesure: str
    valeur: float
    seuil: float
    p: Annotated[float, Meta(ge=0, le=1)] | None = None
    jours: Annotated[int, Meta(ge=1)] | None = None
    lignes: Annotated[int, Meta(ge=0)] | None = None
    libelle_fr: str = ""
    libelle_en: str = ""
    echelle: Annotated[str, Meta(description="How `bornes` are told: plain, share, log2, log10_cents ...")] = ""
    bornes: list[float] = []
    valeurs: list[str] = []
    avant: list[float] = []
    apres: list[float] = []


class Derive(Record, frozen=True, kw_only=True, omit_defaults=True):
    """A drift report of one model: `variables` names what moved; `remarques_fr` and `_en`, what could not be told.

    `echeance` is the due time of the check, `du` and `au` are the first and the last day that were looked at, `lignes`
    how many rows those had.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.derive.v1"

    modele_id: Annotated[int, Meta(ge=1)]
    societe_id: SocieteOuGlobal
    version: int
    derive: bool
    variables: list[DeriveVariable]
    echeance: Annotated[dt.datetime, Meta(tz=True)] | None = None
    du: dt.date | None = None
    au: dt.date | None = None
    lignes: Annotated[int, Meta(ge=0)] | None = None
    remarques_fr: list[str] = []
    remarques_en: list[str] = []
