"""What follows a kind of subject over the entries, and what it finds."""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Etat, Objet, Parametres, TypeObjet
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store

__all__ = ["Subject", "SubjectFinding", "context_of"]

LONGEST = 64
"""Characters of what `Attenuation.journal_code` can name."""


def context_of(objet: Objet, journal_code: str | None) -> str | None:
    """Return within what verdicts on a finding count: its journal, else its account or third party.

    Parameters
    ----------
    objet : Objet
        What the detection is about.
    journal_code : str or None
        The detection's.

    Examples
    --------
    >>> context_of(Objet(type=TypeObjet.COMPTE, id="607000/2024-03"), None)
    '607000'
    >>> context_of(Objet(type=TypeObjet.TIERS, id="DURAND"), "AC")
    'AC'
    """
    if journal_code or objet.type is TypeObjet.ECRITURE:
        return journal_code
    number = objet.id.partition("/")[0]
    return number if 0 < len(number) <= LONGEST else None


@dataclass(frozen=True, slots=True)
class SubjectFinding:
    """Something found about a subject, or no longer.

    Parameters
    ----------
    position : int
        The entry of the batch after which it is known, or is known to be gone; 0 where a tick told.
    societe_id : int
        The company.
    type, id
        The subject. The id begins with what accountants call it (an account, a journal, a third party); what tells
        several findings about it apart (a year, a month, a letter) follows after a slash: ``"VE/2024"``.
    etat : Etat
        Whether it stands.
    revision : int
        How often this subject was told of before, plus 1: the same id never says two things under one revision.
    montant : int
        What is at stake, in cents.
    value, threshold : float
        What was measured, and from which value on it is a finding.
    strength : float
        In [0, 1]: how surely it is one.
    libelle_fr, libelle_en : str
        Why, with the figures.
    journal_code : str, optional
        The journal, where it is about one.
    date : datetime.date, optional
        When it happened, or should have.
    names_entry : bool
        Whether the entry at `position` is the one to look at first; the detection then names it.
    ecriture_id : str, optional
        The entry to look at first, where it came before the one at `position`: what is found after a delay.
    shares : tuple of (str, float)
        Accounting attributes and how much each is what is wrong; the subject's own attribute where empty.
    """

    position: int
    societe_id: int
    type: TypeObjet
    id: str
    etat: Etat
    revision: int
    montant: int
    value: float
    threshold: float
    strength: float
    libelle_fr: str
    libelle_en: str
    journal_code: str | None = None
    date: dt.date | None = None
    names_entry: bool = False
    ecriture_id: str | None = None
    shares: tuple[tuple[str, float], ...] = ()


class Subject(Protocol):
    """Follows one kind of subject; `code`, `attribute`, `threshold`, `weight` and `source` as of a `Control`.

    Its state is a fold of the entries: `take` may depend on the entries before and on nothing else, and not on how they
    are cut into batches. A company's override of threshold, weight or activity (`Parametres.controles`) is in
    ``view.settings``; what it switches off goes on being followed and is not told.
    """

    name: str
    """Of its part of the state."""
    code: CodeMotif
    attribute: str
    threshold: float
    weight: float
    source: str
    required: bool

    def new_state(self) -> Store:
        """Return an empty state."""

    def take(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> list[SubjectFinding]:
        """Follow the entries of a batch in their order; return what they tell, by ascending position.

        Parameters
        ----------
        view : View
            Entries that were accepted: new ones, and later revisions, which replace what the entry said before.
        first : ndarray of bool, shape (n,)
            Which arrive for the first time.
        state : Store
            Updated in place.
        """

    def tick(self, societe_id: int, day: dt.date, parametres: Parametres, state: Store) -> list[SubjectFinding]:
        """Return what follows of a company (0: of all) from the stream's clock having reached a day in France."""
