"""From many pieces of evidence to one score.

The composite is a noisy-or over causes: ``1 - prod(1 - max(weight * strength))``, the probability that at least one
cause holds if each did with that of its strongest finding. So several weak findings can pass where none does alone,
several of one cause count once, and no sum exceeds one. An entry is flagged when a control passes its own threshold,
*or* when the composite passes the threshold that keeps the company's alert budget.

References
----------
Pearl: Probabilistic Reasoning in Intelligent Systems, 1988 (noisy-or). US patent 11935073 (flag on one routine or
on the composite).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from schemas import CodeMotif
from wisebook_ml.controls import CONTROLS, Control, Finding, SettingsTable, View
from wisebook_ml.ledger.batch import Floats, Ints
from wisebook_ml.models.opinion import Told
from wisebook_ml.scoring.belief import believe, ramp

__all__ = ["CAUSES", "Evidence", "Measured", "Verdict", "apportion", "cause_of", "points_of", "strengths"]


def cause_of(control: Control) -> str:
    """Return what a control's findings come from."""
    return control.cause or control.attribute


CAUSES = tuple(dict.fromkeys(cause_of(control) for control in CONTROLS))
"""What findings come from; several of one cause count once."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One piece of evidence about one entry; `control` is its place in `CONTROLS`, None for a model.

    `told` is what a model that was asked says of it.
    """

    code: CodeMotif
    value: float
    threshold: float
    strength: float
    weight: float
    control: int | None = None
    told: Told | None = None

    @property
    def cause(self) -> str:
        """What it comes from: a model is a cause of its own."""
        return self.code.value if self.control is None else cause_of(CONTROLS[self.control])

    @property
    def belief(self) -> float:
        """Weight times strength; see `believe`."""
        return believe(self.weight, self.strength)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an entry is flagged for. `composite` is in [0, 1)."""

    composite: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """The controls' findings in a batch.

    Attributes
    ----------
    findings : tuple of Finding
    values, strengths, certainties : ndarray of float64, shape (n, controls)
    table : SettingsTable
        Thresholds and weights of the companies' settings.
    setting_of : ndarray of int64, shape (n,)
        Each entry's place in the table.
    """

    findings: tuple[Finding, ...]
    values: Floats
    strengths: Floats
    certainties: Floats
    table: SettingsTable
    setting_of: Ints


def strengths(view: View, table: SettingsTable) -> Measured:
    """Run all controls on a batch, with the thresholds and weights of the entries' companies."""
    findings = tuple(control.measure(view) for control in CONTROLS)
    values = np.empty((len(view.batch), len(CONTROLS)))
    certainties = np.ones_like(values)
    for k, finding in enumerate(findings):
        values[:, k] = finding.values
        if finding.certainty is not None:
            certainties[:, k] = finding.certainty
    strength = np.zeros_like(values)
    ramp(values, strength, table.thresholds, table.weights, view.setting_of)
    table.damp(strength, view.facts.journal, view.setting_of)
    return Measured(findings, values, strength, certainties, table, view.setting_of)


def points_of(score: int, evidence: Sequence[Evidence]) -> list[int]:
    """Share a score among the evidence that made it: first among causes, then within each.

    Parameters
    ----------
    score : int
        In hundredths of a point.
    evidence : sequence of Evidence
        Of one entry.

    Returns
    -------
    list of int
        Points of each piece, which sum to the score.
    """
    beliefs = [-math.log1p(-piece.belief) for piece in evidence]
    largest, together = dict[str, float](), dict[str, float]()
    for piece, belief in zip(evidence, beliefs, strict=True):
        largest[piece.cause] = max(belief, largest.get(piece.cause, 0.0))
        together[piece.cause] = together.get(piece.cause, 0.0) + belief
    shares = [
        belief * largest[piece.cause] / together[piece.cause] if belief > 0.0 else 0.0
        for piece, belief in zip(evidence, beliefs, strict=True)
    ]
    return apportion(score, shares)


def apportion(score: int, shares: Sequence[float]) -> list[int]:
    """Share a score, in hundredths of a point, in proportion to `shares`, so that the parts sum to it exactly.

    Examples
    --------
    >>> apportion(10_000, [1.0, 1.0, 1.0])
    [3334, 3333, 3333]
    """
    total = math.fsum(shares)
    if total <= 0.0:
        return [score, *[0] * (len(shares) - 1)] if shares else []
    exact = [score * share / total for share in shares]
    parts = [math.floor(value) for value in exact]
    by_remainder = sorted(range(len(shares)), key=lambda k: (parts[k] - exact[k], k))
    for k in by_remainder[: score - sum(parts)]:
        parts[k] += 1
    return parts
