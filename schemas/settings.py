"""The settings of one company: a new immutable version at every change."""

from typing import Annotated, ClassVar

from msgspec import Meta, Struct

from schemas.base import Record, SocieteOuGlobal
from schemas.codes import CodeMotif
from schemas.money import Montant

__all__ = ["Parametres", "ReglageControle"]


class ReglageControle(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A company's override of one control; what is not given keeps its default."""

    actif: bool = True
    seuil: float | None = None
    poids: Annotated[float, Meta(ge=0, le=1)] | None = None


class Parametres(Record, frozen=True, kw_only=True, omit_defaults=True):
    """Thresholds, weights, alert budget and word list of a company (0: the default of all).

    `budget_alertes` is the share of entries that the company wants to look at.
    """

    ce_type: ClassVar[str] = "fr.wisebook.ml.parametres.v1"

    societe_id: SocieteOuGlobal
    version: Annotated[int, Meta(ge=0)] = 0
    budget_alertes: Annotated[float, Meta(gt=0, le=0.5)] = 0.01
    seuil_signification: Montant | None = None
    plafonds_approbation: list[Montant] = []
    mots_cles: list[str] = []
    jours_feries: list[str] = []
    controles: dict[CodeMotif, ReglageControle] = {}
