"""What companies have set, as arrays: entries of a batch can be of companies with different settings."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from schemas import CodeMotif, Parametres
from wisebook_ml.controls.base import approval_limits
from wisebook_ml.habits.limits import Limits
from wisebook_ml.ledger.batch import EntryBatch, Floats, Ints
from wisebook_ml.ledger.facts import Facts, facts_of
from wisebook_ml.ledger.hashing import hash_text
from wisebook_ml.ledger.vocabulary import vocabulary

__all__ = ["SettingsTable", "Weighed"]


class Weighed(Protocol):
    """What settings can weigh otherwise: a control, what follows a kind of subject, or a kind of model."""

    @property
    def code(self) -> CodeMotif:
        """What settings name it by."""

    @property
    def threshold(self) -> float:
        """See `wisebook_ml.controls.Control`."""

    @property
    def weight(self) -> float:
        """See `wisebook_ml.controls.Control`."""

    @property
    def required(self) -> bool:
        """See `wisebook_ml.controls.Control`."""


class _Damped(NamedTuple):
    """A control that verdicts have weakened in a journal: settings, control, hash of the journal's code, factor."""

    setting: int
    control: int
    journal: int
    factor: float


@dataclass(frozen=True, slots=True, eq=False)
class SettingsTable:
    """Settings beside each other.

    Attributes
    ----------
    settings : tuple of Parametres, length s
    thresholds, weights : ndarray of float64, shape (s, controls)
        A control that is switched off has weight 0.
    budgets : ndarray of float64, shape (s,)
        Shares of entries that companies want to look at.
    """

    settings: tuple[Parametres, ...]
    thresholds: Floats
    weights: Floats
    budgets: Floats
    _limits: tuple[Ints, ...]
    _damped: tuple[_Damped, ...]

    @classmethod
    def of(cls, settings: Sequence[Parametres], controls: Sequence[Weighed]) -> "SettingsTable":
        """Return the table of some settings, for these controls."""
        thresholds, weights = (
            np.array([[getattr(control, what) for control in controls]] * len(settings), dtype=np.float64)
            for what in ("threshold", "weight")
        )
        damped = []
        for j, parametres in enumerate(settings):
            for k, control in enumerate(controls):
                chosen = parametres.controles.get(control.code)
                if chosen is not None:
                    thresholds[j, k] = control.threshold if chosen.seuil is None else chosen.seuil
                    weights[j, k] = control.weight if chosen.poids is None else chosen.poids
                    weights[j, k] *= chosen.actif
                damped += [
                    _Damped(j, k, hash_text(one.journal_code), one.facteur)
                    for one in parametres.attenuations
                    if one.code is control.code and not control.required
                ]
        return cls(
            tuple(settings),
            thresholds,
            weights,
            np.array([parametres.budget_alertes for parametres in settings], dtype=np.float64),
            tuple(approval_limits(parametres) for parametres in settings),
            tuple(damped),
        )

    def facts(self, batch: EntryBatch, setting_of: Ints) -> Facts:
        """Read what each entry says: its label by the words that its company watches, its date by its days off."""
        facts = facts_of(batch, vocabulary(tuple(self.settings[0].mots_cles)))
        for j, parametres in enumerate(self.settings):
            words = tuple(parametres.mots_cles)
            if words != tuple(self.settings[0].mots_cles):
                some = np.flatnonzero(setting_of == j)
                if len(some):
                    lines = np.flatnonzero(np.isin(batch.entry_of, some))
                    facts.watched[lines] = facts_of(batch.select(some), vocabulary(words)).watched
            if parametres.jours_feries:
                days = [day.toordinal() for day in parametres.jours_feries]
                facts.off_day[(setting_of == j) & np.isin(batch.day, days)] = True
        return facts

    def limits(self, setting_of: Ints) -> Limits:
        """Return the approval limits of entries."""
        return Limits.from_lists(self._limits, setting_of)

    def damp(self, strengths: Floats, journal: Ints, setting_of: Ints) -> None:
        """Weaken in place what verdicts have weakened; `journal` has each entry's hash of its journal's code."""
        for damped in self._damped:
            strengths[(setting_of == damped.setting) & (journal == damped.journal), damped.control] *= damped.factor
