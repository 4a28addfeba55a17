"""What the predictions of all algorithms have in common."""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pandas as pd

from schemas import Objet, RoleModele, TypeModele, TypeObjet

__all__ = ["DECIMALS", "Predictor", "Said", "entry_subject", "party_subject", "rounded"]

DECIMALS = 6
"""Decimals of what is published. More would differ with the number of rows that are computed at once, since libraries
sum in another order then; and nobody reads them."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says of one row.

    Attributes
    ----------
    row : int
        Position of the row in the frame that it was asked of.
    sujet : str
        What it is about, as the key of `predictions` has it.
    objet : Objet, optional
        The same for those who do not read keys.
    """

    row: int
    sujet: str
    objet: Objet | None
    valeurs: Mapping[str, float]
    utilise: Mapping[str, float] = field(default_factory=dict)
    ligne: int | None = None
    classe: str = ""


class Predictor(ABC):
    """What is published of one algorithm: which rows it is asked about, and what its answers mean."""

    type_modele: ClassVar[TypeModele]
    rows: ClassVar[str]
    """The kind of rows, of `wisebook_ml.prediction.rows`."""

    roles: ClassVar[frozenset[RoleModele]] = frozenset(RoleModele)
    """In which roles it predicts here."""

    known_by: ClassVar[str | None] = None
    """Column that names what a row is about, where something is predicted again and again: the last rows are kept,
    predicted anew when a version takes effect, and published when the prediction has changed. None where each row is
    predicted once."""

    @abstractmethod
    def read(self, frame: pd.DataFrame, answers: pd.DataFrame) -> Iterator[Said]:
        """Yield what a service answered about rows of one company, in their order.

        Parameters
        ----------
        frame : DataFrame
            What was asked about.
        answers : DataFrame
            What `predict` returned, row by row.
        """

    def subjects(self, societe_id: int, ecriture_id: str, lignes: int) -> list[str]:
        """Return the subjects that an entry alone has, which go with it: tombstones are published for them."""
        return []


def entry_subject(societe_id: int, ecriture_id: str, what: str) -> str:
    """Return the subject of an entry, or of a part of it.

    Examples
    --------
    >>> entry_subject(1, "E7", "LIGNE/2")
    '1/ECRITURE/E7/LIGNE/2'
    """
    return f"{societe_id}/ECRITURE/{ecriture_id}/{what}"


def party_subject(societe_id: int, tiers: str, what: str) -> tuple[str, Objet | None]:
    """Return the subject of a third party, and the object."""
    objet = Objet(type=TypeObjet.TIERS, id=tiers)
    return f"{societe_id}/TIERS/{tiers}/{what}", objet


def rounded(value: float, decimals: int = DECIMALS) -> float:
    """Return a value as it is published; never a negative zero, which would be written otherwise."""
    number = round(float(value), decimals)
    if not math.isfinite(number):
        raise ValueError(f"the model answers {value}")
    return number + 0.0
