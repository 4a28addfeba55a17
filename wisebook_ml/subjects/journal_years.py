"""Systemic findings: what is wrong with so many entries of a journal and year that it is how the journal is kept.

They are one detection of the journal and period, instead of one per entry.
"""

import datetime as dt
from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from schemas import CodeMotif, Etat, Parametres, TypeObjet
from wisebook_ml.features.view import View
from wisebook_ml.habits.store import Store
from wisebook_ml.subjects.base import SubjectFinding
from wisebook_ml.subjects.periods import year_id, year_text
from wisebook_ml.subjects.settings import thresholds_of
from wisebook_ml.subjects.tallies import OPENED, RECENT, ROWS, Counted, tally

__all__ = ["JournalYears", "Texts", "shares"]

Texts = tuple[str, str]
"""French, English."""

ELISION = "l'"
"""Article before the year that a heading does without."""

BARELY = 0.5
"""Strength of a finding at its threshold; it is 1 where every entry is wrong."""


class JournalYears(ABC):
    """Follows the share of wrong entries of each journal and fiscal year: a `Subject`.

    It is told once when the share passes the threshold, or when nearly all of the latest entries are wrong, and once
    more when it has fallen to half the threshold.
    """

    name: str
    code: CodeMotif
    attribute: str
    threshold: float
    weight: float
    source: str
    required: bool
    suffix: ClassVar[str] = ""
    """What follows the year in ids, since one journal and year can have findings of several kinds."""
    relative: ClassVar[bool] = False
    """Only where the journal was another way before, or the company's other journals of invoices are."""

    @abstractmethod
    def count(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> Counted:
        """Return which entries count, and what is wrong with them; `state` may be updated."""

    @abstractmethod
    def explain(self, told: np.void, where: Texts) -> Texts:
        """Say what is wrong; `where` names the journal and year."""

    def attributes(self, told: np.void) -> tuple[tuple[str, float], ...]:
        """Return the attributes that are wrong, and how often; none where it is always `attribute`."""
        return ()

    def new_state(self) -> Store:
        """Return an empty state."""
        return Store(ROWS, {}, {})

    def take(self, view: View, first: npt.NDArray[np.bool_], state: Store) -> list[SubjectFinding]:
        """Count the entries of a batch that arrive for the first time; see `Subject.take`."""
        batch, facts = view.batch, view.facts
        thresholds = thresholds_of(view, self.code, self.threshold)
        days = (batch.day, facts.exercice_first, facts.exercice_last)
        counted = self.count(view, first, state)
        told = tally(state, batch.societe, facts.journal, days, batch.total, counted, thresholds, self.relative)
        return [
            self._finding(view, position, told[position], float(thresholds[position]))
            for position in np.flatnonzero(told["outcome"]).tolist()
        ]

    def tick(self, societe_id: int, day: dt.date, parametres: Parametres, state: Store) -> list[SubjectFinding]:
        """Return nothing: what follows from entries does not wait for a day."""
        return []

    def _finding(self, view: View, position: int, told: np.void, threshold: float) -> SubjectFinding:
        stands = told["outcome"] == OPENED
        first, last, value = int(told["first"]), int(told["last"]), float(told["value"])
        journal = view.batch.entry(position).journal_code
        fr, en = year_text(first, last)
        where = f"Journal {journal}, {fr.removeprefix(ELISION)}", f"Journal {journal}, {en}"
        libelle_fr, libelle_en = self.explain(told, where) if stands else _settled(told, where)
        return SubjectFinding(
            position=position,
            societe_id=int(view.batch.societe[position]),
            type=TypeObjet.JOURNAL,
            id=f"{journal}/{year_id(first, last)}{self.suffix}",
            etat=Etat.OUVERTE if stands else Etat.CLOSE,
            revision=int(told["revision"]),
            montant=int(told["stake"]),
            value=value,
            threshold=threshold,
            strength=BARELY + (1.0 - BARELY) * max(0.0, min(1.0, value)) if stands else 0.0,
            libelle_fr=libelle_fr,
            libelle_en=libelle_en,
            journal_code=journal,
            shares=self.attributes(told) if stands else (),
        )


def _settled(told: np.void, where: Texts) -> Texts:
    entries, wrong = int(told["entries"]), int(told["wrong"])
    return (
        f"{where[0]} : l'anomalie ne porte plus que sur {wrong} des {entries} écritures.",
        f"{where[1]}: it concerns no more than {wrong} of the {entries} entries.",
    )


def shares(told: np.void) -> Texts:
    """Return how many entries are wrong, as texts: over the year, or of the latest where these are what is told."""
    entries, wrong, recent = (int(told[what]) for what in ("entries", "wrong", "recent"))
    if recent / RECENT > wrong / entries:
        return (
            f"{recent} des {RECENT} dernières écritures ({wrong} sur {entries} depuis le début)",
            f"{recent} of the latest {RECENT} entries ({wrong} of {entries} since its beginning)",
        )
    return f"{wrong} des {entries} écritures", f"{wrong} of {entries} entries"
