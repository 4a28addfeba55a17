"""The settings of one company: a new immutable version at every change."""

import datetime as dt
from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.alerting import ReglageAlertes
from schemas.base import Record, SocieteOuGlobal
from schemas.codes import CodeMotif
from schemas.money import Montant
from schemas.treasury import Devise

__all__ = ["Attenuation", "Parametres", "ReglageControle", "ReglageTresorerie"]


class ReglageControle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A company's override of one control; what is not given keeps its default."""

    actif: bool = True
    seuil: float | None = None
    poids: Annotated[float, Meta(ge=0, le=1)] | None = None


class Attenuation(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What verdicts have taught of a control in a journal: its evidence counts by `facteur` there.

    `rejets` of `avis` verdicts said false positive when it was set. For a finding about an account or a third party
    that is of no journal, its number stands in `journal_code`.
    """

    code: CodeMotif
    journal_code: Annotated[str, Meta(min_length=1, max_length=64)]
    facteur: Annotated[float, Meta(ge=0, le=1)]
    avis: Annotated[int, Meta(ge=0)] = 0
    rejets: Annotated[int, Meta(ge=0)] = 0


class ReglageTresorerie(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a company's cash is watched.

    `plancher` is the balance of all accounts of a currency that is not to be passed (0 where none is given; below 0
    with an overdraft). A company is warned where that has at least `probabilite_alerte` within the horizon. `pays` is
    the country (ISO 3166-1, two letters) whose public holidays its cash keeps.
    """

    plancher: dict[Devise, Montant] = {}
    probabilite_alerte: Annotated[float, Meta(ge=0.05, le=0.95)] = 0.5
    pays: Annotated[str, Meta(pattern=r"^[A-Z]{2}$(?!\n)")] = "FR"


class Parametres(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Thresholds, weights, alert budget and word list of a company (0: the default of all).

    `budget_alertes` is the share of entries that the company wants to look at. `jours_feries` are days off besides
    those of France. A company's own settings replace the default of all as a whole. `auteur` and `motif` say who made
    the version, and why; `attenuations` are what verdicts have taught; `tresorerie` is how its cash is watched;
    `alertes`, what it is alerted to.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.parametres.v1"

    societe_id: SocieteOuGlobal
    version: Annotated[int, Meta(ge=0)] = 0
    budget_alertes: Annotated[float, Meta(gt=0, le=0.5)] = 0.01
    seuil_signification: Montant | None = None
    plafonds_approbation: list[Montant] = []
    mots_cles: list[str] = []
    jours_feries: list[dt.date] = []
    controles: dict[CodeMotif, ReglageControle] = {}
    attenuations: list[Attenuation] = []
    tresorerie: ReglageTresorerie = ReglageTresorerie()
    alertes: ReglageAlertes = ReglageAlertes()
    auteur: Annotated[str, Meta(max_length=200)] = ""
    motif: Annotated[str, Meta(max_length=1000)] = ""
