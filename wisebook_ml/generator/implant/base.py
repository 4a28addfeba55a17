"""How anomalies and twins are planted into real entries: a case, and the registry of variants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from msgspec import Struct

from schemas.codes import CodeMotif
from schemas.entry import Ecriture
from schemas.enums import TypeObjet
from wisebook_ml.generator.implant.book import Book
from wisebook_ml.generator.labels import Label

__all__ = ["VARIANTES", "Case", "Variante", "anomaly", "twin"]


class Case:
    """One anomaly or twin about to be planted."""

    def __init__(self, variante: Variante, cas: str) -> None:
        self.variante, self.cas = variante, cas
        self.labels: list[Label] = []

    def label(
        self,
        entry: Ecriture | None,
        commentaire: str,
        *,
        objet_type: TypeObjet | None = None,
        objet_id: str = "",
        date_attendue: dt.date | None = None,
        liee: str = "",
    ) -> None:
        """Label an entry, or an object when something is missing."""
        self.labels.append(
            Label(
                code=self.variante.code,
                variante=self.variante.nom,
                jumeau=self.variante.jumeau,
                cas=self.cas,
                commentaire=commentaire,
                ecriture_id=None if entry is None else entry.ecriture_id,
                revision=1 if entry is None else entry.revision,
                objet_type=objet_type,
                objet_id=objet_id,
                date_attendue=date_attendue,
                ecriture_liee=liee,
            )
        )


Planter = Callable[[Book, Case], bool]


class Variante(Struct, frozen=True):
    """One way of doing one kind of anomaly, or of looking like it."""

    code: CodeMotif
    nom: str
    jumeau: bool
    plant: Planter


VARIANTES: list[Variante] = []
"""Every variant, in the order of the modules that the package imports."""


def anomaly(code: CodeMotif, nom: str) -> Callable[[Planter], Planter]:
    """Register a way of planting an anomaly; the function returns False where the ledger has no place for it."""
    return _register(code, nom, jumeau=False)


def twin(code: CodeMotif, nom: str) -> Callable[[Planter], Planter]:
    """Register a legitimate twin: it looks like `code`, and the data show why it is right."""
    return _register(code, nom, jumeau=True)


def _register(code: CodeMotif, nom: str, *, jumeau: bool) -> Callable[[Planter], Planter]:
    def keep(plant: Planter) -> Planter:
        VARIANTES.append(Variante(code, nom, jumeau, plant))
        return plant

    return keep
